import { Inject, Injectable } from '@nestjs/common';
import type { Application } from '../nest/application.js';
import { NestContainer } from '../nest/nest-container.js';
import { CLOCK } from '../tokens.js';
import { deferred, within } from '../time/waits.js';
import type { Clock } from '../time/clock.js';
import { turn } from '../time/real-timers.js';

/**
 * A bootstrap can't be stopped, so the end of an application waits for it, but only as long as one of its steps may take,
 * in milliseconds. A database that does not answer is asked again for half a minute, and plain Nest would not wait at all.
 */
const STEP_MS = 1_000;

/** How far one application has come on its way to being ready. */
@Injectable()
export class Bootstrap {
  private readonly settled = deferred();
  private known?: Application;
  private hasHooks = false;
  private step = deferred();
  private initCalled = false;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly nest: NestContainer,
  ) {}

  /** Known from its init hooks on: before that, nothing can have been begun that has to be ended. */
  get application(): Application | undefined {
    return this.known;
  }

  /** Whether Nest would run its hooks at a signal, though nothing was initialised. */
  get hooksEnabled(): boolean {
    return this.hasHooks;
  }

  hooksAreEnabled(): void {
    this.hasHooks = true;
  }

  /** Its hooks begin, or it serves without them; false when it was known. */
  belongsTo(application: Application): boolean {
    if (this.known) return false;
    this.known = application;
    return true;
  }

  /** It is ready, has failed, or nobody waits for it any more. */
  get over(): boolean {
    return this.settled.settled;
  }

  /** Somebody is about to make it ready: its providers are being made, or its init hooks run. */
  get underWay(): boolean {
    return !this.over && (this.initCalled || this.nest.isBeingCreated);
  }

  /** Its init hooks have begun, or are about to. */
  get initialising(): boolean {
    return !this.over && this.initCalled;
  }

  settle(): void {
    this.settled.resolve();
  }

  /** Its providers are there, or its hooks begin: what comes next has time of its own. */
  advance(): void {
    this.step.resolve();
    this.step = deferred();
  }

  initIsCalled(): void {
    this.initCalled = true;
    this.advance();
  }

  /** A microservice in a hybrid application has run the init hooks; the application itself may never call `init()`. */
  partIsOver(): void {
    this.initCalled = false;
  }

  /**
   * Resolves when it is over, or must not be waited for: one that nobody has begun to initialise at once, any other when
   * a step takes too long.
   */
  async ends(limitMs: number): Promise<void> {
    const deadline = this.clock.now() + limitMs;
    if (!this.underWay) await turn(); // `init()` may be what comes next in main.ts
    if (!this.underWay) return;
    while (!this.over) {
      const leftMs = Math.min(STEP_MS, deadline - this.clock.now());
      const next = Promise.race([this.settled.promise, this.step.promise]);
      if (leftMs <= 0 || !(await within(leftMs, next, this.clock))) return;
    }
  }
}
