import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { describe, expect, it } from '@jest/globals';
import { PubSub } from 'graphql-subscriptions';
import { createClient } from 'graphql-ws';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';
import { HttpApp, type HttpAppSetup, type Platform } from '../support/http-app.js';
import { VirtualClock } from '../support/virtual-clock.js';
import { Work } from '../support/work.js';
import { GraphqlClient, type Protocol } from './graphql-client.js';

/** What the subscriptions hang on. */
@Injectable()
class Bus extends PubSub {
  constructor() {
    super({ eventEmitter: new EventEmitter().setMaxListeners(0) });
  }
}

@Resolver()
class Messages {
  constructor(
    private readonly bus: Bus,
    private readonly work: Work,
  ) {}

  @Query(() => String)
  async answer(@Args('name') name: string): Promise<string> {
    await this.work.run(name);
    return `did ${name}`;
  }

  @Mutation(() => String)
  async change(@Args('name') name: string): Promise<string> {
    await this.work.run(name);
    return `did ${name}`;
  }

  @Subscription(() => String)
  message() {
    return this.bus.asyncIterableIterator('message');
  }

  /** Has something to close in the end, which takes as long as the test likes. */
  @Subscription(() => String)
  closing() {
    return this.feed('closing', () => this.work.run('clean-up'));
  }

  @Subscription(() => String)
  failing() {
    return this.feed('failing', async () => {
      throw new Error('it can not be closed');
    });
  }

  /** A generator that awaits something hears of its end only afterwards: so is the language. */
  @Subscription(() => String)
  async *deaf() {
    yield { deaf: 'first' };
    await this.work.run('next event');
  }

  /** An event, and then none any more. */
  private feed(field: string, close: () => Promise<void>) {
    const events = this.bus.asyncIterableIterator<object>(field);
    const [next, end] = [events.next.bind(events), events.return.bind(events)];
    let first = true;
    events.next = async () => {
      if (!first) return next();
      first = false;
      return { value: { [field]: 'first' }, done: false };
    };
    events.return = async () => {
      const result = await end();
      await close();
      return result;
    };
    return events;
  }
}

interface Server {
  readonly platform: Platform;
  readonly module: unknown;
  readonly protocol?: Protocol;
}

const apollo = (options: Partial<ApolloDriverConfig> = {}) =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    graphiql: false,
    subscriptions: { 'graphql-ws': true },
    ...options,
  });

const mercurius = () =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({
    driver: MercuriusDriver,
    autoSchemaFile: true,
    subscription: { fullWsTransport: true },
  });

const ofEither: Record<string, () => Server> = {
  Apollo: () => ({ platform: 'Express', module: apollo() }),
  Mercurius: () => ({ platform: 'Fastify', module: mercurius() }),
};
const either = Object.entries(ofEither);

const others: Record<string, () => Server> = {
  'Apollo on Fastify': () => ({ platform: 'Fastify', module: apollo() }),
  'Apollo with a context that does not show the socket': () => ({
    platform: 'Express',
    module: apollo({ context: () => ({ req: {} }) }),
  }),
  'Mercurius, older protocol': () => ({
    platform: 'Fastify',
    module: mercurius(),
    protocol: 'graphql-ws',
  }),
};

const older: Record<string, () => Server> = {
  'Apollo, older protocol': () => ({
    platform: 'Express',
    module: apollo({ subscriptions: { 'subscriptions-transport-ws': true } as object }),
    protocol: 'graphql-ws',
  }),
};

const every = [...either, ...Object.entries({ ...others, ...(NEST_MAJOR === 11 ? older : {}) })];

/** Of a client that says nothing else. */
const UPGRADE = [
  'GET /graphql HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
].join('\r\n');

const ON_MESSAGE = 'subscription OnMessage { message }';
const ON_CLOSING = 'subscription OnClosing { closing }';
const changeNamed = (name: string) => `mutation Change { change(name: "${name}") }`;

function start(server: Server, setup: Partial<HttpAppSetup> = {}): Promise<HttpApp> {
  const { platform, module } = server;
  const imports = [module as ReturnType<typeof apollo>];
  return HttpApp.start({ platform, ...setup, module: { imports, providers: [Bus, Messages] } });
}

/** A client with a subscription that has had an event. */
async function subscribe(app: HttpApp, protocol?: Protocol): Promise<GraphqlClient> {
  const client = await GraphqlClient.connect(app.port, protocol);
  client.begin('1', ON_MESSAGE);
  await eventually('the first event', () => {
    void app.app.get(Bus).publish('message', { message: 'hello' });
    return client.frames.includes('next 1 hello');
  });
  return client;
}

/** A client with a subscription whose generator waits in a `yield`, or beyond. */
async function subscribeTo(app: HttpApp, field: string): Promise<GraphqlClient> {
  const client = await GraphqlClient.connect(app.port);
  client.begin('1', `subscription On { ${field} }`);
  await client.until('next 1 first');
  return client;
}

const withoutHello = ({ frames }: GraphqlClient) => frames.filter((frame) => !/hello/.test(frame));

describe('GraphQL subscriptions', () => {
  it.each(every)(
    'with %s are not completed, but their socket closes with 1012, after the events that were there',
    async (_, make) => {
      const server = make();
      const app = await start(server);
      const client = await subscribe(app, server.protocol);
      const events = Array.from({ length: 20 }, (_none, index) => `event ${index}`);

      const closed = app.close();
      const bus = app.app.get(Bus);
      await Promise.all(events.map((message) => bus.publish('message', { message })));
      await closed;
      await client.closed();

      const delivered = events.map((name) => `next 1 ${name}`);
      expect(withoutHello(client)).toEqual([...delivered, 'close 1012']);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    },
  );

  it.each(either)('the control: on plain Nest those with %s are just cut', async (_, make) => {
    const app = await start(make(), { options: null });
    const client = await subscribe(app);
    await app.close();
    await client.closed();

    expect(withoutHello(client)).toEqual([expect.stringMatching(/^close 100[15]$/)]);
  });

  it.each(either)(
    'with %s: a `finally` runs to its end before anything is torn down',
    async (_, make) => {
      const app = await start(make());
      const client = await subscribeTo(app, 'closing');
      const closed = app.close();
      await app.work.begun('clean-up');
      await client.closed();
      expect(client.frames).toEqual(['next 1 first', 'close 1012']);
      expect(app.log.lines.filter((line) => line.startsWith('close: '))).toEqual([]);

      app.work.finish('clean-up');
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    },
  );

  it.each(either)('the control: on plain Nest with %s nobody waits for it', async (_, make) => {
    const app = await start(make(), { options: null });
    await subscribeTo(app, 'closing');
    await app.close();

    expect(app.work.finished).toEqual([]);
    app.work.finish('clean-up');
  });

  it.each(either)('with %s: what cannot be closed is in the report', async (_, make) => {
    const app = await start(make());
    await subscribeTo(app, 'failing');
    await app.close();

    expect(JSON.stringify(app.report)).toContain('it can not be closed');
  });

  it.each(either)(
    'with %s: a generator that waits for something else holds the drain for a second',
    async (_, make) => {
      const clock = new VirtualClock();
      const app = await start(make(), { clock });
      const client = await subscribeTo(app, 'deaf');
      await app.work.begun('next event');
      const closed = app.close();
      await client.closed();
      expect(client.frames).toEqual(['next 1 first', 'close 1012']);
      await clock.advance(999);
      expect(app.log.lines.filter((line) => line.startsWith('close: '))).toEqual([]);

      await clock.advance(1);
      await closed;
      app.work.finish('next event');
    },
  );
});

describe('GraphQL subscriptions that are no longer served here', () => {
  it.each(either)(
    'with %s: a client of graphql-ws subscribes again by itself, at another server',
    async (_, make) => {
      const second = await start(make());
      const first = await start(make()); // the last one has Nest's log
      let { port } = first;
      const url = () => `ws://127.0.0.1:${port}/graphql`;
      const retryWait = () => Promise.resolve();
      const client = createClient({ url, webSocketImpl: WebSocket, retryWait });
      const seen: unknown[] = [];
      const ends: string[] = [];
      client.subscribe(
        { query: ON_MESSAGE },
        {
          next: ({ data }) => seen.push(data?.['message']),
          error: () => ends.push('error'),
          complete: () => ends.push('complete'),
        },
      );
      const until = (server: HttpApp, message: string) =>
        eventually(message, () => {
          void server.app.get(Bus).publish('message', { message });
          return seen.includes(message);
        });
      await until(first, 'from the first');
      ({ port } = second);
      await first.close();
      await until(second, 'from the second');

      expect(ends).toEqual([]);
      await client.dispose();
      await second.close();
    },
  );

  it.each(either)('with %s: one that ends by itself is completed', async (_, make) => {
    const app = await start(make());
    const client = await GraphqlClient.connect(app.port);
    client.begin('1', changeNamed('slow'));
    await app.work.begun('slow');
    client.begin('2', 'subscription On { deaf }');
    await client.until('next 2 first');
    await app.work.begun('next event');
    const closed = app.close();
    await app.phase('drain');
    app.work.finish('next event');
    await client.until('complete 2');
    app.work.finish('slow');
    await closed;
    await client.closed();

    const frames = ['next 2 first', 'complete 2', 'next 1 did slow', 'complete 1', 'close 1012'];
    expect(client.frames).toEqual(frames);
  });

  it.each(either)(
    'with %s: events are delivered as long as another operation keeps the socket',
    async (_, make) => {
      const app = await start(make());
      const client = await subscribe(app);
      client.begin('2', changeNamed('slow'));
      await app.work.begun('slow');
      const closed = app.close();
      await app.phase('drain');
      await app.app.get(Bus).publish('message', { message: 'meanwhile' });
      await client.until('next 1 meanwhile');
      app.work.finish('slow');
      await closed;
      await client.closed();

      const answer = ['next 2 did slow', 'complete 2'];
      expect(withoutHello(client)).toEqual(['next 1 meanwhile', ...answer, 'close 1012']);
    },
  );
});

describe('GraphQL operations by WebSocket', () => {
  it.each(either)('with %s: those that run are answered, and no other begins', async (_, make) => {
    const app = await start(make());
    const client = await GraphqlClient.connect(app.port);
    client.begin('1', changeNamed('slow'));
    client.begin('2', 'query { answer(name: "short") }');
    await app.work.begun('slow');
    const closed = app.close();
    await app.phase('drain');
    app.work.finish('short');
    await client.until('complete 2');

    client.begin('3', changeNamed('late'));
    client.begin('4', ON_MESSAGE);
    client.socket.ping();
    await new Promise((resolve) => client.socket.once('pong', resolve));
    app.work.finish('slow', 'late');
    await closed;
    await client.closed();

    const short = ['next 2 did short', 'complete 2'];
    const slow = ['next 1 did slow', 'complete 1'];
    expect(client.frames).toEqual([...short, ...slow, 'close 1012']);
    expect(app.work.started).not.toContain('late');
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it.each(either)('the control: on plain Nest with %s they are cut', async (_, make) => {
    const app = await start(make(), { options: null });
    const client = await GraphqlClient.connect(app.port);
    client.begin('1', changeNamed('slow'));
    await app.work.begun('slow');
    const closed = app.close();
    await client.closed();
    app.work.finish('slow');
    await closed;

    expect(client.frames).toEqual([expect.stringMatching(/^close 100[15]$/)]);
    expect(app.work.inFlightAtDestroy).toBe(1);
  });

  it.each(either)(
    'with %s: a client that connects during the drain is sent away',
    async (_, make) => {
      const app = await start(make());
      const late = await app.connect();
      const other = await app.connect();
      other.get('/work/slow');
      await app.work.begun('slow');
      // The head of a request that has begun is waited for.
      await app.hasRead(late, UPGRADE.slice(0, 20));
      const closed = app.close();
      await app.phase('drain');
      late.send(UPGRADE.slice(20));
      await late.until('Service Restart');
      expect(late.received).toMatch(/^HTTP\/1.1 101 /);
      late.vanish();

      app.work.finish('slow');
      await closed;
    },
  );

  it.each(either)('with %s: what is cut at the deadline is named', async (_, make) => {
    const clock = new VirtualClock();
    const app = await start(make(), { clock, options: { gracePeriodMs: 60_000 } });
    const client = await GraphqlClient.connect(app.port);
    client.begin('1', changeNamed('secret'));
    client.begin('2', ON_CLOSING);
    await client.until('next 2 first');
    await app.work.begun('secret');
    const closed = app.close();
    await app.phase('drain');
    expect(client.code).toBeUndefined();
    await clock.advance(50_000);
    await client.closed();
    await closed;

    expect(client.frames.slice(0, -1)).toEqual(['next 2 first']);
    const names = app.report.unfinished.map(({ kind, name }) => `${kind}: ${name}`);
    expect(names).toEqual(['message: mutation Change', 'message: subscription OnClosing']);
    app.work.finish('secret', 'clean-up');
  });

  it('with Apollo: one whose client has vanished finishes all the same', async () => {
    const app = await start({ platform: 'Express', module: apollo() });
    const opened = once(app.server, 'connection');
    const client = await GraphqlClient.connect(app.port);
    const [socket] = (await opened) as [Socket];
    client.begin('1', changeNamed('slow'));
    await app.work.begun('slow');
    client.socket.terminate();
    await eventually('the server to see it', () => socket.destroyed);
    const closed = app.close();
    await app.phase('drain');
    app.work.finish('slow');
    await closed;
    expect(app.work.inFlightAtDestroy).toBe(0);
  });
});

describe('GraphQL clients', () => {
  it('are sent away in rounds, each with all its subscriptions', async () => {
    const clock = new VirtualClock();
    const app = await start({ platform: 'Express', module: apollo() }, { clock });
    const clients = await Promise.all(
      Array.from({ length: 60 }, () => GraphqlClient.connect(app.port)),
    );
    for (const client of clients) for (const id of ['1', '2']) client.begin(id, ON_CLOSING);
    app.work.finish('clean-up');
    await Promise.all(
      clients.flatMap((one) => [one.until('next 1 first'), one.until('next 2 first')]),
    );
    const gone = () => clients.filter(({ code }) => code === 1012).length;
    const closed = app.close();
    await eventually('the first round', () => gone() === 20);
    await clock.advance(200);
    await eventually('the second round', () => gone() === 40);
    await clock.advance(200);
    await closed;
    await eventually('the last round', () => gone() === 60);
    for (const { frames } of clients)
      expect(frames).toEqual(['next 1 first', 'next 2 first', 'close 1012']);
  });

  it.each(either)('with %s: one that does not answer is cut after a second', async (_, make) => {
    const clock = new VirtualClock();
    const app = await start(make(), { clock });
    const client = await app.connect();
    await client.send(UPGRADE).until('101 Switching Protocols');
    const closed = app.close();
    await client.until('Service Restart');
    await clock.advance(999);
    expect(client.isOpen).toBe(true);
    await clock.advance(1);
    await client.ended();
    await closed;
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it.each(either)('with %s: drain() and resume() leave them alone', async (_, make) => {
    const app = await start(make());
    const client = await subscribe(app);
    expect(await app.graceful.drain()).toBe(true);
    await app.app.get(Bus).publish('message', { message: 'meanwhile' });
    await client.until('next 1 meanwhile');
    app.graceful.resume();
    await app.close();
  });

  it.each(either)(
    'with %s: one of graphql-ws asks another server what was not begun here',
    async (_, make) => {
      const second = await start(make());
      const first = await start(make()); // the last one has Nest's log
      let { port } = first;
      const url = () => `ws://127.0.0.1:${port}/graphql`;
      const retryWait = () => Promise.resolve();
      const client = createClient({ url, webSocketImpl: WebSocket, retryWait });
      const change = (name: string) => client.iterate({ query: changeNamed(name) }).next();
      const slow = change('slow');
      await first.work.begun('slow');
      const closed = first.close();
      await first.phase('drain');
      ({ port } = second);

      const late = change('late');
      second.work.finish('late');
      first.work.finish('slow', 'late');
      await expect(slow).resolves.toMatchObject({ value: { data: { change: 'did slow' } } });
      await expect(late).resolves.toMatchObject({ value: { data: { change: 'did late' } } });
      expect(first.work.started).toEqual(['slow']);
      await closed;
      await client.dispose();
      await second.close();
    },
  );
});
