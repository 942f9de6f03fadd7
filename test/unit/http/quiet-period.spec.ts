import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rareSilenceMs, waitForQuiet } from '../../../lib/http/quiet-period.js';
import { EngineBench } from '../../support/engine.js';
import { check } from '../../support/property.js';
import { VirtualClock } from '../../support/virtual-clock.js';

type Limits = { floorMs: number; quietMs: number; capMs: number };

/** Waits on virtual time while something happens at these moments after the start; says what ended it, and when. */
async function wait(
  limits: Limits,
  activity: readonly number[] = [],
  abortAt?: number,
  clock = new VirtualClock(),
) {
  const startedAt = clock.now();
  let last = 0;
  const happens = activity.map((at) => clock.setTimeout(() => (last = clock.now()), at));
  const abort = new AbortController();
  const aborting =
    abortAt === undefined ? undefined : clock.setTimeout(() => abort.abort(), abortAt);
  const period = { startedAt, ...limits, lastActivity: () => last };
  const end = await clock.until(waitForQuiet(period, clock, abort.signal));
  for (const timer of happens) clock.clearTimeout(timer);
  if (aborting !== undefined) clock.clearTimeout(aborting);
  return { end, afterMs: clock.now() - startedAt, timers: clock.pendingTimers };
}

describe('the quiet period', () => {
  const limits = { floorMs: 500, quietMs: 200, capMs: 3_000 };

  it('ends at the floor when nothing happens', async () => {
    expect(await wait(limits)).toEqual({ end: 'floor', afterMs: 500, timers: 0 });
  });

  it('ends a quiet time after the last activity, when that is later', async () => {
    expect(await wait(limits, [100, 450])).toMatchObject({ end: 'quiet', afterMs: 650 });
    expect(await wait(limits, [450, 640, 800])).toMatchObject({ end: 'quiet', afterMs: 1_000 });
  });

  it('is not pushed out by what happened before the floor and left it quiet', async () => {
    expect(await wait(limits, [100, 200, 299])).toMatchObject({ end: 'floor', afterMs: 500 });
  });

  it('is not pushed out by what happens after it was quiet', async () => {
    expect(await wait(limits, [701])).toMatchObject({ end: 'floor', afterMs: 500 });
  });

  it('ends at the cap however much happens', async () => {
    const always = Array.from({ length: 400 }, (_, index) => index * 10);
    expect(await wait(limits, always)).toEqual({ end: 'capped', afterMs: 3_000, timers: 0 });
  });

  it('is quiet at once with nothing but zeros', async () => {
    const nothing = { floorMs: 0, quietMs: 0, capMs: 0 };
    expect(await wait(nothing)).toEqual({ end: 'quiet', afterMs: 0, timers: 0 });
    expect(await wait({ ...nothing, capMs: 1_000 })).toMatchObject({ end: 'quiet', afterMs: 0 });
  });

  it('counts a quiet time that began with the wait, however long ago the last request was', async () => {
    expect(await wait({ floorMs: 0, quietMs: 200, capMs: 3_000 })).toMatchObject({
      end: 'quiet',
      afterMs: 200,
    });
  });

  it('ends when it is aborted, and leaves no listener on the signal', async () => {
    expect(await wait(limits, [], 320)).toEqual({ end: 'aborted', afterMs: 320, timers: 0 });
    expect(await wait(limits, [], 0)).toMatchObject({ end: 'aborted', afterMs: 0 });
    const clock = new VirtualClock();
    let listeners = 0;
    const signal = {
      aborted: false,
      addEventListener: () => (listeners += 1),
      removeEventListener: () => (listeners -= 1),
    } as unknown as AbortSignal;
    const period = { startedAt: clock.now(), ...limits, lastActivity: () => 0 };
    await clock.until(waitForQuiet(period, clock, signal));
    expect(listeners).toBe(0);
  });

  it('does not begin when it was aborted before', async () => {
    const clock = new VirtualClock();
    const period = { startedAt: clock.now(), ...limits, lastActivity: () => 0 };
    expect(await waitForQuiet(period, clock, AbortSignal.abort())).toBe('aborted');
    expect(clock.pendingTimers).toBe(0);
  });

  it('has used up its floor when it begins late', async () => {
    const clock = new VirtualClock();
    const period = { startedAt: clock.now() - 5_000, ...limits, lastActivity: () => 0 };
    expect(await waitForQuiet(period, clock, new AbortController().signal)).toBe('floor');
  });

  it('lasts until somebody has been told, as far as that can be said, up to the cap', async () => {
    const clock = new VirtualClock();
    const startedAt = clock.now();
    let knownBy = startedAt + 700;
    const period = { startedAt, ...limits, lastActivity: () => 0, knownBy: () => knownBy };
    clock.setTimeout(() => (knownBy = startedAt + 900), 600); // later than it was said
    const { signal } = new AbortController();
    expect(await clock.until(waitForQuiet(period, clock, signal))).toBe('told');
    expect(clock.now() - startedAt).toBe(900);
    knownBy = Infinity;
    expect(await clock.until(waitForQuiet(period, clock, signal))).toBe('capped');
    expect(clock.now() - startedAt).toBe(3_000);
  });

  it('is longer where so much silence is nothing rare, but only when something has come', async () => {
    const clock = new VirtualClock();
    const startedAt = clock.now();
    const { signal } = new AbortController();
    let last = 0;
    const period = { startedAt, ...limits, lastActivity: () => last, rareMs: () => 600 };
    expect(await clock.until(waitForQuiet(period, clock, signal))).toBe('floor');
    expect(clock.now() - startedAt).toBe(500);
    last = startedAt + 300;
    expect(await clock.until(waitForQuiet(period, clock, signal))).toBe('quiet');
    expect(clock.now() - startedAt).toBe(900);
    last = startedAt + 2_700; // quiet for long enough at the cap, though not for what would be rare
    expect(await clock.until(waitForQuiet(period, clock, signal))).toBe('quiet');
    expect(clock.now() - startedAt).toBe(3_000);
    last = startedAt + 2_900;
    expect(await waitForQuiet(period, clock, signal)).toBe('capped');
  });

  it('what is rare are ten mean gaps between requests', () => {
    expect(rareSilenceMs({ count: 0, lastMs: 0 }, 5_000)).toBe(0);
    expect(rareSilenceMs({ count: 40, lastMs: 4_000 }, 5_000)).toBe(1_000);
    expect(rareSilenceMs({ count: 1, lastMs: 400 }, 5_000)).toBe(4_000);
    expect(rareSilenceMs({ count: 4, lastMs: 4_000 }, 5_000)).toBe(5_000);
  });

  it('sets one timer at a time', async () => {
    const clock = new VirtualClock();
    const period = { startedAt: clock.now(), ...limits, lastActivity: () => clock.now() };
    const waiting = waitForQuiet(period, clock, new AbortController().signal);
    for (let step = 0; step < 20; step += 1) {
      expect(clock.pendingTimers).toBe(1);
      await clock.advance(149);
    }
    expect(await clock.until(waiting)).toBe('capped');
  });

  it('does what a simple model does', async () => {
    const cases = fc.record({
      capMs: fc.integer({ min: 0, max: 3_000 }),
      floorShare: fc.double({ min: 0, max: 1, noNaN: true }),
      quietShare: fc.double({ min: 0, max: 1, noNaN: true }),
      activity: fc.array(fc.integer({ min: 1, max: 4_000 }), { maxLength: 30 }),
      abortAt: fc.option(fc.integer({ min: 1, max: 4_000 }), { nil: undefined }),
    });
    await check(cases, async ({ capMs, floorShare, quietShare, activity, abortAt }) => {
      const floorMs = Math.round(capMs * floorShare);
      const quietMs = Math.round(capMs * quietShare);
      const actual = await wait({ floorMs, quietMs, capMs }, activity, abortAt);
      expect(actual).toEqual({
        ...model({ floorMs, quietMs, capMs }, activity, abortAt),
        timers: 0,
      });
    });
  });

  /** Millisecond by millisecond. */
  function model(
    { floorMs, quietMs, capMs }: Limits,
    activity: readonly number[],
    abortAt?: number,
  ) {
    const busy = new Set(activity);
    let last = 0;
    for (let now = 0; ; now += 1) {
      if (busy.has(now)) last = now;
      const quiet = now >= floorMs && now - last >= quietMs;
      if (quiet) return { end: last + quietMs >= floorMs ? 'quiet' : 'floor', afterMs: now };
      if (now >= capMs) return { end: 'capped', afterMs: now };
      if (now === abortAt) return { end: 'aborted', afterMs: now };
    }
  }
});

describe('on a clock between two milliseconds', () => {
  const bench = new EngineBench();

  it('waits whole ones, so that it does not spin', async () => {
    let sets = 0;
    const clock = {
      now: () => bench.clock.now() + 0.7,
      setTimeout: (fn: () => void, ms: number) => ((sets += 1), bench.clock.setTimeout(fn, ms)),
      clearTimeout: (handle: object | number) => bench.clock.clearTimeout(handle),
    };
    const period = {
      startedAt: bench.clock.now() + 0.3,
      floorMs: 100.1,
      quietMs: 0,
      capMs: 1_000,
      lastActivity: () => 0,
    };
    const waiting = waitForQuiet(period, clock, new AbortController().signal);
    expect(await bench.clock.until(waiting)).toBe('floor');
    expect(bench.elapsedMs).toBe(100);
    expect(sets).toBe(1);
  });
});
