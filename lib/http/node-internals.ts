import { writeSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The corners of Node's HTTP server that are not documented, in one place; test/contract/node-http.spec.ts holds them. */

interface Handle {
  /** Absent on Windows. */
  readonly fd?: number;
  readonly writeQueueSize: number;
}

interface SecureHandle {
  readonly _parentWrap?: (Socket & { readonly stream?: Socket }) | null;
}

interface HttpSocket extends Socket {
  _httpMessage?: ServerResponse | null;
}

interface ConnectionsList {
  active?(): ReadonlyArray<{ readonly socket?: Socket }>;
  all?(): ReadonlyArray<{ readonly socket?: Socket | null }>;
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
 * The connections on which part of a request has arrived and the rest has not; undefined in a runtime that keeps no such
 * list. Node keeps the list by which it enforces `headersTimeout` and `requestTimeout` under a symbol (Node 18 to 26,
 * lib/_http_server.js `kConnections`). Up to Node 24 connections that have not sent a byte are on it, too. Bun 1.4 has no
 * list, and that of Deno 2.9 is a stub. A server of HTTP/2 has none on Node either.
 */
export function receivingSockets(server: Server): Socket[] | undefined {
  const list = listOf(server);
  if (typeof list?.active !== 'function') return undefined;
  return list.active().flatMap(({ socket }) => socket ?? []);
}

/** The connections on which a server speaks HTTP/1.1, by the same list. */
export function openSockets(server: Server): Socket[] {
  const connections = listOf(server)?.all?.() ?? [];
  return connections.flatMap(({ socket }) => (socket && !socket.destroyed ? [socket] : []));
}

function listOf(server: Server): ConnectionsList | undefined {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  return symbol && (server as unknown as Record<symbol, ConnectionsList | undefined>)[symbol];
}

/** The HTTP server that speaks on a connection (Node 18 to 26, lib/_http_server.js `connectionListenerInternal`). */
export function serverOf(socket: Socket): Server | undefined {
  return (socket as { server?: Server }).server;
}

/** The server that has accepted a connection, which may have handed it to another (Node 18 to 26, lib/net.js `onconnection`). */
export function acceptorOf(socket: Socket): NetServer | undefined {
  const { _server: server } = socket as { _server?: unknown };
  return server instanceof NetServer ? server : undefined;
}

/** Whether a request was given to the listeners of 'upgrade' (Node 18 to 26, lib/_http_server.js `parserOnIncoming`). */
export function isUpgrade(request: IncomingMessage): boolean {
  return (request as IncomingMessage & { upgrade?: boolean | null }).upgrade === true;
}

/**
 * The head of a response as it was sent; empty before that. It is made of `getHeaders()` where it is not kept as text: by
 * HTTP/2, and by Bun 1.4. Node's HTTP/1.1 does keep it (Node 18 to 26, lib/_http_outgoing.js `_storeHeader`), and there
 * `getHeaders()` does not have what `writeHead` was given.
 */
export function headOf(response: ServerResponse): string {
  const head = (response as ServerResponse & { _header?: unknown })._header;
  if (typeof head === 'string' && head.includes(':')) return head;
  if (!response.headersSent) return '';
  const headers = Object.entries(response.getHeaders());
  return headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('');
}

/** Takes a response off its socket: what is still written to it goes nowhere. `detachSocket` has no document. */
export function detach(response: ServerResponse, socket: Socket): void {
  if (typeof response.detachSocket === 'function') response.detachSocket(socket);
  else if (currentResponse(socket) === response) Object.assign(socket, { _httpMessage: null });
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

/**
 * The socket below a TLS socket, which is another object (Node 18 to 26, lib/_tls_wrap.js `_wrapHandle`). A stream that
 * is no socket is wrapped into one, which knows it (lib/internal/js_stream_socket.js).
 */
export function socketBelow(secure: TLSSocket): Socket | undefined {
  const parent = (secure as { _handle?: SecureHandle | null })._handle?._parentWrap;
  return parent?.stream ?? parent ?? undefined;
}

/** How long the server of a connection leaves it idle, in milliseconds; clients are told in `Keep-Alive: timeout`. */
export function keepAliveTimeoutOf(socket: Socket): number {
  return serverOf(socket)?.keepAliveTimeout ?? 0;
}

/** The descriptor of a listening socket (Node 18 to 26, lib/net.js); a worker of a cluster has none of its own. */
export function fileDescriptorOf(server: NetServer): number | undefined {
  return (server as unknown as { readonly _handle?: Handle | null })._handle?.fd;
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
