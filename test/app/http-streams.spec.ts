import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, describeOnTransports } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

describeOnTransports((target) => {
  describe('a response that streams since before the shutdown', () => {
    it('finishes', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      await client.get('/stream/export').until('first half');

      const closed = app.close();
      await app.phase('drain');
      app.work.finish('export');

      const response = await client.response();
      expect(response.body).toBe('first half, second half');
      await client.ended();
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report.outcome).toBe('clean');
    });

    /** It is in the drain that the stream finishes, on a connection that was never told of the close. */
    async function untold() {
      const clock = new VirtualClock();
      const options = { platform: 'kubernetes' } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const [client, idle] = [await app.connect(), await app.idleClient()];
      await client.get('/stream/export').until('first half');
      app.signal();
      await clock.advance(5_000);
      await idle.ended();
      app.work.finish('export');
      const { headers } = await client.response();
      expect(headers['connection']).not.toBe('close');
      return { app, client, clock };
    }

    it('leaves its connection the time for one more request, which is told of the close', async () => {
      const { app, client } = await untold();

      const next = await client.get('/fast').response();

      expect(next).toMatchObject({ status: 200, headers: { connection: 'close' } });
      await client.ended();
      await expect(app.exited()).resolves.toBe(0);
    });

    it('leaves its connection open for no longer than 500 ms', async () => {
      const { app, client, clock } = await untold();
      await clock.advance(499);
      expect(client.isOpen).toBe(true);
      await clock.advance(1);
      await client.ended();
      await expect(app.exited()).resolves.toBe(0);
    });

    it('to a probe ends its connection at once, when the drain has not waited longer than its client does', async () => {
      const clock = new VirtualClock();
      const options = { platform: 'kubernetes' } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const [client, deaf] = [await app.connect(), await app.idleClient({ deafToFin: true })];
      client.get('/stream/export', { 'User-Agent': 'kube-probe/1.34' });
      await client.until('first half');

      const closed = app.close();
      await app.phase('drain');
      await deaf.ended();
      await clock.advance(10_000);
      await eventually('the servers to close', () => app.socketOf(deaf).destroyed);
      app.work.finish('export');

      await client.response();
      await client.ended();
      await closed;
      expect(clock.pendingTimers).toBe(0);
    });

    it('does the same when it finishes before the drain', async () => {
      const clock = new VirtualClock();
      const options = { platform: 'kubernetes' } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const client = await app.connect();
      await client.get('/stream/export').until('first half');
      app.signal();
      await app.phase('propagate');
      app.work.finish('export');
      await client.response();
      await clock.advance(5_000);
      await app.phase('drain');

      const next = await client.get('/fast').response();

      expect(next).toMatchObject({ status: 200, headers: { connection: 'close' } });
      await expect(app.exited()).resolves.toBe(0);
    });
  });
});

describeOnPlatforms((target) => {
  describe('a response that still streams at the deadline is cut so that its client can tell', () => {
    async function cut(request: string) {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: { drainTimeoutMs: 5_000 }, clock });
      const client = await app.connect();
      await client.send(request).until('first half');
      const idle = await app.idleClient();
      const closed = app.close();
      await idle.ended();
      await clock.advance(5_000);
      const error = await client.closed();
      await closed;
      return { app, client, error };
    }

    it('when it is chunked: without the last chunk', async () => {
      const { client, error } = await cut('GET /stream/export HTTP/1.1\r\nHost: test\r\n\r\n');
      expect(error).toBeUndefined();
      expect(client.received).toMatch(/transfer-encoding: chunked\r\n[^]*first half, \r\n$/i);
    });

    it('when it has a length: short of it', async () => {
      const { client, error } = await cut('GET /sized/export HTTP/1.1\r\nHost: test\r\n\r\n');
      expect(error).toBeUndefined();
      expect(client.received).toMatch(/content-length: 23\r\n[^]*\r\n\r\nfirst half, $/i);
    });

    it('when only its end delimits it: by an RST', async () => {
      const { error } = await cut('GET /stream/export HTTP/1.0\r\nHost: test\r\n\r\n');
      expect(error).toMatchObject({ code: 'ECONNRESET' });
    });

    it('and is named in the report, without its query', async () => {
      const { app } = await cut('GET /stream/42?token=secret HTTP/1.1\r\nHost: test\r\n\r\n');
      const name = 'GET /stream/:name';
      expect(app.report).toMatchObject({
        outcome: 'forced',
        unfinished: [{ kind: 'request', name, ageMs: 5_000, fate: 'cut' }],
      });
      expect(app.log.lines.join('\n')).not.toContain('secret');
    });
  });
});
