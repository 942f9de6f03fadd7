import { afterEach, expect, it, jest } from '@jest/globals';
import { systemClock } from '../../../lib/time/system-clock.js';
import { setImmediate } from '../../../lib/time/real-timers.js';

afterEach(() => void jest.useRealTimers());

it('time goes on under fake timers', async () => {
  jest.useFakeTimers();
  const before = systemClock.now();
  await new Promise<void>((resolve) => void systemClock.setTimeout(resolve, 5));
  await new Promise((resolve) => setImmediate(resolve));
  expect(systemClock.now()).toBeGreaterThan(before);
});
