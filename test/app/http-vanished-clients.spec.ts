import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, describeOnTransports, type Target } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** An application with a request at work whose client can vanish. */
async function start(target: Target, path = '/work/slow', headers?: Record<string, string>) {
  const clock = new VirtualClock();
  const app = await HttpApp.start({ ...target, options: { drainTimeoutMs: 5_000 }, clock });
  const [client, idle] = [await app.connect(), await app.idleClient()];
  client.get(path, headers);
  await app.work.begun('slow');
  const vanish = async () => {
    client.vanish();
    await eventually('the server to notice', () => app.socketOf(client).destroyed);
  };
  return { app, clock, idle, vanish };
}

describeOnTransports((target) => {
  describe('a client that vanishes while its handler works', () => {
    it('before the shutdown: the work is waited for', async () => {
      const { app, idle, vanish } = await start(target);
      await vanish();

      const closed = app.close();
      await idle.ended();
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('slow');

      await closed;
      expect(app.work).toMatchObject({ finished: ['slow'], inFlightAtDestroy: 0 });
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('during the drain: the work is waited for', async () => {
      const { app, idle, vanish } = await start(target);

      const closed = app.close();
      await idle.ended();
      await vanish();
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('slow');

      await closed;
      expect(app.work).toMatchObject({ finished: ['slow'], inFlightAtDestroy: 0 });
      expect(app.report.outcome).toBe('clean');
    });

    it.each([
      ['before the shutdown', true],
      ['during the drain', false],
    ])('%s: work that never ends is given up at the deadline', async (_when, before) => {
      const { app, clock, idle, vanish } = await start(target);
      if (before) await vanish();
      const closed = app.close();
      await idle.ended();
      if (!before) await vanish();

      await clock.advance(5_000);

      await closed;
      expect(app.report).toMatchObject({
        outcome: 'forced',
        unfinished: [{ kind: 'request', fate: 'abandoned' }],
      });
    });
  });
});

describeOnPlatforms((target) => {
  describe('a client that vanishes', () => {
    it.each(['nothing', 'file', 'failing'])(
      'is answered into the void by /%s, which ends the drain',
      async (kind) => {
        const { app, idle, vanish } = await start(target, `/${kind}/slow`);
        const closed = app.close();
        await idle.ended();
        await vanish();

        app.work.finish('slow');

        await closed;
        expect(app.report.outcome).toBe('clean');
      },
    );

    it('and whose answer went into the void before the shutdown holds nobody up', async () => {
      const { app, vanish } = await start(target, '/file/slow');
      await vanish();
      app.work.finish('slow');
      await eventually('the answer', () => app.work.inFlight === 0);
      await app.idleClient(); // the framework has had its time

      await app.close();

      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('behind another one of its pipeline is waited for as well', async () => {
      const { app, idle, vanish } = await start(target, '/work/slow');
      const client = await app.connect();
      client.get('/work/ahead').get('/work/behind');
      await Promise.all([app.work.begun('ahead'), app.work.begun('behind')]);
      await vanish();
      client.vanish();
      await eventually('the server to notice', () => app.socketOf(client).destroyed);

      const closed = app.close();
      await idle.ended();
      app.work.finish('slow', 'ahead');
      await eventually('two of three', () => app.work.finished.length === 2);
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('behind');

      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
    });

    it.each([
      ['still there, and would wait no longer', false],
      ['gone', true],
    ])('is not waited for when it is a probe: %s', async (_state, gone) => {
      const { app, clock, idle, vanish } = await start(target, '/work/slow', {
        'User-Agent': 'kube-probe/1.34',
      });
      if (gone) await vanish();
      const closed = app.close();
      await idle.ended();
      if (!gone) await clock.advance(4_000); // three quarters of the drain, and a little
      await app.phase('close');
      expect(app.work.inFlight).toBe(1);
      app.work.finish('slow');
      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });
});
