import { Injectable } from '@nestjs/common';
import { describeReason, type ShutdownReason } from '../engine/reason.js';
import type { ShutdownReport } from '../engine/record.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import { LazyAbort } from '../time/lazy-abort.js';
import { StateEvents, type GracefulState } from './state-events.js';

/** Where an application is in its life. */
type Stage =
  | 'starting'
  | 'ready'
  /** Out of rotation by `drain()`; `resume()` takes it back. */
  | 'out'
  | 'draining'
  | 'closing'
  /** Its tasks are over; the report is made and handed on, and what was logged is flushed. */
  | 'reporting'
  | 'ended';

const NEXT: Readonly<Record<Stage, readonly Stage[]>> = {
  starting: ['ready', 'out', 'draining'],
  ready: ['out', 'draining'],
  out: ['ready', 'draining'],
  draining: ['closing', 'reporting'],
  closing: ['reporting'],
  reporting: ['ended'],
  ended: [],
};

/** What users are told: five names, which do not change. */
const PUBLIC: Readonly<Record<Stage, GracefulState>> = {
  starting: 'starting',
  ready: 'ready',
  out: 'draining',
  draining: 'draining',
  closing: 'closing',
  reporting: 'closing',
  ended: 'closed',
};

/** Why a shutdown has begun, and when, on the clock. */
export interface Begun {
  readonly reason: ShutdownReason;
  readonly at: number;
}

/**
 * The one state of an application:
 *
 * ```
 * starting → ready ⇄ out → draining → closing → reporting → ended
 * ```
 *
 * A shutdown that has begun while the application was starting waits for that first; `begun` tells it from then on.
 */
@Injectable()
export class Life {
  readonly events = new StateEvents();
  private readonly abort = new LazyAbort();
  private stage: Stage = 'starting';
  private isOut = false;
  private hasBegun?: Begun;
  private lastReport?: ShutdownReport;
  private readonly whenInit: Array<() => void> = [];
  private readonly whenBegun: Array<(reason: ShutdownReason) => void> = [];
  private readonly undos: Array<() => void> = [];

  /** Undefined until a shutdown has begun. */
  get begun(): Begun | undefined {
    return this.hasBegun;
  }

  /** Aborts when the shutdown begins. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get report(): ShutdownReport | undefined {
    return this.lastReport;
  }

  /** Whether it was taken out of rotation, and not back. */
  get out(): boolean {
    return this.isOut;
  }

  /** Its providers are there, and the first of their init hooks is about to run. */
  init(): void {
    for (const tell of this.whenInit) tell();
  }

  onInit(tell: () => void): void {
    this.whenInit.push(tell);
  }

  /** It is ready to serve, unless it is out of rotation. */
  serve(): void {
    this.enter(this.isOut ? 'out' : 'ready');
  }

  leaveRotation(): void {
    this.isOut = true;
    if (this.stage === 'ready') this.enter('out');
  }

  enterRotation(): void {
    this.isOut = false;
    if (this.stage === 'out') this.enter('ready');
  }

  /** The shutdown begins; to be called once. It has begun whatever those who are told of it throw. */
  begin(reason: ShutdownReason, at: number): void {
    this.hasBegun = { reason, at };
    for (const tell of this.whenBegun) tell(reason);
  }

  /** Who waits for `signal` hears of it, after those who conduct the shutdown. */
  tell(reason: ShutdownReason): void {
    this.abort.abort(() => new ShuttingDownError(describeReason(reason)));
  }

  drain(): void {
    this.enter('draining');
  }

  close(): void {
    this.enter('closing');
  }

  reportOn(report: ShutdownReport): void {
    this.lastReport = report;
    this.enter('reporting');
  }

  end(report: ShutdownReport): void {
    this.enter('ended');
    this.events.closed(report);
  }

  /** Calls back when a shutdown begins, in the same turn. */
  onBegin(tell: (reason: ShutdownReason) => void): void {
    this.whenBegun.push(tell);
  }

  /** To be undone when nobody waits for this application any longer: it is over, or will never be. */
  untilReleased(undo: () => void): void {
    this.undos.push(undo);
  }

  release(): void {
    for (const undo of this.undos.splice(0)) undo();
  }

  private enter(next: Stage): void {
    if (next === this.stage) return;
    if (!NEXT[this.stage].includes(next)) {
      throw new Error(`An application that is ${this.stage} can't be ${next}`);
    }
    this.stage = next;
    this.events.entered(PUBLIC[next], this.hasBegun?.reason);
  }
}
