import type { ServerResponse } from 'node:http';
import { setImmediate } from '../process/real-timers.js';
import { headOf } from './node-internals.js';

/** What clients of server-sent events are told before their stream ends. */
export interface Farewell {
  /** Clients come back after a random time up to this, in milliseconds, and at least half of it; 0 leaves it to them. */
  readonly retryMs: number;
  /** Sent last, with `event:` and `data:`. */
  readonly lastEvent?: { readonly type?: string; readonly data: string };
}

/**
 * Ends a stream of server-sent events in a way that an EventSource understands: it closes cleanly, so the client comes
 * back, to another instance. One that has not begun to stream ends as soon as it does; another response is left alone.
 */
export function endEventStream(response: ServerResponse, farewell: Farewell): void {
  if (response.headersSent) {
    if (isEventStream(response)) end(response, farewell);
    return;
  }
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  // Also called by Node for a head that nobody writes by hand (lib/_http_server.js `_implicitHeader`).
  response.writeHead = (...args: unknown[]) => {
    const result = writeHead(...args);
    if (isEventStream(response)) setImmediate(() => end(response, farewell));
    return result;
  };
}

function isEventStream(response: ServerResponse): boolean {
  const head = headOf(response);
  // HTTP/2 has no head as text, and keeps the headers of one that is sent.
  if (typeof head !== 'string') return /^text\/event-stream/i.test(typeOf(response));
  return /^content-type: *text\/event-stream/im.test(head);
}

function typeOf(response: ServerResponse): string {
  return String(response.getHeader('content-type'));
}

function end(response: ServerResponse, { retryMs, lastEvent }: Farewell): void {
  if (response.writableEnded || response.destroyed) return;
  response.on('error', () => undefined); // whoever streams may write once more before it hears of the end
  const retry = Math.round(retryMs * (0.5 + Math.random() / 2));
  if (retry > 0) response.write(`retry: ${retry}\n\n`);
  if (lastEvent) {
    const type = lastEvent.type === undefined ? '' : `event: ${lastEvent.type}\n`;
    const data = lastEvent.data
      .split(/\r\n|\r|\n/)
      .map((line) => `data: ${line}\n`)
      .join('');
    response.write(`${type}${data}\n`);
  }
  response.end();
}
