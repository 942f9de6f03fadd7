import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { runUnfollowed, unfollowedDepth } from '../../../lib/process/unfollowed-work.js';

/** As a handler that calls for the end somewhere further in. */
const asking = async (waits: () => Promise<unknown>) => {
  await waits();
  const further = async () => {
    await Promise.all([Promise.resolve().then(waits), waits()]);
    return unfollowedDepth();
  };
  return await further();
};

it('knows what work awaits, before and after it has waited itself', async () => {
  expect(runUnfollowed(unfollowedDepth)).toBe(1);
  expect(await runUnfollowed(() => asking(() => Promise.resolve()))).toBe(1);
  expect(await runUnfollowed(() => asking(() => sleep(1)))).toBe(1);
});

it('counts work in work', async () => {
  const inner = () => runUnfollowed(() => asking(() => sleep(1)));
  expect(await runUnfollowed(async () => await inner())).toBe(2);
});

it('does not count what nobody awaits, nor what comes from outside', async () => {
  let depth!: Promise<number>;
  const leave = async () => {
    depth = asking(() => sleep(1));
    await sleep(20);
  };
  await runUnfollowed(leave);
  expect(await depth).toBe(0);
  expect(await asking(() => sleep(1))).toBe(0);
});

it('hands on all else as it is', async () => {
  class Special<T> extends Promise<T> {}
  const special = Special.resolve(1);
  expect(runUnfollowed(() => special)).toBe(special);
  expect(runUnfollowed(() => 1)).toBe(1);
  expect(() =>
    runUnfollowed(() => {
      throw new Error('it failed');
    }),
  ).toThrow('it failed');
  expect(unfollowedDepth()).toBe(0);
});
