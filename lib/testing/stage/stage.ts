import type { INestApplicationContext } from '@nestjs/common';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Backstage } from '../../lifecycle/backstage.js';
import type { GracefulState } from '../../lifecycle/graceful-state.js';
import type { VirtualClock } from '../virtual-clock.js';
import { StagedClient, type StagedRequestOptions, type StagedResponse } from './client.js';
import { StageError } from './errors.js';
import { Holds, type StagedHold } from './holds.js';
import { Leftovers } from './leftovers.js';
import { ShutdownOutcome } from './outcome.js';
import { addGate, type StagedPorts } from './ports.js';
import { Recorder } from './recorder.js';
import { realTime, virtualTime, type StageTime } from './stage-time.js';

/** What `stageShutdown()` has made ready. */
export interface StageParts {
  readonly app: INestApplicationContext;
  readonly backstage: Backstage;
  readonly ports: StagedPorts;
  readonly server: Server | undefined;
  readonly time: 'virtual' | 'real';
  readonly patienceMs: number;
  readonly leftovers: Leftovers;
}

/**
 * An application on a stage: it runs, answers real requests, and its process and its time are the test's. Made by
 * `stageShutdown()`.
 *
 * @publicApi
 */
export class Stage implements AsyncDisposable {
  /** The application. */
  readonly app: INestApplicationContext;
  private readonly holds = new Holds();
  private readonly client: StagedClient;
  private readonly recorder: Recorder;
  private readonly time: StageTime;
  private readonly removeGate: () => void;
  private closing?: Promise<void>;

  /** @internal */
  constructor(private readonly parts: StageParts) {
    const { app, backstage, ports, server, patienceMs } = parts;
    this.app = app;
    this.recorder = new Recorder(backstage);
    this.client = new StagedClient(() => this.url, this.holds);
    const { client, holds } = this;
    const host = { backstage, client, holds, patienceMs, hasEnded: () => ports.port.hasEnded };
    this.time = parts.time === 'virtual' ? virtualTime(host, ports.clock.stop()) : realTime(host);
    server?.on('connection', (socket: Socket) => this.time.follow(socket));
    this.removeGate = addGate((...request) => client.arrived(...request));
    ports.port.stage();
    backstage.reconnect();
  }

  /** Where it listens, such as `http://127.0.0.1:40123`. @throws StageError for an application without HTTP */
  get url(): string {
    const address = this.parts.server?.address() as AddressInfo | null | undefined;
    if (address) this.lastUrl = `http://127.0.0.1:${address.port}`;
    if (this.lastUrl === undefined) throw new StageError('This application listens to no HTTP.');
    return this.lastUrl; // also when it no longer listens
  }

  private lastUrl?: string;

  /** The virtual clock. @throws StageError in real time */
  get clock(): VirtualClock {
    return this.time.clock;
  }

  /** `ready`, `draining`, `closing`, then `closed`. */
  get state(): GracefulState {
    return this.parts.backstage.state;
  }

  /** Since the shutdown began, in milliseconds of its time; 0 while there is none. */
  get elapsedMs(): number {
    return this.recorder.elapsedMs;
  }

  /** What is in flight now, by its names: `GET /orders/:id`, a job, a message. */
  get inFlight(): string[] {
    return this.recorder.inFlight();
  }

  // -- what happens to it ----------------------------------------------------------------------------------------

  /** The platform stops it. Only the module hears of it, not what else listens on `process`. */
  sigterm(): void {
    this.signal('SIGTERM');
  }

  /** @throws StageError when nobody listens to it: a real process would have died by it */
  signal(signal: NodeJS.Signals): void {
    if (this.parts.ports.port.send(signal)) return;
    throw new StageError(
      `Nobody listens to ${signal}: a real process would end at once. Is it in \`signals\`, and the module enabled?`,
    );
  }

  /**
   * Sends a request to it. Rejects as Node's client does when there is no answer, and with a `StageError` when nobody lets
   * time go on while it is waited for.
   */
  request(path: string, options: StagedRequestOptions = {}): Promise<StagedResponse> {
    const answer = this.time.watched(
      `${options.method ?? 'GET'} ${path}`,
      this.client.send(path, options),
    );
    answer.catch(() => undefined); // in the outcome, too
    return answer;
  }

  /**
   * Says that the test keeps this from ending, by its name in the report: a request (`GET /orders/:id`), a hook
   * (`Database.onModuleDestroy`), a job. Time may go on while it runs.
   */
  hold(name: string): StagedHold {
    return this.holds.hold(name);
  }

  // -- time ------------------------------------------------------------------------------------------------------

  /**
   * Lets time go on until a phase begins, and stops there: nothing of what it does has taken time.
   *
   * @throws StageError when that can't happen any more
   */
  async reach(phase: string): Promise<void> {
    const { recorder } = this;
    await this.time.until(() => recorder.phases.includes(phase), `the phase '${phase}'`);
  }

  /** Lets so many milliseconds pass, from timer to timer. */
  advance(ms: number): Promise<void> {
    return this.time.advance(ms);
  }

  /** Lets time go on until the promise is settled. */
  async until<T>(promise: PromiseLike<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    await this.time.until(() => settled, 'the promise');
    return promise;
  }

  /** Lets time go on until the process would have ended, or `close()` is over; what came of it. */
  async over(): Promise<ShutdownOutcome> {
    const { backstage, ports, leftovers, patienceMs } = this.parts;
    await this.time.until(() => this.isOver, 'the end of the shutdown');
    const { report } = backstage;
    if (!report) throw new StageError('There is no report: no shutdown has begun.');
    const elapsedMs = this.elapsedMs;
    await this.closing?.catch(() => undefined);
    await this.client.bytesArrive(patienceMs);
    this.client.close();
    const left = await leftovers.look(patienceMs, {
      timers: () => this.time.pendingTimers(),
      listeners: () => ports.port.listening,
    });
    const { options } = backstage;
    return new ShutdownOutcome({
      report,
      exitCode: ports.port.exits[0],
      elapsedMs,
      gracePeriodMs: options.gracePeriodMs,
      tasks: this.recorder.tasks,
      sequence: this.recorder.sequence,
      requests: this.client.requests,
      left,
    });
  }

  /** `app.close()`, with time that goes on; and the end of the stage. Called by `await using`. */
  async close(): Promise<void> {
    try {
      this.closing ??= this.parts.app.close();
      this.closing.catch(() => undefined);
      await this.until(this.closing);
    } finally {
      this.removeGate();
      this.client.close();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private get isOver(): boolean {
    const { backstage, ports } = this.parts;
    if (ports.port.hasEnded) return true;
    return backstage.state === 'closed' && backstage.report?.exitCode === undefined;
  }
}
