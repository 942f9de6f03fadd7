import { describe, expect, it } from '@jest/globals';
import type { Integration, WorkCounter } from '../../lib/engine/integration.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const WAIT = {
  platform: 'kubernetes',
  propagationFloorMs: 1_000,
  propagationQuietMs: 2_000,
  propagationCapMs: 10_000,
} as const;

/** A queue whose jobs are given back at the deadline, all but one. */
class Queue implements Integration {
  readonly name = 'queue';
  jobs!: WorkCounter;

  attach(host: Parameters<Integration['attach']>[0]): void {
    const jobs = (this.jobs = host.counter());
    host.add({
      name: 'queue mail',
      kind: 'job',
      stopTaking: () => undefined,
      inFlight: () => jobs.list(),
      begun: () => jobs.begun,
      finished: (signal) => jobs.idle(signal),
      release: () => Promise.resolve(jobs.count - 1),
    });
  }
}

describeOnPlatforms((target) => {
  describe('the ledger of late traffic', () => {
    const start = async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: WAIT, clock });
      const ask = async (agent: string) =>
        (await app.connect()).get('/fast', { 'User-Agent': agent }).response();
      return { app, clock, ask };
    };

    it('says how late the load balancer was, who still came, and what to set', async () => {
      const { app, clock, ask } = await start();
      const kept = await app.idleClient();
      app.signal();
      await app.phase('propagate');
      await clock.advance(500);
      await kept.get('/fast').response();
      for (let second = 1; second <= 9; second += 1) {
        await clock.advance(1_000);
        await ask('curl/8.5.0 secret-of-a-user');
      }
      await clock.advance(500); // 10 s: the cap
      await app.exited();

      const { propagation, traffic } = app.report;
      expect(propagation).toMatchObject({ endedBy: 'capped', durationMs: 10_000, requests: 10 });
      expect(traffic).toEqual({
        onNewConnections: { requests: 9, connections: 9, lastMs: 9_500 },
        onKeptConnections: { requests: 1, connections: 1, lastMs: 500 },
        lastFifth: {
          fromMs: 8_000,
          onNewConnections: 2,
          onKeptConnections: 0,
          callers: [{ address: 'loopback', agent: 'curl', requests: 2 }],
        },
      });
      expect(app.log.lines).toContainEqual(
        expect.stringMatching(
          /^The load balancer still sent traffic 9\.5 s after SIGTERM.*2 requests in its last fifth, most of them from curl \(loopback\)\. Raise propagationCapMs to 11500 or more/,
        ),
      );
      expect(JSON.stringify([app.report, app.log.lines])).not.toContain('secret');
    });

    it('is silent about one that was told in time, and about probes', async () => {
      const { app, clock, ask } = await start();
      app.signal();
      await app.phase('propagate');
      await clock.advance(1);
      await ask('curl/8');
      await clock.advance(999);
      await ask('kube-probe/1.34');
      await clock.advance(1_001);
      await app.exited();

      expect(app.report.traffic).toEqual({
        onNewConnections: { requests: 1, connections: 1, lastMs: 1 },
        onKeptConnections: { requests: 0, connections: 0 },
      });
      expect(app.log.lines.filter((line) => /load balancer.* sent/.test(line))).toEqual([]);
    });

    it('does not count what came while the service was only out of rotation', async () => {
      const { app, clock, ask } = await start();
      void app.graceful.drain();
      await ask('curl/8');
      app.signal();
      await clock.advance(10_000);
      await app.exited();
      expect(app.report.traffic?.onNewConnections.requests).toBe(0);
    });
  });

  describe('the ledger of all work', () => {
    it('tells of each source what it had, was given, finished, gave back and cut', async () => {
      const clock = new VirtualClock();
      const queue = new Queue();
      const options = { ...WAIT, drainTimeoutMs: 1_000 };
      const app = await HttpApp.start({ ...target, options, clock, integrations: [queue] });
      const asked = await Promise.all(['one', 'two', 'three'].map(() => app.connect()));
      const begin = async (index: number, name: string) => {
        const answer = asked[index]?.get(`/work/${name}`).response();
        await app.work.begun(name);
        return answer;
      };
      const first = begin(0, 'one');
      const cut = begin(1, 'two');
      await Promise.all([app.work.begun('one'), app.work.begun('two')]);
      for (const job of ['a', 'b', 'c']) queue.jobs.begin(job);

      app.signal();
      await app.phase('propagate');
      const later = begin(2, 'three');
      queue.jobs.begin('d')();
      app.work.finish('one', 'three');
      await Promise.all([first, later]);
      await clock.advance(2_000);
      await app.phase('drain');
      await clock.advance(3_000);
      await cut;
      await app.exited();

      expect(app.report.sources).toEqual([
        {
          name: 'http',
          kind: 'request',
          before: 2,
          after: 1,
          finished: 2,
          givenBack: 0,
          cut: 1,
        },
        { name: 'queue mail', kind: 'job', before: 3, after: 1, finished: 1, givenBack: 2, cut: 1 },
      ]);
      expect(app.report.load).toEqual({ cpuMs: 1, rssBytes: { start: 1_000, end: 2_000 } });
    });
  });
});
