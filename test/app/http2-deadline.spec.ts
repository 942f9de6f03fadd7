import { Controller, Get, Param, Res } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http2';
import { HttpApp } from '../support/http-app.js';
import {
  describeOnHttp2,
  idleSession,
  nodeClient,
  openSession,
  type Http2Target,
} from '../support/http2-app.js';
import { eventually } from '../support/eventually.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { Work } from '../support/work.js';

const INTERNAL_ERROR = 2;

/** Writes past the framework, which would catch what is thrown there. */
@Controller('raw')
class RawController {
  constructor(private readonly work: Work) {}

  @Get(':name')
  async get(@Param('name') name: string, @Res() { raw }: { raw: ServerResponse }): Promise<void> {
    await this.work.run(name);
    raw.setHeader('Content-Type', 'text/plain');
    raw.writeHead(200);
    raw.end('late');
  }
}

/** An application whose drain is about to reach its deadline, 5 s after its begin. */
async function start(target: Http2Target) {
  const clock = new VirtualClock();
  const options = { drainTimeoutMs: 5_000, retryAfterSeconds: 7 };
  const module = { controllers: [RawController] };
  const app = await HttpApp.start({ ...target, options, clock, module });
  const deadline = async (): Promise<{ closed: Promise<void> }> => {
    const idle = await idleSession(app, target);
    const closed = app.close();
    await idle.closed();
    await clock.advance(5_000);
    return { closed };
  };
  return { app, clock, deadline };
}

/** Lets the framework do what it does, some turns of the event loop long. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((next) => void setImmediate(next));
}

const REFUSED = { status: 503, body: expect.stringContaining('"statusCode":503') };

describeOnHttp2((target) => {
  describe('at the deadline of the drain', () => {
    it('streams without an answer get a complete 503, and the others of the session go their way', async () => {
      const { app, deadline } = await start(target);
      const client = await openSession(app, target);
      client.request(1, '/work/stuck').request(3, '/work/done').request(5, '/stream/begun');
      await Promise.all(['stuck', 'done', 'begun'].map((name) => app.work.begun(name)));
      app.work.finish('done');

      const { closed } = await deadline();

      await expect(client.response(1)).resolves.toEqual(REFUSED);
      await expect(client.response(3)).resolves.toEqual({ status: 200, body: 'did done' });
      await expect(client.response(5)).resolves.toEqual({
        status: 200,
        body: 'first half, ',
        resetCode: INTERNAL_ERROR,
      });
      await expect(client.closed()).resolves.toBeUndefined();
      await closed;
      expect(app.report).toMatchObject({
        outcome: 'forced',
        unfinished: [
          { kind: 'request', name: 'GET /work/:name', ageMs: 5_000, fate: 'refused' },
          { kind: 'request', name: 'GET /stream/:name', ageMs: 5_000, fate: 'cut' },
        ],
      });
    });

    it.each(['GET', 'HEAD'])('a %s says when to come back', async (method) => {
      const { app, deadline } = await start(target);
      const session = nodeClient(app, target);
      const stream = session.request({ ':path': '/work/stuck', ':method': method });
      const headers = new Promise<IncomingHttpHeaders>((resolve) => {
        stream.once('response', resolve);
      });
      let body = '';
      stream.setEncoding('utf8').on('data', (text: string) => (body += text));
      const ended = new Promise((resolve) => void stream.once('end', resolve));
      await app.work.begun('stuck');

      const { closed } = await deadline();

      const received = await headers;
      await ended;
      expect(received).toMatchObject({
        ':status': 503,
        'retry-after': '7',
        'cache-control': 'no-store',
        'content-type': 'application/json; charset=utf-8',
        date: expect.any(String),
      });
      expect(received).not.toHaveProperty('connection');
      expect(body.length).toBe(method === 'HEAD' ? 0 : Number(received['content-length']));
      await closed;
    });

    it('a request whose body is still coming gets it, and its handler does not begin', async () => {
      const { app, deadline } = await start(target);
      const client = await openSession(app, target);
      client.request(1, '/work/upload', 'POST').data(1, '{"text":"all but the end"}');
      await client.pong();

      const { closed } = await deadline();

      await expect(client.response(1)).resolves.toEqual(REFUSED);
      await client.until('RST_STREAM', 1);
      expect(client.of('RST_STREAM', 1)[0].payload.readUInt32BE(0)).toBe(0);
      await client.closed();
      await closed;
      expect(app.work.started).toEqual([]);
    });

    it('a client that reads nothing does not hold up the rest', async () => {
      const { app, clock, deadline } = await start(target);
      const client = await openSession(app, target, { window: 0 });
      client.request(1, '/raw/stuck').request(3, '/stream/begun');
      await Promise.all([app.work.begun('stuck'), app.work.begun('begun')]);

      const { closed } = await deadline();
      app.work.finish('stuck', 'begun'); // while the refusal cannot be sent
      await turns(10);
      expect(app.log.errors).toEqual([]);

      for (let seconds = 0; seconds < 60; seconds += 1) {
        await clock.advance(1_000);
        await turns(10); // sockets end between the timers
      }
      await closed;
      await client.closed();
      expect(app.report).toMatchObject({ unfinished: [{ fate: 'refused' }, { fate: 'cut' }] });
    });

    it('the work for a stream that its client has given up is named', async () => {
      const { app, deadline } = await start(target);
      const client = await openSession(app, target);
      client.request(1, '/work/stuck');
      await app.work.begun('stuck');
      client.reset(1, 8);
      await client.pong();

      await (
        await deadline()
      ).closed;

      expect(app.report).toMatchObject({
        outcome: 'forced',
        unfinished: [{ kind: 'request', name: 'GET /work/:name', fate: 'abandoned' }],
      });
    });
  });

  it.each([
    ['work', []],
    ['nothing', []],
    ['file', []],
    ['stream', []],
    ['sized', []],
    ['failing', ['Error: late failed']],
  ])(
    'after the deadline a late answer of /%s goes nowhere, without another error than its own',
    async (kind, errors) => {
      const { app, deadline } = await start(target);
      const client = await openSession(app, target);
      client.request(1, `/${kind}/late`);
      await app.work.begun('late');
      const { closed } = await deadline();
      await client.closed();
      await closed;

      app.work.finish('late');

      // Jest fails the test for an unhandled rejection or exception.
      await eventually('the log', () => app.log.errors.length >= errors.length);
      await turns(10);
      expect(app.log.errors).toEqual(errors);
    },
  );
});
