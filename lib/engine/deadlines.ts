import type { Clock, TimerHandle } from '../time/clock.js';

/**
 * The limits of many tasks behind one timer. Node keeps a list for each length of timers, and with a timer each, a
 * thousand tasks that do nothing spent a quarter of their time on them.
 */
export class Deadlines {
  private readonly waiting = new Map<number, Set<() => void>>();
  private timer?: TimerHandle;
  private timerAt = Infinity;

  constructor(private readonly clock: Clock) {}

  /** Calls back at this moment on the clock, or soon when it is over; not when the returned function was called before. */
  at(deadline: number, callback: () => void): () => void {
    const callbacks = this.waiting.get(deadline) ?? new Set();
    this.waiting.set(deadline, callbacks.add(callback));
    if (deadline < this.timerAt) this.wakeAt(deadline);
    return () => {
      if (!callbacks.delete(callback) || callbacks.size > 0) return;
      if (this.waiting.get(deadline) === callbacks) this.waiting.delete(deadline);
      if (this.waiting.size === 0) this.wakeAt(Infinity);
    };
  }

  private wakeAt(moment: number): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timerAt = moment;
    const ms = Math.max(0, moment - this.clock.now());
    this.timer = moment === Infinity ? undefined : this.clock.setTimeout(() => this.wake(), ms);
  }

  private wake(): void {
    // A timer may come a fraction of a millisecond early.
    const now = Math.max(this.timerAt, this.clock.now());
    const due = [...this.waiting].filter(([moment]) => moment <= now).sort(([a], [b]) => a - b);
    for (const [moment] of due) this.waiting.delete(moment);
    this.wakeAt(Math.min(...this.waiting.keys()));
    for (const [, callbacks] of due) {
      for (const callback of [...callbacks]) if (callbacks.delete(callback)) callback();
    }
  }
}
