import { strictEqual } from 'node:assert';
import { mock, test } from 'node:test';
import { halfAMinute } from './scenario.js';

test('half a minute', async () => {
  strictEqual((await halfAMinute('node:test')).elapsedMs, 30_000);
});

test('half a minute inside mock timers', async () => {
  mock.timers.enable();
  strictEqual((await halfAMinute('node:test, mock timers')).elapsedMs, 30_000);
  mock.timers.reset();
});
