import { turn } from '../time/real-timers.js';

/**
 * Resolves when the signals that have reached the process by now have been handed to their listeners. libuv reads them
 * from a pipe, in the poll phase, and drops those for which nobody listens any more by then. They come last in what one
 * poll has found, and an immediate comes after all of it.
 */
export function signalsHandedOn(): Promise<void> {
  return turn();
}
