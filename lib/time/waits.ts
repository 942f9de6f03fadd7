import type { Clock, TimerHandle } from './clock.js';

/** A promise and what settles it. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly settled: boolean;
}

export function deferred<T = void>(): Deferred<T> {
  let settle!: (value: T) => void;
  let settled = false;
  const promise = new Promise<T>((resolve) => (settle = resolve));
  return {
    promise,
    resolve: (value) => {
      settled = true;
      settle(value);
    },
    get settled() {
      return settled;
    },
  };
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** Waits for a promise, at most so many milliseconds; whether it was in time. */
export async function within(
  ms: number,
  promise: Promise<unknown>,
  clock: Clock,
): Promise<boolean> {
  let timer!: TimerHandle;
  const limit = new Promise<boolean>((resolve) => {
    timer = clock.setTimeout(() => resolve(false), ms);
  });
  const inTime = await Promise.race([promise.then(() => true), limit]);
  clock.clearTimeout(timer);
  return inTime;
}

/** How often something is asked that can't tell when it is over, in milliseconds. */
const POLL_MS = 20;

/** Resolves when nothing is left of what is counted, or at the abort. For what has no event of its own; never rejects. */
export async function untilNone(
  count: () => number,
  signal: AbortSignal,
  clock: Clock,
): Promise<void> {
  while (!signal.aborted && left(count)) {
    await new Promise<void>((resolve) => {
      const end = () => {
        clock.clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = clock.setTimeout(end, POLL_MS);
      signal.addEventListener('abort', end);
    });
  }
}

/** What can't be counted any more can't be waited for. */
function left(count: () => number): boolean {
  try {
    return count() > 0;
  } catch {
    return false;
  }
}
