import { setImmediate } from '../process/real-timers.js';

/** So many items are dealt with in one turn of the event loop: for connections that end, some milliseconds of work. */
const SLICE = 200;

/**
 * One whole turn of the event loop: what the kernel has for us by now is read. Two immediates, because the first can
 * come without a look at the sockets, when it is set from the callback of one.
 */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

/** Ten thousand sockets are not ended in one go: probes and the work in flight have their turn in between. */
export async function inSlices<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0) await turn();
    items.slice(from, from + SLICE).forEach(act);
  }
}
