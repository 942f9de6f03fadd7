import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { headersSoFar } from './handlers.js';
import { closeResponse, detach } from './node-internals.js';

/** What a refusal tells the client. */
export interface RefusalTerms {
  /** When to come back, in seconds. */
  readonly retryAfterSeconds: number;
  /** `retry:` for a client of server-sent events; may be empty. */
  readonly retryLine: () => string;
}

/**
 * Answers a request whose handler has run out of time with a complete 503, and closes the connection without an RST
 * overtaking the answer (RFC 9112 section 9.6). Resolves when the client has closed it, too: until then it may still be
 * sending its body, and only a socket that is open reads it without an RST.
 *
 * The response object is taken off its socket first: when the handler comes back it writes into nothing, instead of
 * failing with ERR_HTTP_HEADERS_SENT into the application's exception filter. To the handler it looks as if its client had
 * left, so that it lets go of what it holds.
 */
export function refuse(response: ServerResponse, terms: RefusalTerms): Promise<void> {
  const { socket } = response;
  if (!socket || socket.destroyed) return Promise.resolve();
  const message = refusalMessage(response, terms);
  detach(response, socket);
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  socket.end(message);
  letGo(response);
  return closed;
}

/** To whoever listens to a request or its response, its client has left. */
export function letGo(response: ServerResponse): void {
  abandonBody(response.req);
  closeResponse(response);
}

/**
 * Tells whoever reads the body of a refused request that no more will come, just as if its client had gone: the handler
 * must not run for a client that will try again. What does come is dropped, for if it stayed in the kernel, closing
 * would send an RST.
 */
export function abandonBody(request: IncomingMessage): void {
  if (request.destroyed || (request.complete && request.httpVersionMajor > 1)) return;
  request.push = () => true;
  request._read(0); // a slow reader may have stopped the socket
  request._destroy = (error, callback) => {
    // A request of HTTP/2 does that itself. One whose body has been read to its end is not aborted.
    if (request.httpVersionMajor < 2 && !(request.complete && request.readableEnded)) {
      request.aborted = true;
      request.emit('aborted');
    }
    callback(request.listenerCount('error') > 0 ? error : null);
  };
  if (request.complete) return void request.destroy(); // as after any request whose client leaves
  request.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })); // as Node names it
}

/** What every refusal says, besides its length and when to come back. */
export const REFUSAL_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
} as const;

/** What answers an `EventSource` that must not be told 503, which would end it for good (WHATWG HTML, "Server-sent events"). */
export const EVENT_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
} as const;

/** Whether an `EventSource`, or a client that acts as one, waits for the answer. */
export function wantsEvents({ req }: ServerResponse): boolean {
  return req.method === 'GET' && /\btext\/event-stream\b/i.test(req.headers.accept ?? '');
}

/** The shape of Nest's own error bodies, so that clients need no second parser. */
export function refusalBody(): string {
  return JSON.stringify({
    statusCode: 503,
    message: 'The server is shutting down and could not finish this request in time.',
    error: 'Service Unavailable',
  });
}

function refusalMessage(response: ServerResponse, terms: RefusalTerms): string {
  const kept = Object.entries(keptHeaders(response)).flatMap(([name, value]) =>
    [value].flat().map((one) => `${name}: ${String(one)}`),
  );
  const head = (status: string, headers: Readonly<Record<string, unknown>>) =>
    [
      `HTTP/1.1 ${status}`,
      `Date: ${new Date().toUTCString()}`,
      ...kept,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
      'Connection: close',
      '',
      '',
    ].join('\r\n');
  if (wantsEvents(response)) {
    const line = terms.retryLine() || ': \n\n';
    const headers = { ...EVENT_HEADERS, 'transfer-encoding': 'chunked' };
    // Without the last chunk, so that every client hears that this was not the whole of it.
    return `${head('200 OK', headers)}${line.length.toString(16)}\r\n${line}\r\n`;
  }
  const body = refusalBody();
  const headers = {
    ...REFUSAL_HEADERS,
    'content-length': Buffer.byteLength(body),
    'retry-after': terms.retryAfterSeconds,
  };
  const isHead = response.req.method === 'HEAD';
  return `${head('503 Service Unavailable', headers)}${isHead ? '' : body}`;
}

/** What the application has put on the response and that is true of any answer: CORS, cookies, a request's id. */
export function keptHeaders(response: ServerResponse): OutgoingHttpHeaders {
  const headers = Object.entries(headersSoFar(response));
  return Object.fromEntries(
    headers.filter(([name, value]) => value !== undefined && !OF_ITS_ANSWER.test(name)),
  );
}

/** Headers of an answer that will not come, or of a connection. */
const OF_ITS_ANSWER =
  /^(content-(type|length|encoding|range|disposition|language|location|md5)|transfer-encoding|trailer|te|connection|keep-alive|upgrade|date|cache-control|pragma|expires|etag|last-modified|accept-ranges|location|retry-after)$/i;

/** Ends a response in the middle, so that no client can take what it got for the whole. */
export function cut(response: ServerResponse): void {
  const { socket } = response;
  if (!socket || socket.destroyed) return;
  const delimitedByClose = !response.chunkedEncoding && !response.hasHeader('content-length');
  // A FIN would look like the regular end of such a body. TLS has its own truncation check (close_notify).
  if (delimitedByClose && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket.destroy();
}
