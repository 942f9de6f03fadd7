import { now, turn } from './real-timers.js';

/** So long a slice of work may take, in milliseconds: probes and the work in flight wait for it. */
const SLICE_MS = 4;
/** Between two looks at the clock. */
const FEW = 16;

/**
 * Ten thousand sockets are not ended in one go: probes and the work in flight have their turn in between. `pause` is asked
 * after each, and may give something to wait for.
 */
export async function inSlices<T>(
  items: readonly T[],
  act: (item: T) => void,
  pause?: () => Promise<void> | undefined,
): Promise<void> {
  let until = now() + SLICE_MS;
  for (const [index, item] of items.entries()) {
    if (index % FEW === FEW - 1 && now() > until) {
      await turn();
      until = now() + SLICE_MS;
    }
    act(item);
    const paused = pause?.();
    if (!paused) continue;
    await paused;
    until = now() + SLICE_MS;
  }
}
