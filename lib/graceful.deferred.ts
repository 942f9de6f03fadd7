import type { Clock, TimerHandle } from './shutdown/clock.js';

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
