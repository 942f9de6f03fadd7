import { expect, it } from '@jest/globals';
import { inSlices } from '../../../lib/time/event-loop.js';
import { now } from '../../../lib/time/real-timers.js';

it('few items are dealt with in the turn in which they are given', () => {
  const done: number[] = [];
  void inSlices([1, 2, 3], (item) => done.push(item));

  expect(done).toEqual([1, 2, 3]);
});

it('where they take long, others have their turn in between, and all are dealt with in order', async () => {
  const items = Array.from({ length: 64 }, (_, index) => index);
  const done: number[] = [];
  const seenBetween = new Set<number>();
  const look = () => {
    seenBetween.add(done.length);
    if (done.length < items.length) setImmediate(look);
  };
  setImmediate(look);
  await inSlices(items, (item) => {
    for (const until = now() + 1; now() < until;); // a millisecond of work
    done.push(item);
  });

  expect(done).toEqual(items);
  expect(seenBetween.size).toBeGreaterThanOrEqual(3);
});
