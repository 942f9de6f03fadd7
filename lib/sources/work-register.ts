import type { Clock } from '../time/clock.js';
import { Tally } from '../time/tally.js';
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
  within?: OwnWork = undefined;
  hasUnknownCode = false;
  private over = false;

  constructor(
    private readonly called: string | (() => string),
    readonly startedAt: number,
    private readonly register: WorkRegister,
    /** Told when it has stepped aside; undefined when it does not. */
    private readonly aside: (() => void) | undefined,
  ) {}

  get kind(): 'work' {
    return 'work';
  }

  get stepAside(): (() => void) | undefined {
    const { aside } = this;
    if (!aside) return undefined;
    return () => {
      this.register.leave(this);
      aside();
    };
  }

  get countedAs(): readonly object[] {
    return [this];
  }

  /** Asked only for a report. */
  get name(): string {
    return typeof this.called === 'string' ? this.called : this.called();
  }

  isOver(): boolean {
    return this.over;
  }

  end(): void {
    this.over = true;
  }
}

class HeldWork implements Hold {
  constructor(readonly release: (this: void) => void) {}

  [Symbol.dispose](): void {
    this.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
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
  private readonly tally = new Tally();
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
    return new HeldWork(this.begin(name || DEFAULT_NAME, stepsAside));
  }

  /** The same without more than what releases it; a name that is dear to make can be made when it is asked for. */
  begin(name: string | (() => string), stepsAside: (() => void) | 'never'): () => void {
    const aside = stepsAside === 'never' ? undefined : stepsAside;
    const entry = new Entry(name, this.clock.now(), this, aside);
    this.entries.add(entry);
    this.begun += 1;
    this.tally.add();
    const release = () => {
      if (entry.isOver()) return;
      entry.end();
      this.leave(entry);
    };
    if (followsOwnWork()) entries.set(release, entry);
    return release;
  }

  /** It is waited for no longer. */
  leave(entry: Entry): void {
    if (this.entries.delete(entry)) this.tally.remove();
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

  /** Resolves when nothing is going on any more, also nothing that what has just ended began; or at the abort. */
  idle(signal: AbortSignal): Promise<void> {
    return this.tally.idle(signal);
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
