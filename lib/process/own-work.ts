import { AsyncLocalStorage } from 'node:async_hooks';

/** Something that a shutdown waits for, while its code runs: a request, tracked work, a task of the shutdown. */
export interface OwnWork {
  readonly kind: 'request' | 'work' | 'task';
  /** What it is has ended; code that it has left behind is on its own. */
  readonly isOver: () => boolean;
}

const current = new AsyncLocalStorage<OwnWork | undefined>();
let following = false;

/**
 * From now on it is known what code belongs to. Not before somebody may ask: on Node 20 and 22 an AsyncLocalStorage that
 * is in use makes every promise of the process dearer.
 */
export function followOwnWork(): void {
  following = true;
}

/** What the code that is running belongs to; undefined for what a shutdown does not wait for. */
export function ownWork(): OwnWork | undefined {
  const found = current.getStore();
  return found?.isOver() === false ? found : undefined;
}

/** The rest of what runs now, and all that it begins, belongs to this. */
export function enterOwnWork(work: OwnWork): void {
  if (following) current.enterWith(work);
}

/** Runs a task of the shutdown, which may itself call for the shutdown. */
export function runTask(run: () => unknown): unknown {
  return runAsOwnWork('task', (end) => {
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      end();
      throw error;
    }
    if ((typeof result === 'object' || typeof result === 'function') && result !== null) {
      return new Promise((settle) => settle(result)).finally(end);
    }
    end();
    return result;
  });
}

/** Calls a function whose work goes on until the promise that it returns is settled, or until `end` is called. */
export function runAsOwnWork<T>(kind: OwnWork['kind'], run: (end: () => void) => T): T {
  let over = false;
  const end = () => {
    over = true;
  };
  if (!following && kind !== 'task') return run(end);
  return current.run({ kind, isOver: () => over }, () => run(end));
}
