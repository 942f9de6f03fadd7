import { describe, expect, it } from '@jest/globals';
import { BalancerProbes, type ProbingBalancer } from '../../../lib/health/balancer-probes.js';
import { probingBalancerAdvice } from '../../../lib/health/probing-balancer-advice.js';
import { VirtualClock } from '../../support/virtual-clock.js';

function set(failures = 3) {
  const clock = new VirtualClock();
  const found: ProbingBalancer[] = [];
  const probes = new BalancerProbes(clock, failures, (balancer) => found.push(balancer));
  const startedAt = clock.now();
  /** Asks at these moments, in milliseconds from now. */
  const ask = async (
    at: readonly number[],
    ready: boolean,
    { address = '10.0.0.7', agent = undefined as string | undefined } = {},
  ) => {
    const from = clock.now();
    for (const ms of at) {
      await clock.advance(from + ms - clock.now());
      probes.asked(address, agent, ready);
    }
  };
  const learnedAfterMs = () => probes.learnedBy() - startedAt;
  return { clock, probes, found, ask, learnedAfterMs };
}

const every = (ms: number, times: number) => Array.from({ length: times }, (_, i) => (i + 1) * ms);

describe('a load balancer that asks the readiness probe', () => {
  it('is known by its steady period, and told of once', async () => {
    const { ask, found, probes } = set();
    await ask(every(2_000, 4), true);
    expect(found).toEqual([]);
    await ask(every(2_000, 4), true);
    expect(found).toEqual([{ address: '10.0.0.7', periodMs: 2_000, learnsWithinMs: 6_300 }]);
    expect(probes.state).toEqual({ known: 1, told: 0 });
  });

  it('has learned a moment after its last failure in a row', async () => {
    const { ask, learnedAfterMs, probes } = set();
    await ask(every(2_000, 6), true); // 12 s
    expect(learnedAfterMs()).toBe(12_000 + 3 * 2_000 + 300);
    await ask([1_900], false);
    expect(learnedAfterMs()).toBe(13_900 + 2 * 2_000 + 300);
    await ask([2_000, 4_000], false);
    expect(learnedAfterMs()).toBe(17_900 + 300);
    await ask([2_000, 4_000], false); // what it asks later changes nothing
    expect(learnedAfterMs()).toBe(17_900 + 300);
    expect(probes.state).toEqual({ known: 1, told: 1 });
  });

  it('begins anew after an answer that was good', async () => {
    const { ask, learnedAfterMs } = set();
    await ask(every(1_000, 6), true);
    await ask([1_000, 2_000], false);
    await ask([1_000], true); // at 9 s
    expect(learnedAfterMs()).toBe(9_000 + 3 * 1_000 + 300);
  });

  it('is asked for again soon when it is late', async () => {
    const { ask, learnedAfterMs, clock } = set();
    await ask(every(1_000, 6), true);
    await ask([1_000, 2_000], false);
    await clock.advance(1_500);
    expect(learnedAfterMs()).toBe(9_500 + 300);
  });

  it('is gone when it asks no more', async () => {
    const { ask, probes, clock } = set();
    await ask(every(1_000, 6), true);
    await clock.advance(3_001);
    expect(probes.learnedBy()).toBe(0);
    expect(probes.state.known).toBe(0);
  });

  it('may be several behind one address, each with failures of its own', async () => {
    const { ask, found, learnedAfterMs } = set();
    const two = every(5_000, 6).flatMap((at) => [at, at + 1_000]);
    await ask(two, true);
    expect(found).toMatchObject([{ periodMs: 5_000, learnsWithinMs: 15_300 }]);
    const failing = [4_000, 5_000, 9_000, 10_000, 14_000, 15_000]; // each three times
    await ask(failing.slice(0, 5), false);
    expect(learnedAfterMs()).toBeGreaterThan(31_000 + 14_000 + 300);
    await ask([1_000], false);
    expect(learnedAfterMs()).toBe(31_000 + 15_000 + 300);
  });

  it('is not somebody who asks now and then', async () => {
    const { ask, found, probes } = set();
    await ask([500, 4_000, 4_700, 12_000, 12_300, 19_000, 30_000, 31_000, 55_000], true);
    expect(found).toEqual([]);
    expect(probes.learnedBy()).toBe(0);
  });

  it.each(['kube-probe/1.34', 'Prometheus/3.5.0', 'Blackbox Exporter/0.27.0', 'curl/8.5.0'])(
    'is not %s',
    async (agent) => {
      const { ask, probes } = set();
      await ask(every(2_000, 8), true, { agent });
      expect(probes.state.known).toBe(0);
    },
  );

  it('is not who watches once in a few minutes, and nobody when it is switched off', async () => {
    const watcher = set();
    await watcher.ask(every(61_000, 8), true);
    expect(watcher.probes.state.known).toBe(0);
    const off = set(0);
    await off.ask(every(2_000, 8), true);
    expect(off.probes.learnedBy()).toBe(0);
  });

  it('waits for the last of several, and remembers no more than some addresses', async () => {
    const { ask, probes, learnedAfterMs } = set();
    for (let times = 0; times < 6; times += 1) {
      await ask([500], true);
      await ask([500], true, { address: '10.0.0.8' });
    }
    expect(probes.state.known).toBe(2);
    await ask([500], false);
    await ask([1_000, 2_000], false);
    expect(learnedAfterMs()).toBeGreaterThan(8_500);
    for (let n = 0; n < 64; n += 1) probes.asked(`10.1.0.${n}`, undefined, true);
    expect(probes.state.known).toBe(0);
  });
});

describe('the advice on it', () => {
  const balancer = { address: '10.0.0.7', periodMs: 5_000, learnsWithinMs: 15_300 };
  const wait = { platform: 'kubernetes', propagationCapMs: 10_000, propagationProbeFailures: 3 };

  it('says the numbers to set when its failures do not fit into the wait', () => {
    const advice = probingBalancerAdvice(balancer, wait)?.text;
    expect(advice).toMatch(/10\.0\.0\.7 asks the readiness probe every 5000 ms/);
    expect(advice).toMatch(/propagationCapMs to 15300 \(and gracePeriodMs 5300 ms higher/);
  });

  it('is none when they fit', () => {
    expect(probingBalancerAdvice(balancer, { ...wait, propagationCapMs: 15_300 })).toBe(undefined);
  });

  it('names the platform that waits for nobody, unless it is the container that asks itself', () => {
    const none = { ...wait, platform: 'systemd', propagationCapMs: 0 };
    expect(probingBalancerAdvice(balancer, none)?.text).toMatch(/on the platform systemd/);
    expect(probingBalancerAdvice({ ...balancer, address: '127.0.0.1' }, none)).toBe(undefined);
    expect(probingBalancerAdvice({ ...balancer, address: '::ffff:127.0.0.1' }, none)).toBe(
      undefined,
    );
  });
});
