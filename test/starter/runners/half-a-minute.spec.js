import { expect, test, vi } from 'vitest';
import { halfAMinute } from './scenario.js';

test('half a minute', async () => {
  expect((await halfAMinute('Vitest')).elapsedMs).toBe(30_000);
});

test('half a minute inside fake timers', async () => {
  vi.useFakeTimers();
  expect((await halfAMinute('Vitest, fake timers')).elapsedMs).toBe(30_000);
  vi.useRealTimers();
});
