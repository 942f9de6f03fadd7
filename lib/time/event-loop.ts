import { turn } from './real-timers.js';

/** So many items are dealt with in one turn of the event loop: for connections that end, some milliseconds of work. */
const SLICE = 200;

/** Ten thousand sockets are not ended in one go: probes and the work in flight have their turn in between. */
export async function inSlices<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += SLICE) {
    if (from > 0) await turn();
    items.slice(from, from + SLICE).forEach(act);
  }
}
