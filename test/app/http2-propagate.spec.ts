import { Controller, Get, StreamableFile } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { HttpSource } from '../../lib/http/http-source.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import {
  ANY_STREAM,
  H2C,
  describeOnHttp2,
  idleSession,
  openSession,
  type Http2Target,
} from '../support/http2-app.js';
import type { Http2RawClient } from '../support/http2-raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** As on Kubernetes, with numbers that are easy to tell apart. */
const WAIT = {
  platform: 'kubernetes',
  propagationFloorMs: 1_000,
  propagationQuietMs: 2_000,
  propagationCapMs: 10_000,
} as const;
const LARGE = 16_000_000;
const GOING_AWAY = { lastStream: ANY_STREAM, code: 0 };

async function start(target: Http2Target) {
  const clock = new VirtualClock();
  const app = await HttpApp.start({ ...target, options: WAIT, clock });
  const waiting = () => !app.log.lines.some((line) => line.startsWith('drain: '));
  return { app, clock, waiting, drain: app.app.get(HttpSource).connections };
}

async function fast(client: Http2RawClient, stream: number): Promise<void> {
  const response = await client.request(stream, '/fast').response(stream);
  expect(response).toEqual({ status: 200, body: 'fast' });
}

describeOnHttp2((target) => {
  describe('while the load balancers are waited for', () => {
    it('serves everything, on old sessions and new ones', async () => {
      const { app, clock } = await start(target);
      const [old, silent] = [await idleSession(app, target), await openSession(app, target)];

      app.signal();
      await app.phase('propagate');
      const young = await openSession(app, target);
      const clients = [old, silent, young];
      for (const stream of [3, 5, 7]) {
        for (const client of clients) await fast(client, stream);
        await clock.advance(500);
      }

      const told = target.twoSteps ? [GOING_AWAY] : [];
      for (const client of clients) {
        await client.pong();
        expect(client.goodbyes).toEqual(told);
      }
    });

    it('tells a session that has carried nothing only with its first stream, however long that takes', async () => {
      const { app, clock } = await start(target);
      const silent = await openSession(app, target);
      const idle = await idleSession(app, target);
      app.signal();
      await app.phase('propagate');
      const young = await openSession(app, target);
      if (target.twoSteps) await idle.goodbyesUntil(1);

      for (const client of [silent, young]) {
        await client.pong();
        expect(client.goodbyes).toEqual([]);
        client.request(1, '/stream/long');
        await client.until('DATA', 1);
        await client.pong();
        expect(client.goodbyes).toEqual([]);
      }
      await clock.advance(2_500);
      for (const client of [silent, young]) {
        await client.pong();
        expect(client.goodbyes).toEqual(target.twoSteps ? [GOING_AWAY] : []);
      }
    });

    it('tells a session behind the answer that it waits for, for there are clients that lose it', async () => {
      const { app } = await start(target);
      const busy = await openSession(app, target);
      busy.request(1, '/work/slow');
      await app.work.begun('slow');
      app.signal();
      await app.phase('propagate');
      await busy.pong();
      expect(busy.goodbyes).toEqual([]);
      app.work.finish('slow');
      await expect(busy.response(1)).resolves.toMatchObject({ status: 200 });
      if (target.twoSteps) await busy.goodbyesUntil(1);

      const young = await openSession(app, target);
      await fast(young, 1);
      if (target.twoSteps) await young.goodbyesUntil(1);
      // An answer is one frame of data or two: its end may come by itself.
      const types = young.frames.map(({ type }) => type);
      const order = types.filter((type) => type === 'DATA' || type === 'GOAWAY');
      expect(order[0]).toBe('DATA');
      const told = order.indexOf('GOAWAY');
      expect(told).toBe(target.twoSteps ? order.length - 1 : -1);
    });

    it('ends when no stream has come for the quiet time, probes not counted', async () => {
      const { app, clock, waiting } = await start(target);
      const client = await idleSession(app, target);
      app.signal();
      await clock.advance(1_500);
      await fast(client, 3);
      await clock.advance(1_500);
      await client.request(5, '/health/live').response(5);
      expect(waiting()).toBe(true);

      await clock.advance(500);

      await app.phase('drain');
    });

    it('is never longer than the cap', async () => {
      const { app, clock, waiting } = await start(target);
      const client = await idleSession(app, target);
      app.signal();
      for (let stream = 3; stream < 21; stream += 2) {
        await clock.advance(1_000);
        await fast(client, stream);
      }
      expect(waiting()).toBe(true);
      await clock.advance(1_000);
      await app.phase('drain');
      await client.closed();
    });

    it('answers probes: alive, and not ready', async () => {
      const { app } = await start(target);
      const client = await openSession(app, target);
      await expect(client.request(1, '/health/ready').response(1)).resolves.toMatchObject({
        status: 200,
      });
      app.signal();
      await app.phase('propagate');
      await expect(client.request(3, '/health/ready').response(3)).resolves.toMatchObject({
        status: 503,
      });
      await expect(client.request(5, '/health/live').response(5)).resolves.toMatchObject({
        status: 200,
      });
    });
  });

  describe('an announcement that is revoked', () => {
    it('any number of times: sessions that were told end with their streams, the others stay', async () => {
      const { app, clock, drain } = await start(target);
      const kept = await openSession(app, target);

      for (let times = 0; times < 3; times += 1) {
        const session = await idleSession(app, target);
        session.request(3, `/work/${times}`);
        await app.work.begun(`${times}`);

        drain.announce();
        const idle = drain.waitUntilIdle(new AbortController().signal);
        await session.pong();
        await fast(session, 5);
        app.work.finish(`${times}`);
        await expect(session.response(3)).resolves.toMatchObject({ status: 200 });
        expect(drain.inFlight).toBe(0);
        await clock.advance(2_000);
        await expect(idle).resolves.toBe(true);
        drain.revoke();

        await (target.twoSteps ? session.closed() : fast(session, 7));
        const told = [GOING_AWAY, { lastStream: 5, code: 0 }];
        expect(session.goodbyes).toEqual(target.twoSteps ? told : []);
      }
      await fast(kept, 1);
      await kept.pong();
      expect(kept.goodbyes).toEqual([]);
      kept.vanish();
    });

    it('leaves no timer behind', async () => {
      const { app, clock, drain } = await start(target);
      const session = await idleSession(app, target);
      const timers = clock.pendingTimers;

      drain.announce();
      await session.pong();
      drain.revoke();
      if (target.twoSteps) await session.closed();

      await eventually('the timers to go', () => clock.pendingTimers <= timers);
      expect(clock.pendingTimers).toBe(timers);
    });
  });

  it('counts streams, not sessions, and not probes', async () => {
    const { app, drain } = await start(target);
    const client = await openSession(app, target);
    client.request(1, '/work/a').request(3, '/stream/b');
    await Promise.all([app.work.begun('a'), app.work.begun('b')]);
    await idleSession(app, target);
    expect(app.app.get(HttpSource).text(drain.inFlight)).toBe('2 requests in flight');

    client.reset(1, 8);
    client.reset(3, 8);
    await client.pong();

    expect(drain.inFlight).toBe(1); // the stream had been answered; the work is still to be done
    app.work.finish('a', 'b');
    await client.pong();
    expect(drain.inFlight).toBe(0);
  });
});

@Controller('large')
class LargeController {
  @Get()
  get(): StreamableFile {
    return new StreamableFile(Buffer.alloc(LARGE, 'x'));
  }
}

describe('a session that cannot be told at once', () => {
  it('because its client does not read, is told when it does', async () => {
    const app = await HttpApp.start({ ...H2C, module: { controllers: [LargeController] } });
    const client = await openSession(app, H2C, { window: LARGE + 1 });
    client.allow(0, LARGE);
    client.socket.pause();
    client.request(1, '/large');
    const { _handle: handle } = app.socketOf(client) as unknown as {
      _handle: { writeQueueSize: number };
    };
    await eventually('the buffers to be full', () => handle.writeQueueSize > 0);

    app.app.get(HttpSource).connections.announce();
    client.socket.resume();

    expect((await client.response(1)).body.length).toBe(LARGE);
    await expect(client.goodbyesUntil(1)).resolves.toEqual([GOING_AWAY]);
  });
});

describe('a session that was told, whose client asks on', () => {
  it('is served until the drain, and told once', async () => {
    const { app, clock } = await start(H2C);
    const client = await idleSession(app, H2C);
    app.signal();
    await client.goodbyesUntil(1);
    for (let stream = 3; stream < 43; stream += 2) await fast(client, stream);
    expect(client.goodbyes).toEqual([GOING_AWAY]);
    await clock.advance(10_000);
    await client.closed();
    expect(client.goodbyes).toEqual([GOING_AWAY, { lastStream: 41, code: 0 }]);
    await expect(app.exited()).resolves.toBe(0);
  });
});
