import { errorMonitor, type EventEmitter } from 'node:events';
import type { Adapter } from './http-adapter.js';
import type { Server } from 'node:http';
import type { Http2Server } from 'node:http2';

interface FastifyInstance {
  addHook(name: 'onListen', hook: (done: () => void) => void): void;
}

/** The server of the application, which may be one of HTTP/2; undefined without HTTP. */
export function httpServerOf(adapter: Adapter | undefined): Server | undefined {
  const server = adapter?.getHttpServer() as Server | undefined;
  return isHttp(server) ? server : undefined;
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
    for (const server of bindings) if (isHttp(server)) attach(server);
    done();
  });
}

/** Calls back when the server of the application can't listen because that port is taken. */
export function onPortTaken(adapter: Adapter | undefined, port: number, call: () => void): void {
  // A listener of 'error' itself would keep Node from throwing what nobody else listens to.
  const server: EventEmitter | undefined = httpServerOf(adapter);
  server?.on(errorMonitor, (error: NodeJS.ErrnoException & { port?: number }) => {
    if (error.code === 'EADDRINUSE' && error.port === port) call();
  });
}

/** By what only the one or the other has: an application may bring a server of its own. */
function isHttp(server: unknown): server is Server {
  const { closeIdleConnections, updateSettings } = (server ?? {}) as Partial<Server & Http2Server>;
  return [closeIdleConnections, updateSettings].some((method) => typeof method === 'function');
}
