import { Controller, Get, Module, Post, Res, Sse, type MessageEvent } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { finalize, Observable, Subject } from 'rxjs';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeOnPlatforms, describeOnTransports, type Target } from '../support/platforms.js';
import type { RawClient } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

type Reply = ServerResponse & { raw?: ServerResponse };

@Controller('events')
class EventsController {
  readonly events = new Subject<MessageEvent>();
  /** Streams that answer a POST, or are written by hand. */
  readonly answers: ServerResponse[] = [];
  subscribers = 0;
  left = 0;

  @Sse()
  stream(): Observable<MessageEvent> {
    return this.subscription();
  }

  @Sse('rooms/:id')
  room(): Observable<MessageEvent> {
    return this.subscription();
  }

  @Post()
  answer(@Res() reply: Reply): void {
    const response = reply.raw ?? reply;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('data: first\n\n');
    this.answers.push(response);
  }

  @Get('thinking')
  thinking(@Res() reply: Reply): void {
    const response = reply.raw ?? reply;
    response.setHeader('Access-Control-Allow-Origin', '*');
    this.answers.push(response);
  }

  private subscription(): Observable<MessageEvent> {
    return new Observable<MessageEvent>((subscriber) => {
      this.subscribers += 1;
      const subscription = this.events.subscribe(subscriber);
      return () => {
        this.subscribers -= 1;
        subscription.unsubscribe();
      };
    }).pipe(finalize(() => (this.left += 1)));
  }
}

@Module({ controllers: [EventsController] })
class EventsModule {}

interface Streaming {
  readonly app: HttpApp;
  readonly clock: VirtualClock;
  readonly source: EventsController;
  readonly client: RawClient;
}

/** An app with one client that has had an event. The drain may take 8 s. */
async function streaming(
  target: Target,
  options: GracefulOptions = {},
  request: { path?: string; headers?: Record<string, string> } = {},
): Promise<Streaming> {
  const clock = new VirtualClock();
  const app = await HttpApp.start({
    ...target,
    options: { drainTimeoutMs: 8_000, ...options },
    clock,
    module: { imports: [EventsModule] },
  });
  const source = app.app.get(EventsController, { strict: false });
  const client = await app.connect();
  client.get(request.path ?? '/events', request.headers);
  await eventually('the subscription', () => source.subscribers === 1);
  source.events.next({ data: 'hello' });
  await client.until('data: hello');
  return { app, clock, source, client };
}

/** Begins a drain, and lets the virtual clock stand. */
async function draining(app: HttpApp): Promise<void> {
  app.signal();
  await app.phase('drain');
  await eventually('the listener to close', () => !app.server.listening);
  await manyTurns(); // what is in flight is looked at in the next ones
}

/** Whoever is told to go has time to close its connection, and the application to hear of it. */
async function over({ app, clock }: Streaming): Promise<void> {
  while (app.process.exits.length === 0) {
    await clock.advance(20);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
}

describeOnTransports((target) => {
  describe('a stream of server-sent events', () => {
    it('that ends by itself is waited for, to its last event', async () => {
      const stream = await streaming(target);
      const { app, clock, source, client } = stream;
      await draining(app);
      for (let token = 0; token < 3; token += 1) {
        await clock.advance(1_500);
        source.events.next({ data: `token ${token}` });
      }
      source.events.next({ data: '[DONE]' });
      source.events.complete();

      const { body } = await client.response();
      expect(body).toMatch(/token 0\n\n.*token 1\n\n.*token 2\n\n.*\[DONE\]\n\n$/s);
      expect(body).not.toContain('retry:');
      await over(stream);
    });

    it('that would last for ever is told to come back after three quarters of the drain', async () => {
      const stream = await streaming(target);
      const { app, clock, source, client } = stream;
      await draining(app);
      for (let second = 0; second < 5; second += 1) {
        await clock.advance(1_000);
        source.events.next({ data: `tick ${second}` });
      }
      await client.until('tick 4');
      await clock.advance(1_000);

      const { status, body } = await client.response();
      expect(status).toBe(200);
      const [, retry] = /tick 4\n\nretry: (\d+)\n\n$/.exec(body) ?? [];
      expect(Number(retry)).toBeGreaterThanOrEqual(1_500);
      expect(Number(retry)).toBeLessThanOrEqual(3_000);
      await over(stream);
      expect(source).toMatchObject({ subscribers: 0, left: 1 });
    });

    it('from which nothing comes is told so after a quarter', async () => {
      const stream = await streaming(target);
      await draining(stream.app);
      await stream.clock.advance(2_000);
      expect((await stream.client.response()).body).toMatch(/hello\n\nretry: \d+\n\n$/);
      await over(stream);
    });

    it('goes on while the load balancers are waited for', async () => {
      const stream = await streaming(target, { platform: 'kubernetes' });
      const { app, clock, source, client } = stream;
      app.signal();
      await clock.advance(1_000);
      source.events.next({ data: 'still here' });
      await client.until('data: still here');
      await clock.advance(3_000);
      expect(source.subscribers).toBe(1);
      await over(stream);
      expect((await client.response()).body).toMatch(/still here\n\nretry: \d+\n\n$/);
    });
  });
});

describeOnPlatforms((target) => {
  describe('a stream that lasts for ever is told at the beginning of the drain', () => {
    it.each([
      [
        'when the application says so',
        { sseEndlessPaths: ['/events/rooms/:id'] },
        '/events/rooms/7',
        {},
      ],
      ['when its client has come back before', {}, '/events', { 'Last-Event-ID': '4' }],
    ])('%s', async (_when, options, path, headers) => {
      const stream = await streaming(target, options, { path, headers });
      await draining(stream.app);
      expect((await stream.client.response()).body).toMatch(/hello\n\nretry: \d+\n\n$/);
      await over(stream);
    });

    it('when it is older than a minute, and so are the others of its route', async () => {
      const stream = await streaming(target);
      const { app, clock, source, client } = stream;
      await clock.advance(61_000);
      const young = await app.connect();
      young.get('/events');
      await eventually('the subscription', () => source.subscribers === 2);
      await draining(app);
      for (const one of [client, young]) {
        expect((await one.response()).body).toMatch(/retry: \d+\n\n$/);
      }
      await over(stream);
    });
  });

  describe('the goodbye of a stream', () => {
    it.each([
      ['an event', { type: 'bye', data: 'one\ntwo' }, {}, /event: bye\ndata: one\ndata: two\n\n$/],
      ['a comment', { comment: 'bye' }, {}, /\n: bye\n\n$/],
      [
        'a comment for a client with a protocol of its own',
        { data: 'bye' },
        { Accept: 'application/json, text/event-stream' },
        /\n: bye\n\n$/,
      ],
    ])('is %s', async (_what, sseLastEvent, headers, last) => {
      const options = { sseLastEvent, sseEndlessPaths: ['/events'] };
      const stream = await streaming(target, options, { headers });
      await draining(stream.app);
      expect((await stream.client.response()).body).toMatch(last);
      await over(stream);
    });

    it('survives an event that comes after it', async () => {
      const stream = await streaming(target, { sseEndlessPaths: ['/events'] });
      await draining(stream.app);
      for (let index = 0; index < 5; index += 1) {
        stream.source.events.next({ data: 'late' });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await over(stream);
      expect(stream.source.subscribers).toBe(0);
    });
  });

  it('one of a route that ends by itself, as the application says, is cut at the deadline', async () => {
    const stream = await streaming(target, { sseFinitePaths: ['/events'] });
    const { app, clock, client } = stream;
    await draining(app);
    await clock.advance(8_000);
    await expect(client.response()).rejects.toThrow(/^closed/);
    await eventually('the exit', () => app.process.exits.length > 0);
    expect(app.report.unfinished).toMatchObject([{ name: 'GET /events', fate: 'cut' }]);
  });

  it('in answer to a POST it is waited for, and at the deadline cut, never ended cleanly', async () => {
    const stream = await streaming(
      target,
      { sseEndlessPaths: ['/events/rooms/:id'] },
      { path: '/events/rooms/1' },
    );
    const { app, clock, source } = stream;
    const poster = await app.connect();
    poster.send('POST /events HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n');
    await poster.until('data: first');
    await draining(app);
    await clock.advance(7_900);
    source.answers[0]?.write('data: second\n\n');
    await poster.until('data: second');
    await clock.advance(200);

    await expect(poster.response()).rejects.toThrow(/^closed/);
    expect(poster.received).not.toMatch(/retry:|\r\n0\r\n\r\n/);
    await eventually('the exit', () => app.process.exits.length > 0);
    expect(app.report).toMatchObject({
      outcome: 'forced',
      unfinished: [{ name: 'POST /events', fate: 'cut' }],
    });
  });

  it('an EventSource that is still unanswered at the deadline is not told 503, which would end it for good', async () => {
    const stream = await streaming(target, { sseEndlessPaths: ['/events'] });
    const { app, clock } = stream;
    const waiting = await app.connect();
    waiting.get('/events/thinking', { Accept: 'text/event-stream' });
    await eventually('the handler', () => stream.source.answers.length === 1);
    await draining(app);
    await clock.advance(8_000);
    await waiting.ended();
    expect(waiting.received).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(waiting.received).toMatch(/access-control-allow-origin: \*/i);
    expect(waiting.received).toMatch(/retry: \d+\n\n\r\n$/);
  });
});

describe('without the module', () => {
  it('a stream keeps the application from closing', async () => {
    const app = await HttpApp.start({
      platform: 'Express',
      options: null,
      module: { imports: [EventsModule] },
    });
    const source = app.app.get(EventsController, { strict: false });
    (await app.connect()).get('/events');
    await eventually('the subscription', () => source.subscribers === 1);
    const closed = app.app.close().then(() => 'closed');
    const alive = new Promise((resolve) => void setTimeout(resolve, 500, 'still open'));
    await expect(Promise.race([closed, alive])).resolves.toBe('still open');
    await app.destroy();
  });
});
