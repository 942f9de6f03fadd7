import type { Clock, TimerHandle } from '../time/clock.js';
import { setImmediate } from '../time/real-timers.js';

/** What Node makes of a timer that is longer than it can hold, in milliseconds. */
const LONGEST_MS = 2_147_483_647;

class VirtualTimer {
  constructor(
    readonly at: number,
    readonly fn: () => void,
  ) {}
}

/**
 * Time that stands still until a test moves it: a `Clock` for code that takes one, such as an integration
 * (`IntegrationHost.clock`). Timers fire in the order they are due, those of the same moment in the order they were set,
 * each at its own time, and every promise has its say between two of them.
 *
 * @publicApi
 */
export class VirtualClock implements Clock {
  private readonly timers = new Set<VirtualTimer>();
  private changes = 0;

  /**
   * @param time where it begins, in milliseconds since the epoch: by default not at 0, so that code shows which mistakes a
   *   duration for a moment
   */
  constructor(private time = 1_700_000_000_000) {}

  now(): number {
    return this.time;
  }

  /** @throws TypeError when `ms` is no number */
  setTimeout(fn: () => void, ms: number): TimerHandle {
    if (typeof ms !== 'number' || Number.isNaN(ms)) throw new TypeError(`a timer of ${ms} ms`);
    const timer = new VirtualTimer(this.time + Math.min(LONGEST_MS, Math.max(0, ms)), fn);
    this.timers.add(timer);
    this.changes += 1;
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    if (this.timers.delete(handle as VirtualTimer)) this.changes += 1;
  }

  /** How many timers are set. */
  get pendingTimers(): number {
    return this.timers.size;
  }

  /** How often a timer has been set or cleared so far. */
  get version(): number {
    return this.changes;
  }

  /** When the next timer is due, in milliseconds since the epoch; `Infinity` when there is none. */
  get nextAt(): number {
    let next = Infinity;
    for (const { at } of this.timers) if (at < next) next = at;
    return next;
  }

  /** Whether a handle is of this clock. */
  hasSet(handle: TimerHandle): boolean {
    return handle instanceof VirtualTimer;
  }

  /**
   * Lets `ms` milliseconds pass: runs the timers due in them, also those that are set meanwhile, and the promises between
   * them. What a timer throws is thrown here, and the timer is gone.
   */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms;
    await this.microtasks();
    // Compared with the time, too: a timer that blocks may take it past the target.
    while (this.nextAt <= Math.max(target, this.time)) {
      this.fireNext();
      await this.microtasks();
    }
    this.skipTo(target);
  }

  /** Lets time pass, timer by timer, until the promise is settled; fails when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settle = () => (state.settled = true);
    promise.then(settle, settle);
    await this.microtasks();
    while (!state.settled) {
      if (this.nextAt === Infinity) throw new Error('no timer is left, and the promise is pending');
      this.fireNext();
      await this.microtasks();
    }
    return promise;
  }

  /** The event loop is blocked for `ms` milliseconds: time passes, and no timer fires. Call it from the code that blocks. */
  block(ms: number): void {
    this.time += ms;
  }

  /** Every promise that can settle without time passing does. */
  async microtasks(): Promise<void> {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }

  /** Goes to the next timer, and runs it. */
  fireNext(): void {
    const at = this.nextAt;
    for (const timer of this.timers) {
      if (timer.at !== at) continue;
      this.timers.delete(timer);
      this.changes += 1;
      this.time = Math.max(this.time, at);
      return timer.fn();
    }
  }

  /** Goes to a moment, past no timer that is due before it. */
  skipTo(at: number): void {
    this.time = Math.max(this.time, Math.min(at, this.nextAt));
  }
}
