import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, describeOnTransports } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** As on Kubernetes, with numbers that are easy to tell apart. */
const WAIT = {
  platform: 'kubernetes',
  propagationFloorMs: 1_000,
  propagationQuietMs: 2_000,
  propagationCapMs: 10_000,
} as const;

describeOnTransports((target) => {
  describe('while the load balancers are waited for', () => {
    it('serves on old and new connections, and says close on every response', async () => {
      const app = await HttpApp.start({ ...target, options: WAIT, clock: new VirtualClock() });
      const old = await app.idleClient();

      app.signal();
      await app.phase('propagate');
      const young = await app.connect();

      for (const client of [old, young]) {
        await expect(client.get('/fast').response()).resolves.toMatchObject({
          status: 200,
          headers: { connection: 'close' },
          body: 'fast',
        });
        await client.ended();
      }
    });

    it('ends a client that never stops asking, and answers everything it asked', async () => {
      const app = await HttpApp.start({ ...target, options: WAIT, clock: new VirtualClock() });
      const client = await app.connect();
      let last = '';
      for (let answers = 0; last !== 'close'; answers += 1) {
        const { status, headers } = await client.get('/fast').response();
        expect(status).toBe(200);
        last = String(headers['connection']);
        if (answers === 10) app.signal();
      }
      await client.ended();
    });
  });
});

describeOnPlatforms((target) => {
  describe('the wait for the load balancers', () => {
    async function start() {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: WAIT, clock });
      return { app, clock };
    }

    /** One request on a connection of its own. */
    async function ask(app: HttpApp, path: string, headers?: Record<string, string>) {
      const client = await app.connect();
      await client.get(path, headers).response();
    }

    const waiting = (app: HttpApp) => !app.log.lines.some((line) => line.startsWith('drain: '));

    it('ends when no request has come for the quiet period', async () => {
      const { app, clock } = await start();
      app.signal();
      await clock.advance(1_999);
      expect(waiting(app)).toBe(true);
      await clock.advance(1);
      await app.phase('drain');
    });

    it('begins anew with each request', async () => {
      const { app, clock } = await start();
      app.signal();
      for (let times = 0; times < 3; times += 1) {
        await clock.advance(1_500);
        await ask(app, '/fast');
      }
      await clock.advance(1_999);
      expect(waiting(app)).toBe(true);
      await clock.advance(1);
      await app.phase('drain');
    });

    it('begins anew with each connection, though it says nothing yet', async () => {
      const { app, clock } = await start();
      app.signal();
      await clock.advance(1_500);
      await app.connect();
      await clock.advance(1_999);
      expect(waiting(app)).toBe(true);
      await clock.advance(1);
      await app.phase('drain');
    });

    it.each<[string, string, Record<string, string>]>([
      ['probes', '/health/ready', {}],
      ['probes with a query', '/health/live?verbose', {}],
      ['the kubelet, wherever it asks', '/fast', { 'User-Agent': 'kube-probe/1.34' }],
      ['metrics scrapes', '/metrics', {}],
    ])('does not count %s', async (_what, path, headers) => {
      const { app, clock } = await start();
      app.signal();
      await clock.advance(1_500);
      await ask(app, path, headers);
      await clock.advance(500);
      await app.phase('drain');
      expect(waiting(app)).toBe(false);
    });

    it('is never longer than the cap', async () => {
      const { app, clock } = await start();
      app.signal();
      for (let times = 0; times < 9; times += 1) {
        await clock.advance(1_000);
        await ask(app, '/fast');
      }
      await clock.advance(999);
      expect(waiting(app)).toBe(true);
      await clock.advance(1);
      await app.phase('drain');
    });

    it('is never shorter than the floor', async () => {
      const clock = new VirtualClock();
      const options = { ...WAIT, propagationFloorMs: 5_000 };
      const app = await HttpApp.start({ ...target, options, clock });
      app.signal();
      await clock.advance(4_999);
      expect(waiting(app)).toBe(true);
      await clock.advance(1);
      await app.phase('drain');
    });

    describe('where requests come rarely', () => {
      const options = { ...WAIT, propagationFloorMs: 5_000 };

      /** Asks so many times a second until this moment after the signal; resolves with the report, and when it drained. */
      async function wait(perSecond: number, untilMs: number) {
        const clock = new VirtualClock();
        const app = await HttpApp.start({ ...target, options, clock });
        app.signal();
        const pauseMs = 1_000 / perSecond;
        for (let at = pauseMs; at <= untilMs; at += pauseMs) {
          await clock.advance(pauseMs);
          await ask(app, '/fast');
        }
        await clock.advance(10_000);
        await app.exited();
        return app.report.propagation;
      }

      it('the quiet time is longer, up to the floor', async () => {
        expect(await wait(1, 4_000)).toEqual({
          endedBy: 'quiet',
          durationMs: 9_000,
          lastArrivalMs: 4_000,
          requests: 4,
          quietMs: 5_000,
        });
        expect(await wait(4, 4_000)).toMatchObject({ durationMs: 6_500, quietMs: 2_500 });
      });

      it('and is what it was where they come often, or not at all', async () => {
        const rest = { endedBy: 'quiet', durationMs: 6_000, quietMs: 2_000 };
        expect(await wait(10, 4_000)).toMatchObject({ ...rest, requests: 40 });
        expect(await wait(1, 0)).toEqual({
          endedBy: 'floor',
          durationMs: 5_000,
          requests: 0,
          quietMs: 2_000,
        });
      });

      it('a wait that the cap ends within the longer one is no warning', async () => {
        expect(await wait(0.5, 6_000)).toMatchObject({ endedBy: 'quiet', durationMs: 10_000 });
        expect(await wait(0.5, 8_000)).toMatchObject({ endedBy: 'quiet', durationMs: 10_000 });
        expect(await wait(1, 9_000)).toMatchObject({ endedBy: 'capped', durationMs: 10_000 });
      });
    });

    it('is none for app.close()', async () => {
      const { app } = await start();
      await app.close();
      expect(app.report.phases).toContainEqual(
        expect.objectContaining({ name: 'propagate', outcome: 'skipped' }),
      );
    });

    it('shows in the readiness from its first moment on, and never in the liveness', async () => {
      const { app, clock } = await start();
      const client = await app.connect();
      await expect(client.get('/health/ready').response()).resolves.toMatchObject({ status: 200 });

      app.signal();

      const ready = await client.get('/health/ready').response();
      expect(ready).toMatchObject({ status: 503, headers: { 'cache-control': 'no-store' } });
      const other = await app.connect();
      await expect(other.get('/health/live').response()).resolves.toMatchObject({ status: 200 });

      await clock.advance(2_000);
      await expect(app.exited()).resolves.toBe(0);
    });
  });

  it('gives a connection that is opened as the wait is capped the time for its request', async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({ ...target, options: WAIT, clock });
    const idle = await app.idleClient();
    app.signal();
    for (let times = 0; times < 9; times += 1) {
      await clock.advance(1_000);
      await app.idleClient();
    }
    await clock.advance(900);
    const young = await app.connect();
    await clock.advance(100);
    await idle.ended();

    young.get('/fast');

    await expect(young.response()).resolves.toMatchObject({ headers: { connection: 'close' } });
    await expect(app.exited()).resolves.toBe(0);
  });
});
