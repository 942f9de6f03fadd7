import { Inject, Injectable } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import { CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { HttpSource } from '../http/http-source.js';
import { Sources } from '../sources/sources.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { settled } from '../time/settled.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import { WorkRegister } from '../sources/work-register.js';

/** Takes the service out of rotation and back, any number of times, without stopping it. */
@Injectable()
export class Rotation {
  private waiting = new AbortController();
  private isOut = false;
  private pausing = Promise.resolve();

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly http: HttpSource,
    private readonly probes: ProbeSetup,
    private readonly work: WorkRegister,
    private readonly sources: Sources,
  ) {}

  /** Whether the service is out of rotation by request. */
  get out(): boolean {
    return this.isOut;
  }

  /** Readiness goes down and responses say `Connection: close`; resolves when nothing is in flight, true if in time. */
  async leave(timeoutMs = this.options.gracePeriodMs): Promise<boolean> {
    if (!this.isOut) {
      this.isOut = true;
      this.waiting = new AbortController();
      this.probes.drained();
      this.http.announceDrain();
      this.pausing = this.sources.pause();
    }
    return this.idle(timeoutMs);
  }

  /** The service is back in rotation. */
  enter(): void {
    if (!this.isOut) return;
    this.isOut = false;
    this.waiting.abort();
    this.http.revoke();
    void this.sources.resume();
    this.probes.resumed();
  }

  /** The shutdown goes on from here; who waits for the drain waits no longer. */
  stop(): void {
    this.waiting.abort();
  }

  /** What had come to rest may have been begun again by what had not. */
  private get busy(): boolean {
    return this.http.inFlight > 0 || this.work.count > 0 || this.sources.busy;
  }

  /** What a drain waits for. */
  inFlight(): object[] {
    const { http, work, sources } = this;
    return [...http.openWork(), ...work.unfinished(), ...sources.inFlight('pausable')];
  }

  private async idle(timeoutMs: number): Promise<boolean> {
    const limit = new AbortController();
    const deadline = this.clock.now() + timeoutMs;
    const end = () => limit.abort();
    const timer = this.clock.setTimeout(end, timeoutMs);
    this.waiting.signal.addEventListener('abort', end, { once: true });
    if (this.waiting.signal.aborted) end();
    const { signal } = limit;
    setMaxListeners(Infinity, signal); // each source listens to it, and Node would warn of more than ten
    await settled(this.pausing, signal);
    do {
      await Promise.all([
        this.http.waitUntilIdle(signal),
        this.work.idle(signal),
        this.sources.idle(signal, Math.max(0, deadline - this.clock.now())),
      ]);
    } while (!signal.aborted && this.busy);
    this.clock.clearTimeout(timer);
    this.waiting.signal.removeEventListener('abort', end);
    return !limit.signal.aborted;
  }
}
