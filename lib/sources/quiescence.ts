import { Inject, Injectable } from '@nestjs/common';
import { within } from '../time/waits.js';
import { CLOCK } from '../tokens.js';
import type { Clock } from '../time/clock.js';
import type { ShutdownContext } from '../engine/task.js';
import { setImmediate } from '../time/real-timers.js';

const BEFORE_END_MS = 20;
/** More steps of promises than an idle source takes to say that nothing is in flight. */
const MOST_STEPS = 100;

/** Work that is begun inside of the application, by a request, a message or other such work. */
export interface InnerWork {
  readonly busy: () => boolean;
  /** Resolves when nothing of it goes on, or at the abort, which comes in `remainingMs` milliseconds. */
  readonly idle: (signal: AbortSignal, remainingMs: number) => Promise<void>;
}

/**
 * When everything in a drain is over. What comes from outside is over by itself: it has been stopped. What is begun
 * inside may begin again as long as anything goes on, so it is over only when all of it rests at the same time.
 */
@Injectable()
export class Quiescence {
  private readonly outer = new Set<Promise<unknown>>();
  private readonly inner: InnerWork[] = [];

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  addInner(work: InnerWork): void {
    this.inner.push(work);
  }

  /** Passes on the wait for something that comes from outside. */
  async outside<T>(wait: Promise<T>): Promise<T> {
    const settled = wait.catch(() => undefined);
    this.outer.add(settled);
    return wait;
  }

  /**
   * Resolves when everything is over, or at the abort. Shortly before that, what is inside waits no longer for what comes
   * from outside, so that it is not blamed when nothing of its own goes on.
   */
  async reached(context: ShutdownContext): Promise<void> {
    const { signal, remainingMs } = context;
    if (await this.restsAlready()) return;
    await new Promise((resolve) => void setImmediate(resolve)); // the other tasks of the phase have begun by then
    const patienceMs = remainingMs - Math.min(BEFORE_END_MS, remainingMs / 10);
    await within(patienceMs, Promise.all(this.outer), this.clock);
    do {
      await Promise.all(this.inner.map(({ idle }) => idle(signal, context.remainingMs)));
    } while (!signal.aborted && this.inner.some(({ busy }) => busy()));
  }

  /**
   * Whether nothing goes on anywhere: everything outside is over before the event loop has turned once, so that it can't
   * have begun anything inside. An idle application needs neither a timer nor a turn to find that out.
   */
  private async restsAlready(): Promise<boolean> {
    const outside = { over: false };
    for (let step = 0; step < MOST_STEPS && !outside.over; step += 1) {
      await Promise.resolve();
      // By now the other tasks of the phase have begun.
      if (step === 5) void Promise.all(this.outer).then(() => (outside.over = true));
    }
    return outside.over && !this.inner.some(({ busy }) => busy());
  }
}
