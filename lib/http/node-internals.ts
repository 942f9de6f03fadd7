import { writeSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The corners of Node's HTTP server that are not documented, in one place; test/contract/node-http.spec.ts holds them. */

interface Handle {
  /** Absent on Windows. */
  readonly fd?: number;
  readonly writeQueueSize: number;
}

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

/** Whether a request was given to the listeners of 'upgrade' (Node 18 to 26, lib/_http_server.js `parserOnIncoming`). */
export function isUpgrade(request: IncomingMessage): boolean {
  return (request as IncomingMessage & { upgrade?: boolean | null }).upgrade === true;
}

/** The head of a response as it was sent (Node 18 to 26, lib/_http_outgoing.js `_storeHeader`); empty before that. */
export function headOf(response: ServerResponse): string {
  return (response as ServerResponse & { _header?: string | null })._header ?? '';
}

/** Takes a response off its socket: what is still written to it goes nowhere. */
export function detach(response: ServerResponse, socket: Socket): void {
  response.detachSocket(socket);
}

/** Lets go of the response on a socket that is closed: Node leaves it there, and whoever keeps the socket would hold it. */
export function forgetResponse({ req: { socket } }: ServerResponse): void {
  const closed: HttpSocket | null = socket;
  if (closed?.destroyed) closed._httpMessage = null;
}

/**
 * Tells the listeners of a response that nobody will read it, as Node does when a client has left (Node 18 to 26,
 * lib/_http_server.js `onServerResponseClose`). From then on whoever writes to it writes into nothing.
 */
export function closeResponse(response: ServerResponse): void {
  if (response.destroyed) return;
  Object.assign(response, { destroyed: true, _closed: true });
  response.emit('close');
}

/** How long the server of a connection leaves it idle, in milliseconds; clients are told in `Keep-Alive: timeout`. */
export function keepAliveTimeoutOf(socket: Socket): number {
  return (socket as { server?: Server }).server?.keepAliveTimeout ?? 0;
}

/**
 * Sends a frame of our own on the socket of an HTTP/2 session; false when that is not possible now. The session writes
 * whole frames at a time (Node 20 to 26, src/node_http2.cc `SendPendingData`), so between two writes there is room for
 * another, unless libuv still holds part of one. It must go past the socket's own `write()`: the session takes the end of
 * every write for its own (`OnStreamAfterWrite`), and ends the process when it has none.
 */
export function writeBetweenFrames(socket: Socket, frame: Uint8Array): boolean {
  const handle = (socket as { _handle?: Handle | null })._handle;
  if (!handle || handle.fd === undefined || handle.fd < 0) return false;
  if ('encrypted' in socket || handle.writeQueueSize > 0) return false;
  try {
    // Part of a frame would make nonsense of what follows; the client has not read for a whole buffer then.
    if (writeSync(handle.fd, frame) < frame.length) socket.destroy();
    return true;
  } catch {
    return false; // the buffer is full, or the client has gone
  }
}
