import { expect, jest, test } from '@jest/globals';
import { halfAMinute } from './scenario.js';

test('half a minute', async () => {
  expect((await halfAMinute('Jest')).elapsedMs).toBe(30_000);
});

test('half a minute inside fake timers', async () => {
  jest.useFakeTimers();
  expect((await halfAMinute('Jest, fake timers')).elapsedMs).toBe(30_000);
  jest.useRealTimers();
});
