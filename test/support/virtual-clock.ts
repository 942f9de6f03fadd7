import type { Clock } from '../../lib/time/clock.js';

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/**
 * Time that stands still until a test moves it. Timers fire in the order they are due, those of the same moment in the
 * order they were set, and every promise has its say between two of them.
 */
export class VirtualClock implements Clock {
  private readonly timers = new Map<number, Timer>();
  private lastId = 0;

  /** Begins at a moment like any other, not at 0: code that mistakes a duration for a moment shows. */
  constructor(private time = 1_700_000_000_000) {}

  now(): number {
    return this.time;
  }

  setTimeout(fn: () => void, ms: number): number {
    if (typeof ms !== 'number' || Number.isNaN(ms)) throw new TypeError(`a timer of ${ms} ms`);
    this.lastId += 1;
    this.timers.set(this.lastId, { at: this.time + Math.max(0, ms), fn });
    return this.lastId;
  }

  clearTimeout(handle: object | number): void {
    this.timers.delete(handle as number);
  }

  get pendingTimers(): number {
    return this.timers.size;
  }

  /** Lets `ms` milliseconds pass: runs the timers due in them, and the promises between them. */
  async advance(ms: number): Promise<void> {
    const target = this.time + ms;
    await this.microtasks();
    // Compared with the time, too: a timer that blocks may take it past the target.
    while (this.nextAt() <= Math.max(target, this.time)) await this.fireNext();
    this.time = Math.max(target, this.time);
  }

  /** Lets time pass, timer by timer, until the promise is settled; fails when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    const state = { settled: false };
    const settle = () => (state.settled = true);
    promise.then(settle, settle);
    await this.microtasks();
    while (!state.settled) {
      if (this.nextAt() === Infinity)
        throw new Error('no timer is left, and the promise is pending');
      await this.fireNext();
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

  private nextAt(): number {
    return Math.min(...[...this.timers.values()].map(({ at }) => at)); // Infinity when there is none
  }

  private async fireNext(): Promise<void> {
    const at = this.nextAt();
    const [id, timer] = [...this.timers].find(([, candidate]) => candidate.at === at) ?? [];
    if (id === undefined || !timer) return;
    this.timers.delete(id);
    this.time = Math.max(this.time, at);
    timer.fn();
    await this.microtasks();
  }
}
