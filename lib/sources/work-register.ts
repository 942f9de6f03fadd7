import type { Clock } from '../time/clock.js';
import { clearImmediate, setImmediate } from '../time/real-timers.js';
import { runAsOwnWork } from '../process/own-work.js';

const DEFAULT_NAME = 'tracked work';

/** Work that goes on until it is released; `using` and `await using` do that at the end of the block. */
export interface Hold {
  /** Says that the work is over. Once is enough, more is harmless; needs no `this`. */
  release(this: void): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Work that has not finished. */
export interface WorkInProgress {
  readonly name: string;
  /** How long it has been running, in milliseconds. */
  readonly ageMs: number;
}

/** Counts the work of one application that nothing else counts: what its code says it is doing. */
export class WorkRegister {
  private readonly entries = new Set<{ readonly name: string; readonly startedAt: number }>();
  /** Told of every change; empty but for `idle()`. */
  private readonly watchers = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.entries.size;
  }

  /** What is going on, the oldest first. */
  unfinished(): WorkInProgress[] {
    const now = this.clock.now();
    return [...this.entries].map(({ name, startedAt }) => ({ name, ageMs: now - startedAt }));
  }

  /**
   * Counts work until it settles, and passes on how it did. A function is called at once; what it throws rejects.
   *
   * A rejection of a promise stays its owner's business: nobody has to look at the promise returned here. That of a
   * function has no other owner, so it is an unhandled one if nobody looks.
   */
  track<T>(work: PromiseLike<T> | (() => T | PromiseLike<T>), name?: string): Promise<T> {
    const { release } = this.hold(name ?? nameOf(work));
    if (isCall(work)) {
      return runAsOwnWork('work', (end) =>
        new Promise<T>((settle) => settle(work())).finally(() => {
          end();
          release();
        }),
      );
    }
    // Not Promise.resolve(), which hands out a promise as it is: its own `then` may have been replaced.
    const settled = new Promise<T>((settle) => settle(work));
    settled.then(release, release);
    return settled;
  }

  /** Counts work until it is released, for what has no promise. */
  hold(name?: string): Hold {
    const entry = { name: name || DEFAULT_NAME, startedAt: this.clock.now() };
    this.entries.add(entry);
    this.changed();
    const release = () => {
      if (this.entries.delete(entry)) this.changed();
    };
    return {
      release,
      [Symbol.dispose]: release,
      [Symbol.asyncDispose]: async () => release(),
    };
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

/** A thenable may be a function, too: a query builder is not called but awaited. */
function isCall<T>(
  work: PromiseLike<T> | (() => T | PromiseLike<T>),
): work is () => T | PromiseLike<T> {
  return typeof work === 'function' && typeof (work as { then?: unknown }).then !== 'function';
}

function nameOf(work: unknown): string | undefined {
  return typeof work === 'function' ? work.name.replace(/^bound /, '') : undefined;
}
