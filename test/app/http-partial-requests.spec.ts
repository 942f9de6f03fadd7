import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

describeOnTransports((target) => {
  describe('half a request head', () => {
    const [half, rest] = ['GET /fast HTTP/1.1\r\nHo', 'st: test\r\n\r\n'];

    it.each([
      ['the first on its connection', false],
      ['a later one', true],
    ])('is waited for and served when it is completed: %s', async (_which, later) => {
      const app = await HttpApp.start({ ...target, clock: new VirtualClock() });
      const client = later ? await app.idleClient() : await app.connect();
      const idle = await app.idleClient();
      await app.hasRead(client, half);

      const closed = app.close();
      await idle.ended();
      client.send(rest);

      await expect(client.response()).resolves.toMatchObject({
        status: 200,
        headers: { connection: 'close' },
        body: 'fast',
      });
      await closed;
      expect(app.report.outcome).toBe('clean');
    });

    it('that came while the load balancers were waited for is waited for, too', async () => {
      const clock = new VirtualClock();
      const options = { platform: 'kubernetes' } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const client = await app.connect();
      app.signal();
      await app.phase('propagate');
      await app.hasRead(client, half);
      await clock.advance(5_000);
      await app.phase('drain');

      client.send(rest);

      await expect(client.response()).resolves.toMatchObject({ headers: { connection: 'close' } });
      await expect(app.exited()).resolves.toBe(0);
    });

    it('that stays one is given up after 5 s', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const [client, idle] = [await app.connect(), await app.idleClient()];
      await app.hasRead(client, half);

      const closed = app.close();
      await idle.ended();
      await clock.advance(4_999);
      expect(client.isOpen).toBe(true);
      await clock.advance(1);

      await client.ended();
      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });

  describe('a request body', () => {
    const body = JSON.stringify({ text: 'x'.repeat(1_000) });
    const request = requestText(
      'POST',
      '/work/upload',
      { 'Content-Type': 'application/json' },
      body,
    );

    it('that is still coming is waited for', async () => {
      const app = await HttpApp.start(target);
      app.work.finish('upload');
      const [client, idle] = [await app.connect(), await app.idleClient()];
      await app.hasRead(client, request.slice(0, 300));

      const closed = app.close();
      await idle.ended();
      client.send(request.slice(300));

      await expect(client.response()).resolves.toMatchObject({
        status: 200,
        headers: { connection: 'close' },
        body: `did upload with ${body}`,
      });
      await closed;
      expect(app.report.outcome).toBe('clean');
    });

    it('that waits for 100 Continue gets it, and is waited for', async () => {
      const app = await HttpApp.start(target);
      app.work.finish('upload');
      const [client, idle] = [await app.connect(), await app.idleClient()];
      const headers = { 'Content-Type': 'application/json', Expect: '100-continue' };
      const expecting = requestText('POST', '/work/upload', headers, body);
      await app.hasRead(client, expecting.slice(0, 20));

      const closed = app.close();
      await idle.ended();
      client.send(expecting.slice(20, -body.length));
      await client.until('HTTP/1.1 100 Continue');
      client.send(body);

      await expect(client.response()).resolves.toMatchObject({
        status: 200,
        headers: { connection: 'close' },
      });
      await closed;
    });

    it.each([
      ['an old', false],
      ['a new', true],
    ])(
      'that nobody reads is taken until its client has the answer, on %s connection',
      async (_which, young) => {
        const clock = new VirtualClock();
        const options = { platform: 'kubernetes' } as const;
        const app = await HttpApp.start({ ...target, options, clock });
        const old = await app.connect({ deafToFin: true });
        const headers = { 'Content-Type': 'application/octet-stream' };
        const request = requestText('POST', '/unread', headers, body);
        app.signal();
        await app.phase('propagate');
        const client = young ? await app.connect({ deafToFin: true }) : old;
        await app.hasRead(client, request.slice(0, 300));
        await client.ended(); // answered, and closed from the server's side
        await clock.advance(5_000);
        await app.phase('drain');

        await app.hasRead(client, request.slice(300));
        client.socket.end();

        await expect(client.response()).resolves.toMatchObject({
          status: 200,
          headers: { connection: 'close' },
          body: 'unread',
        });
        await expect(client.closed()).resolves.toBeUndefined(); // and by no RST
        await expect(app.exited()).resolves.toBe(0);
      },
    );

    it('that its client goes on with for ever ends the drain all the same', async () => {
      const clock = new VirtualClock();
      const options = { platform: 'kubernetes' } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const [client, idle] = [await app.connect({ deafToFin: true }), await app.idleClient()];
      const headers = { 'Content-Type': 'application/octet-stream' };
      app.signal();
      await app.phase('propagate');
      client.send(requestText('POST', '/unread', headers, body).slice(0, 300));
      await client.ended();
      await clock.advance(5_000);
      await idle.ended();
      expect(app.process.exits).toEqual([]);

      await clock.advance(500);

      await expect(app.exited()).resolves.toBe(0);
    });
  });
});
