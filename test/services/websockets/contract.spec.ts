import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { Module, type INestApplication } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer, NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { WebSocketServer as WsServer } from 'ws';
import { Gateways } from '../../../lib/nest/gateways.js';

// What lib/nest and the integration take from Nest and its platforms without a document that promises it, on both majors.

describe(`Nest ${NEST_MAJOR}: gateways`, () => {
  @WebSocketGateway()
  class Gateway {
    connected: string[] = [];
    handleConnection(): void {
      this.connected.push(this.constructor.name);
    }
  }
  @Module({ providers: [Gateway] })
  class AppModule {}

  async function start(adapter?: (app: INestApplication) => object) {
    const app = await NestFactory.create(AppModule, { logger: false });
    const gateways = new Gateways(app.get(ModulesContainer), app.get(ApplicationConfig));
    const seen: object[] = [];
    const hooks: string[] = [];
    const listeners: Server[] = [];
    gateways.onOwnListener((listener) => listeners.push(listener));
    if (adapter) app.useWebSocketAdapter(adapter(app) as never);
    await app.init();
    gateways.observe({
      serving: (server) => seen.push(server),
      connected: () => undefined,
      handle: (_client, _message, handler) => handler(() => undefined),
      run: (name, hook) => {
        hooks.push(name);
        return hook();
      },
    });
    return { app, seen, listeners, hooks };
  }

  it('the default adapter is known as it is set, before the first gateway', async () => {
    const { app, seen, listeners } = await start();
    expect(seen).toHaveLength(1);
    expect((seen[0] as { engine: { opts: unknown } }).engine.opts).toBeDefined();
    expect(listeners).toEqual([]);
    await app.close();
  });

  it.each([
    ['ws', () => new WsAdapter()],
    ['socket.io', () => new IoAdapter()],
  ])('the listener that %s makes for a port is known', async (_library, adapter) => {
    const { app, seen, listeners } = await start(adapter);
    expect(seen).toHaveLength(1);
    expect(listeners).toHaveLength(1);
    const [{ _server, httpServer }] = seen as Array<{ _server?: Server; httpServer?: Server }>;
    expect(listeners[0]).toBe(_server ?? httpServer);
    await app.close();
    expect(listeners[0].listening).toBe(false);
  });

  it('one that the user brings is not', async () => {
    const server = createServer();
    const { app, seen, listeners } = await start(() => new WsAdapter(server));
    expect(seen).toHaveLength(1);
    expect(listeners).toEqual([]);
    await app.close();
  });

  it('hooks of gateways are taken from the instance after the adapter is set', async () => {
    const { app, seen, hooks } = await start(() => new WsAdapter());
    (seen[0] as WsServer).emit('connection', new WebSocketStub(), {});
    expect(hooks).toEqual(['Gateway.handleConnection']);
    expect(app.get(Gateway).connected).toEqual(['Gateway']);
    await app.close();
  });
});

/** As much of a socket as an adapter binds to. */
class WebSocketStub {
  readonly readyState = 1;
  on = () => this;
  once = () => this;
  off = () => this;
  addListener = () => this;
  removeListener = () => this;
}
