import type { Clock } from '../../time/clock.js';

/** How long before the end of its time a source gives up a wait for what is no work, in milliseconds. */
const BEFORE_END_MS = 100;

/** When a source that only waits for a fetch, which may be empty, gives that up: just before its time is over. */
export function lastMoment(clock: Clock, remainingMs: number): number {
  return clock.now() + remainingMs - Math.min(BEFORE_END_MS, remainingMs / 10);
}
