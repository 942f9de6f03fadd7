import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';

/**
 * Node's own timers, read once, as this module is loaded: fake timers of a test (Jest, Vitest, Sinon, node:test) that
 * come later never hold up a shutdown. From `node:timers` and not from the global object, which Jest's
 * `fakeTimers: { enableGlobally: true }` replaces before the first import. Copies, because node:test also replaces the
 * exports of `node:timers`.
 */
export const setTimeout = timers.setTimeout;
export const clearTimeout = timers.clearTimeout;
export const setImmediate = timers.setImmediate;
export const clearImmediate = timers.clearImmediate;

/**
 * One whole turn of the event loop: what the kernel has for us by now is read. Two immediates, because the first can
 * come without a look at the sockets, when it is set from the callback of one.
 */
export function turn(): Promise<void> {
  turning += 1;
  return new Promise((resolve) =>
    setImmediate(() =>
      setImmediate(() => {
        turning -= 1;
        resolve();
      }),
    ),
  );
}

let turning = 0;

/** How many such turns are waited for now: time may not go on before they are over. */
export function turnsWaitedFor(): number {
  return turning;
}

const elapsed = performance.now.bind(performance);
const { timeOrigin } = performance;

/** Milliseconds since the epoch. It does not jump when the machine's clock is set. */
export function now(): number {
  return timeOrigin + elapsed();
}
