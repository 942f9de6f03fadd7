import type { IncomingMessage, ServerResponse } from 'node:http';
import { resetStream, streamOf } from './http2-deadline.js';
import { headOf } from './node-internals.js';
import { cut } from './refusal.js';

/** What clients of server-sent events are told before their stream ends. */
export interface Farewell {
  /** Clients come back after a random time up to this, in milliseconds, and at least half of it; 0 leaves it to them. */
  readonly retryMs: number;
  /** Sent last: an event with `event:` and `data:`, or a comment, which no client hands on. */
  readonly lastEvent?: LastEvent;
}

export type LastEvent =
  { readonly type?: string; readonly data: string } | { readonly comment: string };

/** Whether the answer is a stream of server-sent events. Known once its head is out. */
export function isEventStream(response: ServerResponse): boolean {
  if (!response.headersSent) return false;
  return /^content-type: *text\/event-stream/im.test(headOf(response));
}

/** Calls back with every head that is written, also by Node itself (lib/_http_server.js `_implicitHeader`). */
export function onHead(response: ServerResponse, callback: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = (...args: unknown[]) => {
    const result = writeHead(...args);
    callback();
    return result;
  };
}

/** What is sent of the farewell when the application has the last word itself. */
export function sayRetry(response: ServerResponse, farewell: Farewell): void {
  if (response.writableEnded || response.destroyed) return;
  const line = retryLine(farewell);
  if (line !== '') response.write(line);
}

/** `retry:` with a time of its own for each client, so that they do not all come back in one moment. */
export function retryLine({ retryMs }: Farewell): string {
  const retry = Math.round(retryMs * (0.5 + Math.random() / 2));
  return retry > 0 ? `retry: ${retry}\n\n` : '';
}

/**
 * Ends a stream of server-sent events in a way that an EventSource understands: it closes cleanly, so the client comes
 * back, to another instance. In the middle of an event it is cut instead: a clean end would hand on half an event.
 */
export function endEventStream(
  response: ServerResponse,
  farewell: Farewell,
  betweenEvents: boolean,
): void {
  if (response.writableEnded || response.destroyed) return;
  response.on('error', () => undefined); // whoever streams may write once more before it hears of the end
  if (!betweenEvents) return cutResponse(response);
  const last = `${retryLine(farewell)}${lastWords(farewell.lastEvent, response.req)}`;
  if (last !== '') response.write(last);
  response.end();
}

/** Ends a response that has begun so that its client hears that something is missing. */
export function cutResponse(response: ServerResponse): void {
  if (streamOf(response) === undefined) cut(response);
  else resetStream(response);
}

/**
 * A client that speaks a protocol in its events takes an event of ours for a message it can't read: the reader of OpenAI
 * and that of graphql-sse then fail. It is told in a comment, which every parser passes over.
 */
function lastWords(event: LastEvent | undefined, request: IncomingMessage): string {
  if (event === undefined) return '';
  if ('comment' in event) return `${lines(': ', event.comment)}\n`;
  if (hasProtocolOfItsOwn(request)) return `${lines(': ', event.data || (event.type ?? ''))}\n`;
  const type = event.type === undefined ? '' : `event: ${event.type}\n`;
  return `${type}${lines('data: ', event.data)}\n`;
}

/** MCP and GraphQL over server-sent events, and whoever would take JSON as well. */
function hasProtocolOfItsOwn({ headers, url }: IncomingMessage): boolean {
  if ('mcp-session-id' in headers || 'mcp-protocol-version' in headers) return true;
  if ('x-graphql-event-stream-token' in headers || /graphql/i.test(url ?? '')) return true;
  return /\bapplication\/(\S+\+)?json\b/i.test(headers.accept ?? '');
}

function lines(prefix: string, text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => `${prefix}${line}\n`)
    .join('');
}
