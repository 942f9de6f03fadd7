import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { acceptUpgrades, UPGRADE } from '../support/echo-upgrade.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { RawClient } from '../support/raw-client.js';
import { tlsFiles } from '../support/tls.js';

const opened: Server[] = [];

afterEach(() => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

async function listening<T extends Server>(server: T): Promise<T> {
  opened.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** What the framework gives to put a server around. */
function handlerOf({ app }: { app: INestApplication }): RequestListener {
  const instance: RequestListener & { routing?: RequestListener } = app
    .getHttpAdapter()
    .getInstance();
  return instance.routing ?? instance;
}

function around(app: HttpApp): RequestListener {
  return (request, response) => handlerOf(app)(request, response);
}

describeOnPlatforms((target) => {
  describe('a server that the application puts around its instance', () => {
    it.each<[string, (app: HttpApp) => Server, boolean]>([
      ['hands requests to it', (app) => createServer(handlerOf(app)), false],
      ['has a function that calls it', (app) => createServer(around(app)), false],
      ['speaks TLS', (app) => createSecureServer(tlsFiles, handlerOf(app)), true],
      ['speaks TLS, with a function', (app) => createSecureServer(tlsFiles, around(app)), true],
    ])('is drained, and closed by its owner: %s', async (_how, make, tls) => {
      const app = await HttpApp.start(target);
      const server = await listening(make(app));
      const port = portOf(server);
      const [busy, idle] = await Promise.all([
        RawClient.connect(port, { tls }),
        RawClient.connect(port, { tls }),
      ]);
      expect(await idle.get('/health/ready').response()).toMatchObject({ status: 200 });
      expect((await idle.get('/fast').response()).headers['connection']).not.toBe('close');
      busy.get('/work/own');
      await app.work.begun('own');

      const closed = app.close();
      await idle.ended();
      await expect(RawClient.connect(port, { tls })).rejects.toThrow('ECONNREFUSED');
      expect(portOf(server)).toBe(port);
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('own');

      expect(await busy.response()).toMatchObject({
        body: 'did own',
        headers: { connection: 'close' },
      });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report.outcome).toBe('clean');
      // Its owner sees what it would see without us.
      const events: string[] = [];
      server.on('close', () => events.push('closed'));
      expect(
        await new Promise<unknown>((resolve) => void server.close((error) => resolve(error))),
      ).toBeUndefined();
      expect(events).toEqual(['closed']);
      expect(
        await new Promise<unknown>((resolve) => void server.close((error) => resolve(error))),
      ).toMatchObject({ code: 'ERR_SERVER_NOT_RUNNING' });
    });

    it('is found by a request that comes while the drain goes on', async () => {
      const app = await HttpApp.start(target);
      const server = await listening(createServer(around(app)));
      const held = await app.connect();
      held.get('/work/held');
      await app.work.begun('held');
      const idle = await app.idleClient();
      const closed = app.close();
      await idle.ended();

      const late = await RawClient.connect(portOf(server));
      late.get('/work/late');
      await app.work.begun('late');
      expect(server.listening).toBe(false);
      app.work.finish('held');
      await held.response();
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('late');

      expect(await late.response()).toMatchObject({ body: 'did late' });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
    });

    it('keeps what it has upgraded for its owner to close', async () => {
      const app = await HttpApp.start(target);
      const server = createServer(handlerOf(app));
      acceptUpgrades(server);
      await listening(server);
      const client = await RawClient.connect(portOf(server));
      await client.get('/', UPGRADE).until('101');

      await app.close();

      expect(client.isOpen).toBe(true);
      client.vanish();
    });

    it('goes on listening for another application that it leads to', async () => {
      const [first, second] = await Promise.all([HttpApp.start(target), HttpApp.start(target)]);
      let current = first;
      const server = await listening(
        createServer((request, response) => around(current)(request, response)),
      );
      const client = await RawClient.connect(portOf(server));
      await client.get('/fast').response();
      current = second;
      await client.get('/fast').response();

      await first.close();

      const next = await RawClient.connect(portOf(server));
      for (let request = 0; request < 2; request += 1) {
        const { status, headers } = await next.get('/fast').response();
        expect({ status, connection: headers['connection'] }).not.toMatchObject({
          connection: 'close',
        });
      }
      await second.close();
      expect(server.listening).toBe(false);
    });

    it('can be named, and nothing else can', async () => {
      const app = await HttpApp.start(target);
      const server = createServer();
      app.graceful.follow(server);
      app.graceful.follow(createHttp2Server());
      server.on('request', around(app));
      await listening(server);
      const client = await RawClient.connect(portOf(server));
      expect(await client.get('/health/ready').response()).toMatchObject({ status: 200 });

      for (const other of [createTcpServer(), undefined, {}, app.app]) {
        expect(() => app.graceful.follow(other as Server)).toThrow(
          /^Expected `server of follow\(\)` to be a server of http, https or http2/,
        );
      }
      await app.close();
      expect(server.listening).toBe(false);
    });
  });

  describe('sockets that somebody else has accepted', () => {
    it('are waited for as those of a listener, which stops with the drain', async () => {
      const app = await HttpApp.start({
        ...target,
        options: { propagationFloorMs: 500, propagationCapMs: 2_000, propagationQuietMs: 100 },
      });
      app.server.close();
      await eventually('the listener to close', () => !app.server.listening);
      const front = createTcpServer((socket) => app.server.emit('connection', socket));
      await once(front.listen(0, '127.0.0.1'), 'listening');
      const client = await RawClient.connect(portOf(front));
      await client.get('/fast').response();

      app.signal();
      await app.phase('propagate');
      expect(await client.get('/fast').response()).toMatchObject({
        body: 'fast',
        headers: { connection: 'close' },
      });
      await app.phase('drain');
      await eventually('its acceptor to stop', () => !front.listening);

      expect(await app.exited()).toBe(0);
      expect(
        await new Promise<unknown>((resolve) => void front.close((error) => resolve(error))),
      ).toBeUndefined();
    });
  });
});

describe('an Express application that Nest is only a part of', () => {
  it('keeps the paths of the probes for itself outside of that part', async () => {
    const app = await HttpApp.start({ platform: 'Express' });
    const parent = new ExpressAdapter().getInstance<
      RequestListener & { use(path: string, handler: object): void }
    >();
    parent.use('/nest', handlerOf(app));
    parent.use('/health', (_request: IncomingMessage, response: { end(text: string): void }) =>
      response.end('of the parent'),
    );
    const server = await listening(createServer(parent));
    const client = await RawClient.connect(portOf(server));

    expect((await client.get('/nest/fast').response()).body).toBe('fast');
    expect((await client.get('/health/ready').response()).body).toBe('of the parent');
    expect((await client.get('/nest/health/ready').response()).body).toContain('"status":"ok"');
  });
});
