import { describe, expect, it } from '@jest/globals';
import { inRounds } from '../../../lib/time/rounds.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** Starts to call for `count` items; `calls` are the moments of the calls, in milliseconds from the first. */
function begin(count: number, overMs: number) {
  const clock = new VirtualClock();
  const startedAt = clock.now();
  const limit = new AbortController();
  const calls: Array<{ item: number; at: number }> = [];
  const items = Array.from({ length: count }, (_, item) => item);
  const over = inRounds(items, { clock, overMs, signal: limit.signal }, (item) => {
    calls.push({ item, at: clock.now() - startedAt });
  });
  return { clock, limit, calls, over, items };
}

function sizes(calls: ReadonlyArray<{ at: number }>): number[] {
  const rounds = new Map<number, number>();
  for (const { at } of calls) rounds.set(at, (rounds.get(at) ?? 0) + 1);
  return [...rounds.values()];
}

describe('Rounds', () => {
  it('take all the time there is for many items, in rounds of the same size', async () => {
    const { clock, calls, over, items } = begin(5_000, 10_000);
    await clock.until(over);

    expect(calls.map(({ item }) => item)).toEqual(items);
    expect(calls.at(-1)?.at).toBe(10_000);
    expect(sizes(calls)).toHaveLength(51);
    expect(Math.max(...sizes(calls)) - Math.min(...sizes(calls))).toBeLessThanOrEqual(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('do not waste time on a few', async () => {
    const { calls, over, clock } = begin(25, 10_000);
    await over;

    expect(sizes(calls)).toEqual([25]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are no more than the items need', async () => {
    const { calls, over, clock } = begin(60, Infinity);
    await clock.until(over);

    expect(sizes(calls)).toEqual([20, 20, 20]);
    expect(calls.at(-1)?.at).toBe(400);
  });

  it.each([0, -5])('are one when there are %d ms', async (overMs) => {
    const { calls, over } = begin(1_000, overMs);
    await over;

    expect(sizes(calls)).toEqual([1_000]);
  });

  it('are nothing for nothing', async () => {
    const { calls, over } = begin(0, 10_000);
    await over;

    expect(calls).toEqual([]);
  });

  it('leave no item out when time is over earlier', async () => {
    const { calls, over, clock, limit, items } = begin(5_000, 10_000);
    await clock.advance(1_000);
    expect(calls.length).toBeLessThan(700);
    limit.abort();
    await over;

    expect(calls.map(({ item }) => item)).toEqual(items);
    expect(calls.at(-1)?.at).toBe(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('are one when time is over from the start', async () => {
    const { calls, over, clock, limit } = begin(0, 0);
    await over;
    limit.abort();
    const late = inRounds(
      Array.from({ length: 100 }, (_, item) => item),
      { clock, overMs: 10_000, signal: limit.signal },
      (item) => calls.push({ item, at: 0 }),
    );
    await late;

    expect(calls).toHaveLength(100);
    expect(clock.pendingTimers).toBe(0);
  });
});
