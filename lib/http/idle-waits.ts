import type { Clock, TimerHandle } from '../time/clock.js';

/** What makes an application idle. */
export interface IdleConditions {
  /** When nothing will have come for long enough, on the clock, as far as is known now. */
  readonly quietAt: () => number;
  /** Whether anything is in flight. Looks at every connection, so it is asked only when it is quiet. */
  readonly busy: () => boolean;
}

/** Waits for the moment in which nothing is in flight and nothing has come for a while. Told of changes; never polls. */
export class IdleWaits {
  private readonly waits = new Set<{ check: () => void; end: (idle: boolean) => void }>();

  constructor(
    private readonly conditions: IdleConditions,
    private readonly clock: Clock,
  ) {}

  /** Resolves true when it is idle, false when the signal aborts or all waits are given up. */
  wait(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      let timer: TimerHandle | undefined;
      const check = () => {
        if (timer !== undefined) return; // sooner it can't be quiet
        const leftMs = this.conditions.quietAt() - this.clock.now();
        if (leftMs > 0) timer = this.clock.setTimeout(ring, Math.ceil(leftMs));
        else if (!this.conditions.busy()) end(true);
      };
      const ring = () => {
        timer = undefined;
        check();
      };
      const end = (idle: boolean) => {
        if (timer !== undefined) this.clock.clearTimeout(timer);
        this.waits.delete(wait);
        signal.removeEventListener('abort', abort);
        resolve(idle);
      };
      const abort = () => end(false);
      const wait = { check, end };
      this.waits.add(wait);
      signal.addEventListener('abort', abort);
      check();
    });
  }

  /** Something has ended that may have been the last. */
  check(): void {
    for (const { check } of this.waits) check();
  }

  /** Ends all waits: it will not be idle. */
  giveUp(): void {
    for (const { end } of this.waits) end(false);
  }
}
