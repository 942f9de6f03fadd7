import type { Clock } from './clock.js';

/** Between two rounds, in milliseconds. */
const PAUSE_MS = 200;
/** So many at once are no burst. */
const FEW = 25;

export interface Rounds {
  readonly clock: Clock;
  /** The last round comes no later than this, in milliseconds from the first; earlier when there are few items. */
  readonly overMs: number;
  /** From its abort on there is no time left: everything that remains is one round. */
  readonly signal: AbortSignal;
}

/**
 * Calls `each` for every item, in rounds: clients that are told to go come back elsewhere, and must not all come at the
 * same moment. The first round is at once, and few items are one round. Resolves after the last.
 */
export async function inRounds<T>(
  items: Iterable<T>,
  { clock, overMs, signal }: Rounds,
  each: (item: T) => void,
): Promise<void> {
  const all = [...items];
  const most = Math.floor(Math.max(0, overMs) / PAUSE_MS) + 1;
  const rounds = Math.min(Math.ceil(all.length / FEW), most);
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) await pause(clock, signal);
    const [from, to] = [round, round + 1].map((n) => Math.floor((all.length * n) / rounds));
    all.slice(from, to).forEach(each);
  }
}

function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, PAUSE_MS);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}
