import type { IncomingMessage, ServerResponse } from 'node:http';
import { Connection } from './connection.js';
import { detach } from './node-internals.js';

/**
 * Answers a request whose handler has run out of time with a complete 503, and closes the connection without an RST
 * overtaking the answer (RFC 9112 section 9.6). Resolves when the client has closed it, too: until then it may still be
 * sending its body, and only a socket that is open reads it without an RST.
 *
 * The response object is taken off its socket first: when the handler comes back it writes into nothing, instead of
 * failing with ERR_HTTP_HEADERS_SENT into the application's exception filter.
 */
export function refuse(response: ServerResponse, retryAfterSeconds: number): Promise<void> {
  const { socket } = response;
  if (!socket || socket.destroyed) return Promise.resolve();
  detach(response, socket);
  abandonBody(response.req);
  const connection = Connection.of(socket);
  if (connection) connection.ended = true;
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.end(refusalMessage(response.req.method === 'HEAD', retryAfterSeconds));
  });
}

/**
 * Tells whoever reads the body of a refused request that no more will come, just as if its client had gone: the handler
 * must not run for a client that will try again. What does come is dropped, for if it stayed in the kernel, closing
 * would send an RST.
 */
export function abandonBody(request: IncomingMessage): void {
  if (request.complete) return;
  request.push = () => true;
  request._read(0); // a slow reader may have stopped the socket
  request._destroy = (error, callback) => {
    // A request of HTTP/2 does that itself.
    if (request.httpVersionMajor < 2) {
      request.aborted = true;
      request.emit('aborted');
    }
    callback(request.listenerCount('error') > 0 ? error : null);
  };
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })); // as Node names it
}

/** What every refusal says, besides its length and when to come back. */
export const REFUSAL_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
} as const;

/** The shape of Nest's own error bodies, so that clients need no second parser. */
export function refusalBody(): string {
  return JSON.stringify({
    statusCode: 503,
    message: 'The server is shutting down and could not finish this request in time.',
    error: 'Service Unavailable',
  });
}

function refusalMessage(head: boolean, retryAfterSeconds: number): string {
  const body = refusalBody();
  return [
    'HTTP/1.1 503 Service Unavailable',
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${REFUSAL_HEADERS['content-type']}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Cache-Control: ${REFUSAL_HEADERS['cache-control']}`,
    `Retry-After: ${retryAfterSeconds}`,
    'Connection: close',
    '',
    head ? '' : body,
  ].join('\r\n');
}

/** Ends a response in the middle, so that no client can take what it got for the whole. */
export function cut(response: ServerResponse): void {
  const { socket } = response;
  if (!socket || socket.destroyed) return;
  const delimitedByClose = !response.chunkedEncoding && !response.hasHeader('content-length');
  // A FIN would look like the regular end of such a body. TLS has its own truncation check (close_notify).
  if (delimitedByClose && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket.destroy();
}
