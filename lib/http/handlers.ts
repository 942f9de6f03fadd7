import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

const RUNNING = Symbol('nestjs-graceful.running');
const REPLY = Symbol('nestjs-graceful.reply');

/** What the framework hands to a handler instead of Node's response; Fastify keeps headers in it until it sends. */
interface Reply {
  getHeaders?(): OutgoingHttpHeaders;
}

/** A handler of Nest's router is at work for a response. On the steady-state path: two properties, and nobody listens. */
export function noteHandler(response: Tagged, reply: object, running: Promise<unknown>): void {
  response[RUNNING] = running;
  if (reply !== response) response[REPLY] = reply;
}

/** Settles when the handler of a response has; undefined where Nest's router has not come to it, or never will. */
export function runningHandler(response: Tagged): Promise<unknown> | undefined {
  return response[RUNNING];
}

/** What the application has put on a response so far. */
export function headersSoFar(response: Tagged): OutgoingHttpHeaders {
  const reply: Reply | undefined = response[REPLY];
  return { ...response.getHeaders(), ...reply?.getHeaders?.() };
}

interface Tagged extends ServerResponse {
  [RUNNING]?: Promise<unknown>;
  [REPLY]?: object;
}
