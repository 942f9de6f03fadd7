import type { Clock } from '../shutdown/clock.js';

/** A wait that ends when nothing has happened for a while, within bounds. All times in milliseconds. */
export interface QuietPeriod {
  /** When the wait began, on the clock. */
  readonly startedAt: number;
  /** Never ends before this. */
  readonly floorMs: number;
  /** Ends when nothing has happened for this long. */
  readonly quietMs: number;
  /** Never lasts longer than this. */
  readonly capMs: number;
  /** When something last happened, on the clock. */
  readonly lastActivity: () => number;
}

/** Waits; resolves with what ended the wait. Sets one timer at a time, however much happens. */
export async function waitForQuiet(
  period: QuietPeriod,
  clock: Clock,
  signal: AbortSignal,
): Promise<'quiet' | 'capped' | 'aborted'> {
  const { startedAt, floorMs, quietMs, capMs } = period;
  const cap = startedAt + capMs;
  for (;;) {
    const now = clock.now();
    const lastActivity = Math.max(startedAt, period.lastActivity());
    const quietAt = Math.max(startedAt + floorMs, lastActivity + quietMs);
    if (now >= quietAt) return 'quiet';
    if (now >= cap) return 'capped';
    if (signal.aborted) return 'aborted';
    await sleep(Math.min(quietAt, cap) - now, clock, signal);
  }
}

function sleep(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, Math.max(1, Math.ceil(ms)));
    signal.addEventListener('abort', end, { once: true });
  });
}
