import type { Clock } from './clock.js';
import { clearTimeout, now, setTimeout } from './real-timers.js';

/** Real time, which does not jump when the machine's clock is set, and which no fake timers can stop. */
export const systemClock: Clock = {
  now,
  setTimeout: (fn, ms) => setTimeout(fn, Number.isFinite(ms) ? ms : 2_147_483_647),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
