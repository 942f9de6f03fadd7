import { clearImmediate, setImmediate } from './real-timers.js';

/** How many pieces of work are going on, and who waits until there are none. */
export class Tally {
  count = 0;
  /** Told of every change; empty but for `idle()`. */
  private readonly watchers = new Set<() => void>();

  add(): void {
    this.count += 1;
    if (this.watchers.size > 0) this.changed();
  }

  remove(): void {
    this.count -= 1;
    if (this.watchers.size > 0) this.changed();
  }

  /**
   * Resolves when nothing is going on any more, or at the abort; never rejects. Work that begins meanwhile is waited
   * for too, also what the code after finished work begins: nothing counts as nothing only after a turn of the event
   * loop.
   */
  idle(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let turn: NodeJS.Immediate | undefined;
      const end = () => {
        clearImmediate(turn);
        this.watchers.delete(look);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const look = () => {
        clearImmediate(turn);
        if (this.count === 0) turn = setImmediate(end); // a turn of the event loop is no time
      };
      if (signal.aborted) return end();
      signal.addEventListener('abort', end);
      this.watchers.add(look);
      look();
    });
  }

  private changed(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}
