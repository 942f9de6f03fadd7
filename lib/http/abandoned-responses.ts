import type { ServerResponse } from 'node:http';
import { runningHandler } from './handlers.js';

/**
 * Responses whose client has vanished while they had no answer. Nobody reads one any more, but a handler may be at work for
 * it, which must not be cut. Held weakly: a handler that never answers must not cost memory for ever.
 *
 * ```
 * Nest's handler is at work          work, until it settles or answers
 * it has returned                    a long poll that nobody will answer, or work by callbacks: see `AbandonedWork`
 * nobody knows (middleware and so)   work, as long as anybody holds the response
 * ```
 */
export class AbandonedResponses {
  private refs: WeakRef<ServerResponse>[] = [];
  private pruneAt = 64;

  constructor(private readonly onAnswered: () => void = () => undefined) {}

  add(response: Tagged): void {
    const over = () => {
      response[OVER] = true;
      this.onAnswered();
    };
    whenAnswered(response, over);
    const returned = () => {
      if (response[OVER]) return;
      response[RETURNED] = true;
      this.onAnswered();
    };
    runningHandler(response)?.then(returned, returned);
    this.refs.push(new WeakRef(response));
    if (this.refs.length >= this.pruneAt) {
      this.refs = this.refs.filter((ref) => isUnanswered(ref.deref()));
      this.pruneAt = Math.max(64, this.refs.length * 2); // so that pruning stays cheap per connection
    }
  }

  /** Those for which a handler is at work, as far as anybody can tell. */
  unanswered(): ServerResponse[] {
    return this.existing().filter((response) => !hasReturned(response));
  }

  /** Those whose handlers have returned without an answer. */
  returned(): ServerResponse[] {
    return this.existing().filter(hasReturned);
  }

  private existing(): ServerResponse[] {
    return this.refs
      .map((ref) => ref.deref())
      .filter((response): response is ServerResponse => isUnanswered(response));
  }
}

/** Once headers are out the rest is streaming, which ends with its socket; until then a handler is at work. */
export function isUnanswered(response: Tagged | undefined): boolean {
  if (response === undefined || response[OVER]) return false;
  return !response.writableEnded && !response.headersSent;
}

/** Whether the handler of a response whose client has gone has returned. */
export function hasReturned(response: Tagged): boolean {
  return response[RETURNED] === true;
}

/** Calls back when the handler answers a client that has gone, in whatever way: nothing else tells of it then. */
export function whenAnswered(response: ServerResponse, callback: () => void): void {
  for (const method of ['writeHead', 'flushHeaders', 'write', 'end'] as const) {
    const original = response[method].bind(response) as (...args: unknown[]) => unknown;
    response[method] = ((...args: unknown[]) => {
      callback();
      return original(...args);
    }) as never;
  }
  response.once('pipe', callback); // into a destroyed response nothing is written
}

const OVER = Symbol('nestjs-graceful.answered');
const RETURNED = Symbol('nestjs-graceful.returned');

interface Tagged extends ServerResponse {
  [OVER]?: boolean;
  [RETURNED]?: boolean;
}
