import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The corners of Node's HTTP server that are not documented, in one place; test/contract/node-http.spec.ts holds them. */

interface HttpSocket extends Socket {
  _httpMessage?: ServerResponse | null;
}

interface ConnectionsList {
  active(): Array<{ socket: Socket }>;
}

/**
 * The response that is being written on a connection, null between requests. Node keeps it up to date itself (Node 18
 * to 26, lib/_http_server.js `assignSocket`, `detachSocket`), so knowing what is in flight costs nothing per request,
 * and no finished response is kept in memory by it.
 */
export function currentResponse(socket: Socket): ServerResponse | undefined {
  return (socket as HttpSocket)._httpMessage ?? undefined;
}

/**
 * The connections on which part of a request has arrived and the rest has not. Node keeps the list by which it enforces
 * `headersTimeout` and `requestTimeout` under a symbol (Node 18 to 26, lib/_http_server.js `kConnections`). Up to Node 24
 * connections that have not sent a byte are on it, too.
 */
export function receivingSockets(server: Server): Socket[] {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  const list = symbol && (server as unknown as Record<symbol, ConnectionsList>)[symbol];
  return list?.active().map(({ socket }) => socket) ?? [];
}

/** The head of a response as it was sent (Node 18 to 26, lib/_http_outgoing.js `_storeHeader`); empty before that. */
export function headOf(response: ServerResponse): string {
  return (response as ServerResponse & { _header?: string | null })._header ?? '';
}

/** Takes a response off its socket: what is still written to it goes nowhere. */
export function detach(response: ServerResponse, socket: Socket): void {
  response.detachSocket(socket);
}

/**
 * Takes the `Connection` header back as if it had never been set. Node takes `removeHeader` to mean that there must be
 * none, and then leaves out its own, with `Keep-Alive: timeout` (Node 18 to 26, lib/_http_outgoing.js `_storeHeader`).
 */
export function unsetConnectionHeader(response: ServerResponse): void {
  response.removeHeader('Connection');
  Object.assign(response, { _removedConnection: false });
}

/** How long the server of a connection leaves it idle, in milliseconds; clients are told in `Keep-Alive: timeout`. */
export function keepAliveTimeoutOf(socket: Socket): number {
  return (socket as { server?: Server }).server?.keepAliveTimeout ?? 0;
}
