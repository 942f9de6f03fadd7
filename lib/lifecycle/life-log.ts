import { Injectable } from '@nestjs/common';
import { channel } from 'node:diagnostics_channel';
import { FormerLives, type UncleanEnd } from '../process/former-lives.js';
import { LifeMarker, type LifeSigns } from '../process/life-marker.js';
import { vitals } from '../process/load.js';
import { sharedProcessOf } from '../process/shared-process.js';
import { SourceStatus } from '../sources/source-status.js';
import type { TimerHandle } from '../time/clock.js';
import { Life } from './life.js';
import { Setting } from './setting.js';
import { ShutdownLog } from './shutdown-log.js';

/** How often the marker is written besides the changes of phase, in milliseconds. */
const EACH_MS = 1_000;

/** What the channel `nestjs-graceful:unclean-end` is told, once for each life that was not ended in order. */
export interface UncleanEndMessage {
  readonly end: UncleanEnd;
}

const uncleanEndChannel = channel('nestjs-graceful:unclean-end');

/** Keeps the marker of this life, and reports those that former lives have left. */
@Injectable()
export class LifeLog {
  private marker?: LifeMarker;
  private former?: FormerLives;
  private timer?: TimerHandle;
  private hasWarned = false;
  private undoExit?: () => void;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly log: ShutdownLog,
    private readonly sources: SourceStatus,
  ) {
    if (setting.options.lifeLog === false) return;
    life.events.onPhase(() => this.write());
    life.events.onState(() => this.write());
    life.onInit(() => this.begin());
    life.untilReleased(() => this.end());
  }

  /** The application starts: from now on it leaves a marker. A disk that takes none keeps nobody from starting. */
  private begin(): void {
    const { clock, options, port } = this.setting;
    const { lifeLog } = options;
    if (lifeLog === false || this.marker) return;
    this.safely(() => {
      const marker = new LifeMarker(lifeLog, clock.now());
      this.marker = marker;
      this.write();
      this.undoExit = sharedProcessOf(port).onExit((code) => this.exited(code));
      this.beat();
      this.former = new FormerLives(lifeLog, marker.path, clock, (end) => this.report(end));
      this.former.look();
    });
  }

  /** The application has come to an orderly end, or will never be. */
  private end(): void {
    this.former?.stop();
    if (this.timer !== undefined) this.setting.clock.clearTimeout(this.timer);
    this.undoExit?.();
    this.safely(() => this.marker?.remove());
    this.marker = undefined;
  }

  /** The timer keeps no process alive that has nothing else to do. */
  private beat(): void {
    this.timer = this.setting.clock.setTimeout(() => {
      this.write();
      this.beat();
    }, EACH_MS);
    (this.timer as { unref?: () => void }).unref?.();
  }

  /** The process ends, maybe before its shutdown is over. One that had nothing to do, and says so, is in order. */
  private exited(code: number): void {
    const { begun, report } = this.life;
    const atRest = !begun && code === 0 && this.sources.progress().length === 0;
    if (report || atRest) this.end();
    else this.write(code);
  }

  private write(exitCode?: number): void {
    this.safely(() =>
      this.marker?.write({ ...this.signs(), ...(exitCode !== undefined && { exitCode }) }),
    );
  }

  private signs(): LifeSigns {
    const { events } = this.life;
    const [phase = events.state] = [...events.phases.keys()].slice(-1);
    const inFlight = this.sources.progress().map(({ source, count }) => [source, count] as const);
    return { phase, inFlight: Object.fromEntries(inFlight), ...vitals() };
  }

  private report(end: UncleanEnd): void {
    this.log.uncleanEnd(end);
    if (uncleanEndChannel.hasSubscribers) {
      uncleanEndChannel.publish({ end } satisfies UncleanEndMessage);
    }
  }

  /** A full or read-only disk is said once, and changes nothing else. */
  private safely(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (this.hasWarned) return;
      this.hasWarned = true;
      this.log.noLifeLog(this.setting.options.lifeLog, error);
    }
  }
}
