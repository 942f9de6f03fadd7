import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const WAIT = {
  platform: 'kubernetes',
  propagationFloorMs: 1_000,
  propagationQuietMs: 500,
  propagationCapMs: 10_000,
} as const;

describeOnPlatforms((target) => {
  describe('the wait for a load balancer that asks the readiness probe', () => {
    const start = async (options = {}) => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: { ...WAIT, ...options }, clock });
      return { app, clock };
    };
    const waiting = (app: HttpApp) => !app.log.lines.some((line) => line.startsWith('drain: '));

    /** Asks so many times, each after this period; resolves with the answers. */
    async function asks(
      { app, clock }: Awaited<ReturnType<typeof start>>,
      periodMs: number,
      times: number,
      agent?: string,
    ) {
      const statuses: unknown[] = [];
      for (let time = 0; time < times; time += 1) {
        await clock.advance(periodMs);
        const client = await app.connect();
        const headers: Record<string, string> = agent === undefined ? {} : { 'User-Agent': agent };
        statuses.push((await client.get('/health/ready', headers).response()).status);
        client.vanish();
      }
      return statuses;
    }

    it('lasts until it has met its failures', async () => {
      const one = await start();
      await asks(one, 2_000, 6);
      one.app.signal();
      expect(await asks(one, 2_000, 3)).toEqual([503, 503, 503]); // 6 s, without any request
      expect(waiting(one.app)).toBe(true);
      await one.clock.advance(300);
      await one.app.phase('drain');
      await one.app.exited();
      expect(one.app.report.propagation).toEqual({
        endedBy: 'told',
        durationMs: 6_300,
        requests: 0,
        quietMs: 500,
        balancers: { known: 1, told: 1 },
      });
    });

    it('is no longer for the kubelet: the control', async () => {
      const one = await start();
      await asks(one, 2_000, 6, 'kube-probe/1.34');
      one.app.signal();
      await one.clock.advance(1_000);
      await one.app.phase('drain');
      await one.app.exited();
      expect(one.app.report.propagation).toEqual({
        endedBy: 'floor',
        durationMs: 1_000,
        requests: 0,
        quietMs: 500,
      });
    });

    it('is capped, and says so at the first such balancer and in the report', async () => {
      const one = await start();
      await asks(one, 5_000, 6);
      expect(one.app.log.lines).toContainEqual(
        expect.stringMatching(/Set propagationCapMs to 15300/),
      );
      one.app.signal();
      expect(await asks(one, 4_900, 2)).toEqual([503, 503]);
      expect(waiting(one.app)).toBe(true);
      await one.clock.advance(200);
      await one.app.phase('drain');
      await one.app.exited();
      expect(one.app.report.propagation).toMatchObject({ endedBy: 'capped', durationMs: 10_000 });
      expect(one.app.log.lines).toContainEqual(
        expect.stringMatching(
          /not waited for longer than 10\.0 s: no request came, and 1 that ask/,
        ),
      );
    });

    it('is not asked for where readiness stays up, or where the option says so', async () => {
      for (const options of [{ readinessOnShutdown: 'hold' }, { propagationProbeFailures: 0 }]) {
        const one = await start(options);
        await asks(one, 2_000, 6);
        one.app.signal();
        await one.clock.advance(1_000);
        await one.app.phase('drain');
        expect(waiting(one.app)).toBe(false);
      }
    });
  });

  it('a capped wait is a warning with what still came', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({
      ...target,
      options: { ...WAIT, propagationCapMs: 2_000 },
      clock,
    });
    app.signal();
    for (let times = 0; times < 5; times += 1) {
      await clock.advance(390);
      const client = await app.connect();
      await client.get('/fast').response();
    }
    await clock.advance(50);
    await app.phase('drain');
    await app.exited();
    expect(app.report.propagation).toMatchObject({
      endedBy: 'capped',
      lastArrivalMs: 1_950,
      requests: 5,
    });
    expect(app.log.lines).toContainEqual(
      expect.stringMatching(
        /load balancers: not waited for longer than 2\.0 s: the last request came 50 ms before, 5 in all/,
      ),
    );
  });
});
