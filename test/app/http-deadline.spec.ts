import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, describeOnTransports } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';
import type { Target } from '../support/platforms.js';

/** An application whose drain is about to reach its deadline, 5 s after its begin. */
async function start(target: Target) {
  const clock = new VirtualClock();
  const options = { drainTimeoutMs: 5_000, retryAfterSeconds: 7 };
  const app = await HttpApp.start({ ...target, options, clock });
  return {
    app,
    deadline: async (): Promise<{ closed: Promise<void> }> => {
      const idle = await app.idleClient();
      const closed = app.close();
      await idle.ended();
      await clock.advance(5_000);
      return { closed };
    },
  };
}

/** Lets the framework do what it does, some turns of the event loop long. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((next) => void setImmediate(next));
}

const REFUSAL = {
  status: 503,
  headers: {
    connection: 'close',
    'retry-after': '7',
    'cache-control': 'no-store',
    'content-type': 'application/json; charset=utf-8',
  },
};

describeOnTransports((target) => {
  describe('at the deadline of the drain', () => {
    it('a request without an answer gets a complete 503', async () => {
      const { app, deadline } = await start(target);
      const client = await app.connect();
      client.get('/work/stuck');
      await app.work.begun('stuck');

      const { closed } = await deadline();

      const response = await client.response();
      expect(response).toMatchObject(REFUSAL);
      expect(JSON.parse(response.body)).toMatchObject({
        statusCode: 503,
        error: 'Service Unavailable',
      });
      await expect(client.closed()).resolves.toBeUndefined();
      await closed;
    });

    it('a HEAD request gets the same without a body', async () => {
      const { app, deadline } = await start(target);
      const client = await app.connect();
      client.request('HEAD', '/work/stuck');
      await app.work.begun('stuck');

      const { closed } = await deadline();

      await expect(client.response({ head: true })).resolves.toMatchObject(REFUSAL);
      await expect(client.closed()).resolves.toBeUndefined();
      expect(client.received).toBe('');
      await closed;
    });

    it('a request whose body is still coming gets it, and no RST before it has read it', async () => {
      const { app, deadline } = await start(target);
      const client = await app.connect({ deafToFin: true });
      const body = JSON.stringify({ text: 'x'.repeat(100_000) });
      const headers = { 'Content-Type': 'application/json' };
      const request = requestText('POST', '/work/upload', headers, body);
      await app.hasRead(client, request.slice(0, 10_000));

      const { closed } = await deadline();
      await client.ended();
      await app.hasRead(client, request.slice(10_000));
      client.socket.end();

      await expect(client.response()).resolves.toMatchObject(REFUSAL);
      await expect(client.closed()).resolves.toBeUndefined();
      await closed;
      expect(app.work.started).toEqual([]);
    });

    it('only the first of a pipeline gets it, and none of the others is answered', async () => {
      const { app, deadline } = await start(target);
      const client = await app.connect();
      client.send(requestText('GET', '/work/a') + requestText('GET', '/work/b'));
      await Promise.all([app.work.begun('a'), app.work.begun('b')]);

      const { closed } = await deadline();
      app.work.finish('b', 'a');

      await expect(client.response()).resolves.toMatchObject(REFUSAL);
      await expect(client.closed()).resolves.toBeUndefined();
      expect(client.received).toBe('');
      await closed;
      expect(app.report.unfinished).toMatchObject([{ fate: 'refused' }, { fate: 'refused' }]);
    });
  });
});

describeOnPlatforms((target) => {
  it('behind a refused request none begins, though its body comes after all', async () => {
    const { app, deadline } = await start(target);
    const client = await app.connect({ deafToFin: true });
    const headers = { 'Content-Type': 'application/json' };
    const upload = requestText('POST', '/work/upload', headers, '{"some":"text"}');
    client.get('/work/stuck');
    await app.work.begun('stuck');
    await app.hasRead(client, upload.slice(0, -5));

    const { closed } = await deadline();
    await expect(client.response()).resolves.toMatchObject(REFUSAL);
    await app.hasRead(client, upload.slice(-5));
    await turns(10);
    client.socket.end();

    await expect(client.closed()).resolves.toBeUndefined();
    await closed;
    expect(app.work.started).toEqual(['stuck']);
  });

  describe('after the deadline of the drain', () => {
    it('the report names the requests that were refused', async () => {
      const { app, deadline } = await start(target);
      const client = await app.connect();
      client.get('/work/7f3a?token=secret');
      await app.work.begun('7f3a');

      await (
        await deadline()
      ).closed;

      const name = 'GET /work/:name';
      expect(app.report).toMatchObject({
        outcome: 'forced',
        unfinished: [{ kind: 'request', name, ageMs: 5_000, fate: 'refused' }],
      });
      expect(app.log.lines.join('\n')).not.toContain('secret');
    });

    it.each(['work', 'nothing', 'file', 'stream', 'sized'])(
      'a late answer of /%s goes nowhere, without an error',
      async (kind) => {
        const { app, deadline } = await start(target);
        const client = await app.connect();
        client.get(`/${kind}/late`);
        await app.work.begun('late');
        const { closed } = await deadline();
        await client.closed();
        await closed;

        app.work.finish('late');

        // Jest fails the test for an unhandled rejection or exception.
        await turns(10);
        expect(app.work.finished).toEqual(['late']);
        expect(app.log.errors).toEqual([]);
      },
    );

    it.each(['work', 'nothing', 'file'])(
      'a late answer of /%s goes nowhere, though its client is still there',
      async (kind) => {
        const { app, deadline } = await start(target);
        const client = await app.connect({ deafToFin: true });
        client.get(`/${kind}/late`);
        await app.work.begun('late');
        const { closed } = await deadline();
        await expect(client.response()).resolves.toMatchObject(REFUSAL);

        app.work.finish('late');
        await turns(10);
        client.socket.end();

        await expect(client.closed()).resolves.toBeUndefined();
        await closed;
        expect(client.received).toBe('');
        expect(app.log.errors).toEqual([]);
      },
    );

    it('a late failure is logged once, as at any other time', async () => {
      const { app, deadline } = await start(target);
      const client = await app.connect();
      client.get('/failing/late');
      await app.work.begun('late');
      const { closed } = await deadline();
      await client.closed();
      await closed;

      app.work.finish('late');

      await app.log.until(/late failed/);
      await turns(10);
      expect(app.log.errors).toEqual([expect.stringContaining('late failed')]);
    });
  });
});
