import type { Clock } from '../time/clock.js';
import { clearImmediate, setImmediate } from '../time/real-timers.js';
import {
  enterOwnWork,
  followsOwnWork,
  inOwnWork,
  workAroundThis,
  type OwnWork,
} from '../process/own-work.js';
import { runUnfollowed } from '../process/unfollowed-work.js';

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

/** One piece of work, and what it stands for in the lists. */
class Entry implements OwnWork {
  readonly kind = 'work';
  readonly countedAs = [this];
  stepAside?: () => void;
  within?: OwnWork;
  hasUnknownCode = false;
  private over = false;

  constructor(
    readonly name: string,
    readonly startedAt: number,
  ) {}

  readonly isOver = () => this.over;

  end(): void {
    this.over = true;
  }
}

/** By what releases it, and by what lists have shown of it. */
const entries = new WeakMap<object, Entry>();

/** What stands for a piece of work that is in a list: the same for each list. */
export function standsFor(listed: object): object {
  return entries.get(listed) ?? listed;
}

/** Counts the work of one application that nothing else counts: what its code says it is doing. */
export class WorkRegister {
  private readonly entries = new Set<Entry>();
  /** Told of every change; empty but for `idle()`. */
  private readonly watchers = new Set<() => void>();
  /** How many pieces have begun so far. */
  begun = 0;

  constructor(private readonly clock: Clock) {}

  get count(): number {
    return this.entries.size;
  }

  /** What is going on, the oldest first. */
  unfinished(): WorkInProgress[] {
    const now = this.clock.now();
    return [...this.entries].map((entry) => {
      const listed = { name: entry.name, ageMs: now - entry.startedAt };
      entries.set(listed, entry);
      return listed;
    });
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
      const run = () => new Promise<T>((settle) => settle(work()));
      return this.within(release, run, 'inside').finally(release);
    }
    const entry = entries.get(release);
    if (entry) {
      entry.within = workAroundThis();
      entry.hasUnknownCode = true;
    }
    // Not Promise.resolve(), which hands out a promise as it is: its own `then` may have been replaced.
    const settled = new Promise<T>((settle) => settle(work));
    settled.then(release, release);
    return settled;
  }

  /**
   * Counts work until it is released, for what has no promise; or until it steps aside, which it does when it awaits the
   * shutdown and nothing else is in flight. Then `stepsAside` is called; work for which `never` is given does not.
   */
  hold(name?: string, stepsAside: (() => void) | 'never' = nothing): Hold {
    const entry = new Entry(name || DEFAULT_NAME, this.clock.now());
    this.entries.add(entry);
    this.begun += 1;
    this.changed();
    const leave = () => {
      if (this.entries.delete(entry)) this.changed();
    };
    const release = () => {
      entry.end();
      leave();
    };
    if (stepsAside !== 'never') {
      entry.stepAside = () => {
        leave();
        stepsAside();
      };
    }
    if (followsOwnWork()) entries.set(release, entry);
    return {
      release,
      [Symbol.dispose]: release,
      [Symbol.asyncDispose]: async () => release(),
    };
  }

  /** As `hold()`, and the code that follows in the caller belongs to it. */
  holdHere(name?: string): Hold {
    const hold = this.hold(name);
    const entry = entries.get(hold.release);
    if (!entry) return hold;
    entry.within = workAroundThis();
    enterOwnWork(entry);
    return hold;
  }

  /** Calls code of the work that this releases, which was begun by other work or came from outside. */
  within<T>(release: () => void, call: () => T, begun: 'inside' | 'outside' = 'outside'): T {
    const entry = followsOwnWork() ? entries.get(release) : undefined;
    if (!entry) return followsOwnWork() ? call() : runUnfollowed(call);
    entry.within = begun === 'inside' ? workAroundThis() : undefined;
    return inOwnWork(entry, call);
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

function nothing(): void {}

/** A thenable may be a function, too: a query builder is not called but awaited. */
function isCall<T>(
  work: PromiseLike<T> | (() => T | PromiseLike<T>),
): work is () => T | PromiseLike<T> {
  return typeof work === 'function' && typeof (work as { then?: unknown }).then !== 'function';
}

function nameOf(work: unknown): string | undefined {
  return typeof work === 'function' ? work.name.replace(/^bound /, '') : undefined;
}
