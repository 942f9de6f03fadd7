import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IdleWaits } from '../../../lib/http/idle-waits.js';
import { check } from '../../support/property.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const QUIET_MS = 100;

/** Waits of an application whose requests a test begins and ends. */
function setup() {
  const clock = new VirtualClock();
  const startedAt = clock.now();
  let inFlight = 0;
  let lastAt = startedAt;
  let asked = 0;
  const waits = new IdleWaits(
    {
      quietAt: () => lastAt + QUIET_MS,
      busy: () => {
        asked += 1;
        return inFlight > 0;
      },
    },
    clock,
  );
  const begin = () => {
    inFlight += 1;
    lastAt = clock.now();
  };
  const end = () => {
    inFlight -= 1;
    waits.check();
  };
  const elapsedMs = () => clock.now() - startedAt;
  return { clock, waits, begin, end, elapsedMs, asked: () => asked };
}

describe('the waits for an idle moment', () => {
  it('look at the requests in flight only when it is quiet', async () => {
    const { clock, waits, begin, end, asked } = setup();
    const waiting = waits.wait(new AbortController().signal);
    for (let requests = 0; requests < 1_000; requests += 1) {
      begin();
      await clock.advance(1);
      end();
    }
    expect(asked()).toBe(0);
    expect(clock.pendingTimers).toBe(1);
    await expect(clock.until(waiting)).resolves.toBe(true);
    expect(asked()).toBe(1);
  });

  it('do not wake up between the quiet moment and the last answer', async () => {
    const { clock, waits, begin, end } = setup();
    begin();
    const waiting = waits.wait(new AbortController().signal);
    await clock.advance(QUIET_MS);
    expect(clock.pendingTimers).toBe(0);
    end();
    await expect(waiting).resolves.toBe(true);
  });

  it('end side by side, and each by its own signal', async () => {
    const { clock, waits } = setup();
    const abort = new AbortController();
    const [aborted, other] = [waits.wait(abort.signal), waits.wait(new AbortController().signal)];
    abort.abort();
    await expect(aborted).resolves.toBe(false);
    await expect(clock.until(other)).resolves.toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leave nothing behind when they are given up', async () => {
    const { clock, waits } = setup();
    const waiting = [1, 2, 3].map(() => waits.wait(new AbortController().signal));
    waits.giveUp();
    await expect(Promise.all(waiting)).resolves.toEqual([false, false, false]);
    expect(clock.pendingTimers).toBe(0);
    waits.check();
  });

  it('take whole milliseconds on a clock between two of them, so that they do not spin', async () => {
    const clock = new VirtualClock();
    let sets = 0;
    const between = {
      now: () => clock.now() + 0.7,
      setTimeout: (fn: () => void, ms: number) => ((sets += 1), clock.setTimeout(fn, ms)),
      clearTimeout: (handle: object | number) => clock.clearTimeout(handle),
    };
    const quietAt = clock.now() + 100.1;
    const waits = new IdleWaits({ quietAt: () => quietAt, busy: () => false }, between);
    await clock.until(waits.wait(new AbortController().signal));
    expect(sets).toBe(1);
  });

  it('end at the first moment in which nothing is in flight and nothing came for the quiet time', async () => {
    // They begin at even moments and end at odd ones: of one moment, either order is right.
    const request = fc.record({
      at: fc.integer({ min: 1, max: 250 }).map((half) => 2 * half),
      ms: fc.integer({ min: 0, max: 150 }).map((half) => 2 * half + 1),
    });
    const requests = fc.array(request, { maxLength: 8 });
    await check(requests, async (load) => {
      const { clock, waits, begin, end, elapsedMs } = setup();
      for (const { at, ms } of load) {
        clock.setTimeout(begin, at);
        clock.setTimeout(end, at + ms);
      }
      await clock.until(waits.wait(new AbortController().signal));
      expect(elapsedMs()).toBe(firstIdle(load));
    });
  });
});

/** Millisecond by millisecond. */
function firstIdle(load: ReadonlyArray<{ at: number; ms: number }>): number {
  for (let now = 0; ; now += 1) {
    const begun = load.filter(({ at }) => at <= now);
    const last = Math.max(0, ...begun.map(({ at }) => at));
    const busy = begun.some(({ at, ms }) => at + ms > now);
    if (!busy && now - last >= QUIET_MS) return now;
  }
}
