import type { Server } from 'node:http';
import type { HttpAdapterHost } from '@nestjs/core';

type Adapter = NonNullable<HttpAdapterHost['httpAdapter']>;

interface FastifyInstance {
  addHook(name: 'onListen', hook: (done: () => void) => void): void;
}

/** The HTTP/1.1 server of the application; undefined without HTTP, and for HTTP/2, which has another life cycle. */
export function httpServerOf(adapter: Adapter | undefined): Server | undefined {
  const server = adapter?.getHttpServer() as Server | undefined;
  return isHttp1(server) ? server : undefined;
}

/** Whether the application serves HTTP/2. */
export function servesHttp2(adapter: Adapter | undefined): boolean {
  const server = adapter?.getHttpServer() as Server | undefined;
  return server !== undefined && typeof server.on === 'function' && !isHttp1(server);
}

/**
 * Fastify opens one more server for each further address of `localhost` (fastify 5, lib/server.js `multipleBindings`)
 * and keeps them under a symbol. They exist only once it listens.
 */
export function onFurtherServers(adapter: Adapter, attach: (server: Server) => void): void {
  if (adapter.getType() !== 'fastify') return;
  const instance = adapter.getInstance<FastifyInstance & Record<symbol, unknown>>();
  instance.addHook('onListen', (done) => {
    const symbol = Object.getOwnPropertySymbols(instance).find(
      ({ description }) => description === 'fastify.serverBindings',
    );
    const bindings = symbol ? (instance[symbol] as unknown[]) : [];
    for (const server of bindings) if (isHttp1(server)) attach(server);
    done();
  });
}

function isHttp1(server: unknown): server is Server {
  return typeof (server as Server | undefined)?.closeIdleConnections === 'function';
}
