import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse, type ServerHttp2Stream } from 'node:http2';
import { turn } from '../time/real-timers.js';
import {
  abandonBody,
  EVENT_HEADERS,
  keptHeaders,
  REFUSAL_HEADERS,
  refusalBody,
  wantsEvents,
  type RefusalTerms,
} from './refusal.js';

/**
 * Refuses a stream that has no answer yet, and resets one that has part of it. Resolves when it is closed, and its last frames
 * are out: Bun 1.4 says that it is closed before it has written them, and whoever destroys the socket then loses them.
 */
export function cutStream(response: ServerResponse, terms: RefusalTerms): Promise<void> {
  const stream = streamOf(response);
  if (stream.destroyed) return Promise.resolve();
  const closed = new Promise<void>((resolve) => void stream.once('close', resolve)).then(turn);
  if (response.headersSent) resetStream(response);
  else refuse(stream, response, terms);
  return closed;
}

/**
 * Answers a stream whose handler has run out of time with a complete 503. The handler, when it comes
 * back, writes into nothing.
 */
function refuse(stream: ServerHttp2Stream, response: ServerResponse, terms: RefusalTerms): void {
  const kept = keptHeaders(response);
  for (const method of WRITING) if (method in response) response[method] = () => response;
  const { req } = response;
  const bodyIsComing = !req.complete;
  abandonBody(req);
  if (wantsEvents(response)) {
    stream.respond({ ...kept, [constants.HTTP2_HEADER_STATUS]: 200, ...EVENT_HEADERS });
    stream.end(terms.retryLine() || ': \n\n');
    return;
  }
  const body = refusalBody();
  stream.respond({
    ...kept,
    [constants.HTTP2_HEADER_STATUS]: 503,
    'content-length': Buffer.byteLength(body),
    'retry-after': String(terms.retryAfterSeconds),
    ...REFUSAL_HEADERS,
  });
  stream.end(req.method === 'HEAD' ? undefined : body);
  // Behind a whole answer: the client shall stop sending (RFC 9113 section 8.1).
  if (bodyIsComing) stream.close(constants.NGHTTP2_NO_ERROR);
}

/**
 * Ends a response in the middle. Not with CANCEL, after which Node's own client, for one, gives out what it got as if it
 * were the whole.
 */
export function resetStream(response: ServerResponse): void {
  streamOf(response).close(constants.NGHTTP2_INTERNAL_ERROR);
}

/** Node's HTTP/2 compatibility response is close enough to `ServerResponse` to be treated as one. */
export function streamOf(response: ServerResponse): Http2ServerResponse['stream'] {
  return (response as unknown as Http2ServerResponse).stream;
}

/** Those that would throw once the answer is out. */
const WRITING = [
  'setHeader',
  'appendHeader',
  'removeHeader',
  'setTrailer',
  'addTrailers',
  'writeHead',
  'flushHeaders',
  'write',
  'end',
] as Array<'end'>;
