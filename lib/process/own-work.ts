import { AsyncLocalStorage } from 'node:async_hooks';
import { runUnfollowed } from './unfollowed-work.js';

/** Something that a shutdown waits for, while its code runs: a request, a message, tracked work, a task of the shutdown. */
export interface OwnWork {
  readonly kind: 'request' | 'work' | 'task';
  /** What it is has ended; code that it has left behind is on its own. */
  isOver(): boolean;
  /** What stands for it in the lists of what is in flight. */
  readonly countedAs?: readonly object[];
  /** Lets the shutdown go on without it, where nothing else of the shutdown would wait for it. */
  readonly stepAside?: () => void;
  /** It had begun before it was known, so that what its code calls seems to be called by the work around it. */
  readonly hasUnknownCode?: boolean;
  /** The work in which it was begun; undefined for what comes from outside. */
  within?: OwnWork;
}

/** The first Node in which an AsyncLocalStorage costs nothing that can be measured: it no longer uses promise hooks. */
const CHEAP_SINCE = 24;

const current = new AsyncLocalStorage<OwnWork | undefined>();
let following = false;

/** Whether to follow work costs next to nothing here. A flag can bring the old way back. */
export function isCheapToFollow(): boolean {
  const flags = `${process.execArgv.join(' ')} ${process.env['NODE_OPTIONS'] ?? ''}`;
  return (
    Number(process.versions.node.split('.')[0]) >= CHEAP_SINCE &&
    !flags.includes('--no-async-context-frame')
  );
}

/**
 * From now on it is known what code belongs to. On Node 20 and 22 not before somebody may ask: there an AsyncLocalStorage
 * in use makes every promise of the process dearer, a message to a gateway by a fifth.
 */
export function followOwnWork(): void {
  following = true;
}

/** Whether that is so: what it needs is not kept before. */
export function followsOwnWork(): boolean {
  return following;
}

/** What the code that is running belongs to; undefined for what a shutdown does not wait for. */
export function ownWork(): OwnWork | undefined {
  return goingOn(current.getStore());
}

/** A piece of work that goes on, and those around it, the innermost first. */
export function workAround(work: OwnWork): OwnWork[] {
  const all: OwnWork[] = [];
  for (let one = goingOn(work); one; one = one.within) {
    one.within = goingOn(one.within); // or a chain of what is over would grow for ever
    all.push(one);
  }
  return all;
}

function goingOn(work: OwnWork | undefined): OwnWork | undefined {
  let found = work;
  while (found?.isOver()) found = found.within;
  return found;
}

/** The rest of what runs now, and all that it begins, belongs to this. */
export function enterOwnWork(work: OwnWork): void {
  if (following) current.enterWith(work);
}

/** Calls a function that belongs to this, with all that it begins. */
export function inOwnWork<T>(work: OwnWork, run: () => T): T {
  return following ? current.run(work, run) : run();
}

/** The work around what is begun now, for `OwnWork.within`. */
export function workAroundThis(): OwnWork | undefined {
  const around = following ? ownWork() : undefined;
  return around && workAround(around)[0];
}

/** A task of the shutdown, which may itself call for the shutdown. One object, because there may be thousands. */
class TaskWork implements OwnWork {
  readonly kind = 'task';
  within?: OwnWork;
  private over = false;

  isOver(): boolean {
    return this.over;
  }

  run(run: () => unknown): unknown {
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      this.over = true;
      throw error;
    }
    if ((typeof result === 'object' || typeof result === 'function') && result !== null) {
      return new Promise((settle) => settle(result)).finally(() => (this.over = true));
    }
    this.over = true;
    return result;
  }
}

/** Runs a task of the shutdown. */
export function runTask(run: () => unknown): unknown {
  const work = new TaskWork();
  return current.run(work, () => work.run(run));
}

/** Calls a function whose work goes on until the promise that it returns is settled, or until `end` is called. */
export function runAsOwnWork<T>(
  kind: Exclude<OwnWork['kind'], 'task'>,
  run: (end: () => void) => T,
  countedAs: readonly object[] = [],
): T {
  if (!following) return runUnfollowed(() => run(() => undefined));
  let over = false;
  const end = () => {
    over = true;
  };
  const within = workAroundThis();
  return inOwnWork({ kind, isOver: () => over, countedAs, within }, () => run(end));
}
