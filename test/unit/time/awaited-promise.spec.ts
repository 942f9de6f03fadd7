import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwaitedPromise } from '../../../lib/time/awaited-promise.js';

const WAITS: Record<string, (promise: Promise<string>) => unknown> = {
  'an await': async (promise) => await promise,
  'a return from an async function': async (promise) => promise,
  'Promise.all()': (promise) => Promise.all([promise, promise]),
  'Promise.race()': (promise) => Promise.race([promise, promise]),
  'an await of what then() gives': async (promise) => await promise.then((text) => text),
  'a chain behind it': async (promise) => await promise.then(String).catch(String),
};
const LEAVES: Record<string, (promise: Promise<string>) => unknown> = {
  nothing: () => undefined,
  'a callback': (promise) => promise.then((text) => text),
  'a callback for its failure': (promise) => promise.catch(() => undefined),
};

async function isAwaited(use: (promise: Promise<string>) => unknown) {
  let awaited = false;
  void use(AwaitedPromise.of(Promise.resolve('over'), () => (awaited = true)));
  await sleep(0);
  return awaited;
}

it.each(Object.entries(WAITS))('hears of %s', async (_name, use) => {
  expect(await isAwaited(use)).toBe(true);
});

it.each(Object.entries(LEAVES))('hears nothing of %s', async (_name, use) => {
  expect(await isAwaited(use)).toBe(false);
});

it('passes on how it ends', async () => {
  const failure = new Error('it failed');
  await expect(AwaitedPromise.of(Promise.resolve(1), () => undefined)).resolves.toBe(1);
  await expect(AwaitedPromise.of(Promise.reject(failure), () => undefined)).rejects.toBe(failure);
  await expect(
    AwaitedPromise.of(Promise.reject(failure), () => undefined).catch(() => 'heard'),
  ).resolves.toBe('heard');
});
