import type { ServerResponse } from 'node:http';
import type { Connection } from './connection.js';
import { currentResponse, unsetConnectionHeader } from './node-internals.js';

const REPLACED = Symbol('nestjs-graceful.replaced');

/** Says close on the newest response of a connection: on an earlier one of a pipeline it would take the later ones with it. */
export function sayClose(connection: Connection): void {
  const responses: Tagged[] = connection.unfinished();
  const newest = responses.pop();
  for (const earlier of responses) {
    delete earlier[REPLACED];
    if (!earlier.headersSent) unsetConnectionHeader(earlier);
  }
  if (!newest || newest.headersSent || REPLACED in newest) return;
  newest[REPLACED] = newest.getHeader('connection');
  newest.setHeader('Connection', 'close');
}

/** Takes back what `sayClose` has said and nobody has heard yet. */
export function takeBackClose(connection: Connection): void {
  for (const response of connection.unfinished() as Tagged[]) {
    if (!(REPLACED in response)) continue;
    const replaced = response[REPLACED];
    delete response[REPLACED];
    // The application may have set its own since.
    if (response.headersSent || !saysClose(response)) continue;
    if (replaced === undefined) unsetConnectionHeader(response);
    else response.setHeader('Connection', replaced);
  }
}

/** Our FIN or our `Connection: close` is out. Not running a handler any more makes a retry elsewhere safe. */
export function isLeaving(connection: Connection): boolean {
  if (connection.ended) return true;
  // Node closes a connection some steps after the last byte of its last response.
  const current = currentResponse(connection.socket);
  const responses = [...(current ? [current] : []), ...connection.unfinished()];
  return responses.some((response) => response.headersSent && saysClose(response));
}

function saysClose(response: ServerResponse): boolean {
  return String(response.getHeader('connection')).toLowerCase() === 'close';
}

interface Tagged extends ServerResponse {
  /** The `Connection` header in whose place we have put ours. */
  [REPLACED]?: ReturnType<ServerResponse['getHeader']>;
}
