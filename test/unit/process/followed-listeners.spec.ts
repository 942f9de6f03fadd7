import { afterEach, describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import {
  followListeners,
  notFollowed,
  type FollowedListeners,
} from '../../../lib/process/followed-listeners.js';

let following: FollowedListeners | undefined;

afterEach(() => following?.stop());

/** Emits a signal whose first listener is ours, as in the process. */
async function emitted(...listeners: Array<() => unknown>): Promise<FollowedListeners> {
  const emitter = new EventEmitter();
  emitter.on('SIGTERM', () => (following = followListeners()));
  for (const listener of listeners) emitter.on('SIGTERM', listener);
  // In a callback of its own, as a signal comes: what is entered must not last in the test.
  await new Promise<void>((resolve) => {
    setImmediate(() => {
      emitter.emit('SIGTERM');
      resolve();
    });
  });
  return following as FollowedListeners;
}

/** A promise that the test settles. */
function gate(): { readonly promise: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

const LONG_MS = 20_000;

describe('what listeners begin', () => {
  it('is waited for, step by step, behind a promise that is not theirs', async () => {
    const closed = gate();
    const steps: string[] = [];
    const followed = await emitted(async () => {
      await closed.promise; // such as app.close()
      await new Promise((resolve) => setTimeout(resolve, 30));
      steps.push('pool closed');
      await new Promise((resolve) => setTimeout(resolve, 30));
      steps.push('done');
    });
    const over = followed.over(LONG_MS);
    closed.open();
    expect(await over).toBe(true);
    expect(steps).toEqual(['pool closed', 'done']);
  });

  it('is over at once when it is nothing', async () => {
    const followed = await emitted(() => undefined);
    expect(await followed.over(LONG_MS)).toBe(true);
  });

  it('is all that several listeners begin, also in callbacks of timers', async () => {
    const steps: string[] = [];
    const followed = await emitted(
      () => void setTimeout(() => void Promise.resolve().then(() => steps.push('one')), 40),
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        steps.push('two');
      },
    );
    expect(await followed.over(LONG_MS)).toBe(true);
    expect(steps.sort()).toEqual(['one', 'two']);
  });

  it('is given up at the limit', async () => {
    const never = gate();
    const followed = await emitted(async () => never.promise.then(() => 1));
    expect(await followed.over(30)).toBe(false);
  });

  it.each<[string, () => unknown]>([
    ['forces the end if all else takes too long', () => setTimeout(() => process.exit(1), 60_000)],
    ['does not keep the process alive', () => setTimeout(() => undefined, 60_000).unref()],
    ['was cleared', () => clearTimeout(setTimeout(() => undefined, 60_000))],
  ])('is no timer that %s', async (_what, listener) => {
    let timer: unknown;
    const followed = await emitted(() => (timer = listener()));
    expect(await followed.over(LONG_MS)).toBe(true);
    clearTimeout(timer as NodeJS.Timeout | undefined);
  });

  it('is a timer that ends the process if it was set when the applications were closed', async () => {
    const closed = gate();
    let ended = false;
    const exit = () => (ended = true);
    const followed = await emitted(() => closed.promise.then(() => setTimeout(() => exit(), 40)));
    followed.closed();
    closed.open();
    expect(await followed.over(LONG_MS)).toBe(true);
    expect(ended).toBe(true);
  });

  it('is not what others begin, nor what is left out', async () => {
    const never = gate();
    const followed = await emitted(() => notFollowed(() => never.promise.then(() => 1)));
    void never.promise.then(() => 2);
    expect(await followed.over(LONG_MS)).toBe(true);
  });
});
