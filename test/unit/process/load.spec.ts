import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchLoad } from '../../../lib/process/load.js';

/** Far more than the event loop is late by itself, and little enough to wait for; in milliseconds. */
const BLOCKED_MS = 300;

it('sees CPU time, memory and how long the event loop was held', async () => {
  const load = watchLoad();
  await sleep(50); // the histogram needs a first sample before it can see a gap
  const until = performance.now() + BLOCKED_MS;
  while (performance.now() < until);
  await sleep(50);

  const { cpuMs, rssBytes, eventLoopDelayMs } = load.read();
  load.stop();
  expect(cpuMs).toBeGreaterThan(0);
  expect(rssBytes.start).toBeGreaterThan(1_000_000);
  expect(rssBytes.end).toBeGreaterThan(1_000_000);
  expect(eventLoopDelayMs?.max).toBeGreaterThan(BLOCKED_MS / 2);
  expect(eventLoopDelayMs?.mean).toBeLessThan(eventLoopDelayMs?.max ?? 0);
});

it('has nothing to say of an event loop that has not come round', () => {
  const load = watchLoad();
  expect(load.read()).not.toHaveProperty('eventLoopDelayMs');
  load.stop();
});
