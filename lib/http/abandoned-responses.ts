import type { ServerResponse } from 'node:http';

/**
 * Responses whose client has vanished while the handler was still working for them. Nobody reads the answer, but the
 * work must not be cut. Held weakly: a handler that never answers must not cost memory for ever.
 */
export class AbandonedResponses {
  private refs: WeakRef<ServerResponse>[] = [];
  private pruneAt = 64;

  constructor(private readonly onAnswered: () => void = () => undefined) {}

  add(response: ServerResponse): void {
    whenAnswered(response, () => {
      (response as Tagged)[ANSWERED] = true;
      this.onAnswered();
    });
    this.refs.push(new WeakRef(response));
    if (this.refs.length >= this.pruneAt) {
      this.refs = this.refs.filter((ref) => isUnanswered(ref.deref()));
      this.pruneAt = Math.max(64, this.refs.length * 2); // so that pruning stays cheap per connection
    }
  }

  /** Those whose handlers have not answered yet. */
  unanswered(): ServerResponse[] {
    return this.refs
      .map((ref) => ref.deref())
      .filter((response): response is ServerResponse => isUnanswered(response));
  }
}

/** Once headers are out the rest is streaming, which ends with its socket; until then a handler is at work. */
export function isUnanswered(response: ServerResponse | undefined): boolean {
  if (response === undefined || (response as Tagged)[ANSWERED]) return false;
  return !response.writableEnded && !response.headersSent;
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

const ANSWERED = Symbol('nestjs-graceful.answered');

interface Tagged extends ServerResponse {
  [ANSWERED]?: boolean;
}
