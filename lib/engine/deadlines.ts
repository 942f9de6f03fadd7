import type { Clock, TimerHandle } from '../time/clock.js';

/** What has a limit. */
export interface Limited {
  /** On the clock. */
  readonly deadline: number;
  timeIsOver(): void;
}

/**
 * The limits of many tasks behind one timer, which stays until `stop()`. Node keeps a list for each length of timers, and
 * with a timer each, a thousand tasks that do nothing spent a quarter of their time on them.
 */
export class Deadlines {
  private readonly waiting = new Set<Limited>();
  private timer?: TimerHandle;
  private timerAt = Infinity;

  constructor(private readonly clock: Clock) {}

  /** Tells it at its deadline, or soon when that is over, once; not when it is dropped before. */
  add(limited: Limited): void {
    this.waiting.add(limited);
    if (limited.deadline < this.timerAt) this.wakeAt(limited.deadline);
  }

  drop(limited: Limited): void {
    this.waiting.delete(limited);
  }

  /** Nobody waits any more. */
  stop(): void {
    this.waiting.clear();
    this.wakeAt(Infinity);
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
    const due = [...this.waiting].filter(({ deadline }) => deadline <= now);
    const later = [...this.waiting].filter(({ deadline }) => deadline > now);
    this.wakeAt(later.reduce((first, { deadline }) => Math.min(first, deadline), Infinity));
    for (const limited of due.toSorted((one, other) => one.deadline - other.deadline)) {
      if (this.waiting.delete(limited)) limited.timeIsOver();
    }
  }
}
