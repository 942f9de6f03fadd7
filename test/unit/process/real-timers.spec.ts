import { afterEach, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../../lib/process/system-clock.js';
import { setImmediate, tick } from '../../../lib/process/real-timers.js';

afterEach(() => void jest.useRealTimers());

it('time goes on under fake timers', async () => {
  jest.useFakeTimers();
  const before = systemClock.now();
  await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 5));
  await new Promise((resolve) => setImmediate(resolve));
  expect(systemClock.now()).toBeGreaterThan(before);
});

it('a tick comes after those that were asked for, and before a turn of the event loop', async () => {
  const order: string[] = [];
  const turn = new Promise<void>((resolve) => setImmediate(() => (order.push('turn'), resolve())));
  process.nextTick(() => order.push('before'));
  await tick();
  order.push('tick');
  await turn;
  expect(order).toEqual(['before', 'tick', 'turn']);
});
