import { Injectable } from '@nestjs/common';
import { Sources } from '../sources/sources.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { LazyAbort } from '../time/lazy-abort.js';
import { settled } from '../time/settled.js';
import { sharedAbort } from '../time/shared-abort.js';
import { describeReason, type ShutdownReason } from '../engine/reason.js';
import { signalHubOf } from '../process/signal-hub.js';
import { Circles } from './circles.js';
import { Life } from './life.js';
import { Setting } from './setting.js';
import { ShutdownLog } from './shutdown-log.js';

/** Takes the service out of rotation and back, any number of times, without stopping it. */
@Injectable()
export class Rotation {
  private waiting = new LazyAbort();
  private pausing = Promise.resolve();
  private readonly circles: Circles;

  /** What its signals have been registered by. */
  private readonly heard: Array<{ connect: () => () => void; undo: () => void }> = [];

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly log: ShutdownLog,
    private readonly probes: ProbeSetup,
    private readonly sources: Sources,
  ) {
    this.circles = new Circles(setting.clock);
    // Out of rotation for good; who waits for a drain waits no longer.
    life.onBegin((reason) => {
      this.waiting.abort();
      probes.stopping(publicReason(reason));
    });
    const { drainSignal, resumeSignal } = setting.options;
    if (drainSignal !== false && drainSignal === resumeSignal) {
      this.listen(drainSignal, (by) => (life.out ? this.enterBy(by) : this.leaveBy(by)));
    } else {
      this.listen(drainSignal, (by) => this.leaveBy(by));
      this.listen(resumeSignal, (by) => this.enterBy(by));
    }
  }

  /**
   * Readiness goes down and responses say `Connection: close`; resolves when nothing is in flight, true if in time. False
   * at once when a shutdown has begun.
   */
  async leave(timeoutMs = this.setting.options.gracePeriodMs): Promise<boolean> {
    if (this.life.begun) return false;
    if (!this.life.out) {
      this.waiting = new LazyAbort();
      this.probes.drained();
      this.pausing = this.sources.pause();
      this.life.leaveRotation();
    }
    return this.circles.answered(this.idle(timeoutMs), () => true, {
      mayEnd: () => true,
      inFlight: () => this.sources.inFlight('pausable'),
    });
  }

  /** The service is back in rotation; false when a shutdown has begun, which nothing takes back. */
  enter(): boolean {
    if (this.life.begun) return false;
    if (!this.life.out) return true;
    this.waiting.abort();
    void this.sources.resume();
    this.probes.resumed();
    this.life.enterRotation();
    return true;
  }

  private listen(signal: NodeJS.Signals | false, action: (signal: string) => void): void {
    if (signal === false) return;
    const connect = () => {
      const { port, clock } = this.setting;
      const hub = signalHubOf(port, clock);
      return hub.subscribeAction(signal, () => !this.life.begun && action(signal));
    };
    const heard = { connect, undo: connect() };
    this.heard.push(heard);
    this.life.untilReleased(() => heard.undo());
  }

  /** The process port stands for another process from now on. */
  reconnect(): void {
    for (const one of this.heard) {
      one.undo();
      one.undo = one.connect();
    }
  }

  private leaveBy(signal: string): void {
    this.log.drained(signal);
    void this.leave();
  }

  private enterBy(signal: string): void {
    this.log.resumed(signal);
    this.enter();
  }

  private async idle(timeoutMs: number): Promise<boolean> {
    const limit = sharedAbort(); // each source listens to it
    const { clock } = this.setting;
    const deadline = clock.now() + timeoutMs;
    const end = () => limit.abort();
    const timer = clock.setTimeout(end, timeoutMs);
    this.waiting.signal.addEventListener('abort', end, { once: true });
    if (this.waiting.aborted) end();
    const { signal } = limit;
    await settled(this.pausing, signal);
    do {
      await this.sources.idle(signal, Math.max(0, deadline - clock.now()));
      // What had come to rest may have been begun again by what had not.
    } while (!signal.aborted && this.sources.busy);
    clock.clearTimeout(timer);
    this.waiting.signal.removeEventListener('abort', end);
    return !limit.signal.aborted;
  }
}

/** What a probe may tell anybody: not what an error or the application's code says. */
function publicReason(reason: ShutdownReason): string {
  if (reason.kind === 'fatal') return reason.trigger;
  return reason.kind === 'request' ? 'shutdown()' : describeReason(reason);
}
