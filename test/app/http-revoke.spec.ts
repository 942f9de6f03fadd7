import { describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpSource } from '../../lib/http/http-source.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, describeOnTransports } from '../support/platforms.js';
import { requestText, type RawClient } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

const drainOf = (app: HttpApp) => app.app.get(HttpSource).connections;

/** As Node answers by itself: `Connection` alone could be ours. */
const KEPT = {
  status: 200,
  headers: { connection: 'keep-alive', 'keep-alive': expect.stringMatching(/^timeout=\d+$/) },
};
const CLOSED = { status: 200, headers: { connection: 'close' } };

/** Asks twice, so that it shows that the connection is really kept. */
async function expectKept(client: RawClient): Promise<void> {
  await expect(client.get('/fast').response()).resolves.toMatchObject(KEPT);
  await expect(client.get('/fast').response()).resolves.toMatchObject(KEPT);
  expect(client.isOpen).toBe(true);
}

describeOnTransports((target) => {
  describe('an announcement that is revoked', () => {
    it('is forgotten: new connections are kept, and those that were idle all the time', async () => {
      const app = await HttpApp.start(target);
      const drain = drainOf(app);
      const [idle, silent] = [await app.idleClient(), await app.connect()];

      for (let times = 0; times < 3; times += 1) {
        drain.announce();
        const told = await app.connect();
        await expect(told.get('/fast').response()).resolves.toMatchObject(CLOSED);
        await told.ended();

        drain.revoke();
        await expectKept(await app.connect());
        await expectKept(idle);
        await expectKept(silent);
      }
    });

    it('leaves a request in flight its connection', async () => {
      const app = await HttpApp.start(target);
      const [early, late, streaming] = [
        await app.connect(),
        await app.connect(),
        await app.connect(),
      ];
      early.get('/work/early');
      streaming.get('/stream/streaming');
      await Promise.all([app.work.begun('early'), app.work.begun('streaming')]);

      drainOf(app).announce();
      late.get('/work/late');
      await app.work.begun('late');
      drainOf(app).revoke();
      app.work.finish('early', 'late', 'streaming');

      await expect(early.response()).resolves.toMatchObject({ ...KEPT, body: 'did early' });
      await expect(late.response()).resolves.toMatchObject({ ...KEPT, body: 'did late' });
      await expect(streaming.response()).resolves.toMatchObject(KEPT);
      for (const client of [early, late, streaming]) await expectKept(client);
    });

    it('leaves a pipeline its connection', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      client.get('/work/a').get('/work/b');
      await Promise.all([app.work.begun('a'), app.work.begun('b')]);

      drainOf(app).announce();
      client.get('/work/c');
      await app.work.begun('c');
      drainOf(app).revoke();
      app.work.finish('c', 'b', 'a');

      for (const name of ['a', 'b', 'c']) {
        const answer = { ...KEPT, body: `did ${name}` };
        await expect(client.response()).resolves.toMatchObject(answer);
      }
      await expectKept(client);
    });

    it('still holds for a response that has said close: what is sent behind it is not run', async () => {
      const app = await HttpApp.start(target);
      const [client, other] = [await app.connect(), await app.idleClient()];

      drainOf(app).announce();
      client.get('/stream/slow');
      await client.until('first half');
      drainOf(app).revoke();
      await app.hasRead(client, requestText('GET', '/work/behind'));
      await expectKept(other); // meanwhile
      app.work.finish('slow');

      await expect(client.response()).resolves.toMatchObject({
        ...CLOSED,
        body: 'first half, second half',
      });
      await client.ended();
      await expect(client.closed()).resolves.toBeUndefined();
      expect(app.work.started).toEqual(['slow']);
    });

    it('does not keep a client for ever that did not hear the FIN', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const timers = clock.pendingTimers;
      drainOf(app).announce();
      const [hears, deaf] = [await app.connect(), await app.connect({ deafToFin: true })];
      for (const client of [hears, deaf]) {
        await client.get('/fast').response();
        await client.ended();
      }
      await hears.closed();
      await eventually('the server to notice', () => app.socketOf(hears).destroyed);
      await eventually('its timer to be cleared', () => clock.pendingTimers === timers + 1);

      drainOf(app).revoke();
      await app.hasRead(deaf, requestText('GET', '/work/late'));
      await clock.advance(30_000);

      expect(app.socketOf(deaf).destroyed).toBe(true);
      expect(app.work.started).toEqual([]);
      expect(clock.pendingTimers).toBe(timers);
    });

    it('is announced again by a shutdown, which loses nothing', async () => {
      const app = await HttpApp.start(target);
      const [client, idle] = [await app.connect(), await app.idleClient()];
      client.get('/work/slow');
      await app.work.begun('slow');
      for (let times = 0; times < 3; times += 1) {
        drainOf(app).announce();
        drainOf(app).revoke();
      }

      const closed = app.close();
      await idle.ended();
      app.work.finish('slow');

      await expect(client.response()).resolves.toMatchObject({ ...CLOSED, body: 'did slow' });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });
});

describeOnPlatforms((target) => {
  it('a drain that has begun is not revoked', async () => {
    const app = await HttpApp.start(target);
    const [client, idle] = [await app.connect(), await app.idleClient()];
    client.get('/work/slow');
    await app.work.begun('slow');
    const closed = app.close();
    await idle.ended();

    drainOf(app).revoke();
    app.work.finish('slow');

    await expect(client.response()).resolves.toMatchObject(CLOSED);
    await client.ended();
    await closed;
    expect(app.report.outcome).toBe('clean');
  });

  it.each(['close', 'keep-alive'])(
    'a Connection header of the application is what it was: %s',
    async (own) => {
      const setOwn = (_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        response.setHeader('Connection', own);
        next();
      };
      const configure = (app: INestApplication) => app.use(setOwn);
      const app = await HttpApp.start({ ...target, configure });
      const client = await app.connect();
      client.get('/work/slow');
      await app.work.begun('slow');

      drainOf(app).announce();
      drainOf(app).revoke();
      app.work.finish('slow');

      await expect(client.response()).resolves.toMatchObject({ headers: { connection: own } });
    },
  );

  it('the server closes connections as it did before, once those that were told have gone', async () => {
    const app = await HttpApp.start(target);
    const deaf = await app.connect({ deafToFin: true });
    drainOf(app).announce();
    const told = await app.connect({ deafToFin: true });
    await told.get('/fast').response();
    await told.ended();
    drainOf(app).revoke();
    const { leaving } = drainOf(app) as unknown as { leaving: Set<object> };
    expect(leaving.size).toBe(1);

    told.vanish();
    await deaf.get('/fast', { Connection: 'close' }).response();

    // Node does not wait for its client's FIN
    await eventually('the server to close', () => app.socketOf(deaf).destroyed);
    await eventually('the server to forget those that were told', () => leaving.size === 0);
  });

  it('fifty announcements leave no listener, on connections, the server or a response', async () => {
    const app = await HttpApp.start(target);
    const [client, busy] = [await app.idleClient(), await app.connect()];
    let response: ServerResponse | undefined;
    app.server.once('request', (_request, own: ServerResponse) => (response = own));
    busy.get('/work/slow');
    await app.work.begun('slow');
    const socket = app.socketOf(client);
    const listeners = () => [socket, app.server].map(countListeners);
    const before = listeners();
    const ofResponse = response?.listenerCount('close') ?? 0;

    const closers = new Set<unknown>();
    for (let cycle = 0; cycle < 50; cycle += 1) {
      drainOf(app).announce();
      drainOf(app).revoke();
      await client.get('/fast').response();
      closers.add(Object.getOwnPropertyDescriptor(socket, 'destroySoon')?.value);
    }

    expect(listeners()).toEqual(before);
    expect(closers.size).toBe(1); // wrapped once
    expect(response?.listenerCount('close')).toBeLessThanOrEqual(ofResponse + 1);
    app.work.finish('slow');
    await expect(busy.response()).resolves.toMatchObject(KEPT);
  });
});

function countListeners(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(
    emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]),
  );
}
