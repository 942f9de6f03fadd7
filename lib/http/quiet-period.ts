import type { Clock } from '../time/clock.js';

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
  /** Longer than `quietMs` where so much silence is nothing rare; the cap holds all the same. */
  readonly rareMs?: () => number;
  /** When somebody else who has to know of the wait will know, on the clock, as far as can be said now. */
  readonly knownBy?: () => number;
}

/** What else than HTTP decides when the wait is over. */
export interface Elsewhere {
  /** When something last came that is no request, on the clock. */
  readonly elsewhereAt?: () => number;
  readonly knownBy?: QuietPeriod['knownBy'];
}

/**
 * What ended a wait: nothing had happened by the floor, or for the quiet time; somebody had to be told, which took longer
 * than either; or it was cut short.
 */
export type QuietEnd = 'floor' | 'quiet' | 'told' | 'capped' | 'aborted';

/** What came since the wait began. */
export interface Arrivals {
  readonly count: number;
  /** From the start of the wait to the last of them, in milliseconds. */
  readonly lastMs: number;
}

/** So many mean gaps without a request are rare enough, where they are as random as independent clients make them. */
const RARE_GAPS = 10;

/**
 * How much silence is worth something as evidence, in milliseconds, at the rate at which requests came in the wait: two
 * seconds say nothing of a service with one request a second. Nothing is said of one that had none. At most `mostMs`.
 */
export function rareSilenceMs({ count, lastMs }: Arrivals, mostMs: number): number {
  return count === 0 ? 0 : Math.min(mostMs, (RARE_GAPS * lastMs) / count);
}

/** Waits; resolves with what ended the wait. Sets one timer at a time, however much happens. */
export async function waitForQuiet(
  period: QuietPeriod,
  clock: Clock,
  signal: AbortSignal,
): Promise<QuietEnd> {
  const { startedAt, floorMs, quietMs, capMs } = period;
  const cap = startedAt + capMs;
  for (;;) {
    const now = clock.now();
    const lastActivity = Math.max(startedAt, period.lastActivity());
    const rareMs = lastActivity > startedAt ? (period.rareMs?.() ?? 0) : 0;
    const quietAt = lastActivity + Math.max(quietMs, rareMs);
    const knownBy = period.knownBy?.() ?? 0;
    const endsAt = Math.max(startedAt + floorMs, quietAt, knownBy);
    if (now >= endsAt) {
      if (endsAt === knownBy) return 'told';
      return endsAt === quietAt ? 'quiet' : 'floor';
    }
    if (now >= cap) return now >= Math.max(lastActivity + quietMs, knownBy) ? 'quiet' : 'capped';
    if (signal.aborted) return 'aborted';
    await sleep(Math.min(endsAt, cap) - now, clock, signal);
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
