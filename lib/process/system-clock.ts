import type { Clock } from '../shutdown/clock.js';

/** Real time, which does not jump when the machine's clock is set. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (fn, ms) => setTimeout(fn, Number.isFinite(ms) ? ms : 2_147_483_647),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
