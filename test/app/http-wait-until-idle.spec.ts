import { describe, expect, it } from '@jest/globals';
import { HttpSource } from '../../lib/http/http-source.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, type Target } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const QUIET_MS = 2_000;

/** An announced application, and what has become of the wait. */
async function start(target: Target, work?: { path: string; headers?: Record<string, string> }) {
  const clock = new VirtualClock();
  const options = {
    platform: 'kubernetes',
    propagationFloorMs: 0,
    propagationQuietMs: QUIET_MS,
  } as const;
  const app = await HttpApp.start({ ...target, options, clock });
  const client = await app.connect();
  if (work) {
    client.get(work.path, work.headers);
    await app.work.begun('slow');
  }
  const drain = app.app.get(HttpSource).connections;
  drain.announce();
  const abort = new AbortController();
  let idle: boolean | undefined;
  const timers = clock.pendingTimers;
  const waiting = drain.waitUntilIdle(abort.signal).then((outcome) => (idle = outcome));
  const state = () => idle;
  return { app, client, clock, drain, abort, timers, waiting, state };
}

describeOnPlatforms((target) => {
  describe('the wait until nothing is in flight', () => {
    it('lasts the quiet time when nothing is, with one timer', async () => {
      const { clock, state, timers } = await start(target);
      expect(clock.pendingTimers).toBe(timers + 1);
      await clock.advance(QUIET_MS - 1);
      expect(state()).toBeUndefined();
      await clock.advance(1);
      expect(state()).toBe(true);
      expect(clock.pendingTimers).toBe(timers);
    });

    it('ends with the last answer when that is later, without a timer', async () => {
      const { app, client, clock, state, timers, waiting } = await start(target, {
        path: '/work/slow',
      });
      await clock.advance(QUIET_MS);
      expect(clock.pendingTimers).toBe(timers);
      expect(state()).toBeUndefined();

      app.work.finish('slow');

      await client.response();
      await expect(waiting).resolves.toBe(true);
    });

    it('goes on for what comes meanwhile, which is served, on new connections, too', async () => {
      const { app, clock, state, waiting } = await start(target);
      await clock.advance(1_500);
      const young = await app.connect();
      young.get('/work/young');
      await app.work.begun('young');
      await clock.advance(10_000);
      expect(state()).toBeUndefined();

      const second = await app.connect();
      await expect(second.get('/fast').response()).resolves.toMatchObject({ status: 200 });
      app.work.finish('young');
      await expect(young.response()).resolves.toMatchObject({ body: 'did young' });
      await clock.advance(QUIET_MS - 1);
      expect(state()).toBeUndefined();
      await clock.advance(1);
      await expect(waiting).resolves.toBe(true);
    });

    it.each(['work', 'nothing', 'file', 'failing'])(
      'counts /%s whose client has vanished',
      async (kind) => {
        const { app, client, clock, state, waiting } = await start(target, {
          path: `/${kind}/slow`,
        });
        client.vanish();
        await eventually('the server to notice', () => app.socketOf(client).destroyed);
        await clock.advance(QUIET_MS);
        expect(state()).toBeUndefined();

        app.work.finish('slow');

        await expect(waiting).resolves.toBe(true);
      },
    );

    it('ends with an answer that could not say close any more, though its connection stays', async () => {
      const { app, client, clock, waiting } = await start(target, { path: '/stream/slow' });
      await clock.advance(QUIET_MS);
      app.work.finish('slow');
      await client.response();
      await expect(waiting).resolves.toBe(true);
      expect(client.isOpen).toBe(true);
    });

    it('ends when the client of a response that had begun vanishes', async () => {
      const { client, clock, state, waiting } = await start(target, { path: '/stream/slow' });
      await clock.advance(QUIET_MS);
      expect(state()).toBeUndefined();
      client.vanish();
      await expect(waiting).resolves.toBe(true);
    });

    it('does not count what is exempt', async () => {
      const { app, clock, state } = await start(target, {
        path: '/work/slow',
        headers: { 'User-Agent': 'kube-probe/1.34' },
      });
      await clock.advance(1_500);
      const probe = await app.connect();
      await probe.get('/health/ready').response();
      await clock.advance(500);
      expect(state()).toBe(true);
    });

    it('ends, false, when the signal aborts', async () => {
      const { abort, clock, drain, timers, waiting } = await start(target);
      abort.abort();
      await expect(waiting).resolves.toBe(false);
      expect(clock.pendingTimers).toBe(timers);
      await expect(drain.waitUntilIdle(abort.signal)).resolves.toBe(false);
    });

    it('ends, false, when the announcement is revoked, and is none without one', async () => {
      const { abort, clock, drain, timers, waiting } = await start(target, { path: '/work/slow' });
      drain.revoke();
      await expect(waiting).resolves.toBe(false);
      expect(clock.pendingTimers).toBe(timers);
      await expect(drain.waitUntilIdle(abort.signal)).resolves.toBe(false);
    });

    it('counts its quiet time from the newest announcement', async () => {
      const { abort, clock, drain } = await start(target);
      await clock.advance(10_000);
      drain.revoke();
      drain.announce();
      let idle = false;
      const again = drain.waitUntilIdle(abort.signal).then((outcome) => (idle = outcome));
      await clock.advance(QUIET_MS - 1);
      expect(idle).toBe(false);
      await clock.advance(1);
      await expect(again).resolves.toBe(true);
    });
  });
});
