import type { Server } from 'node:http';
import { receivingSockets } from './node-internals.js';
import { stopsGently } from './stop-listening.js';

/**
 * Says what of a drain does not hold in this runtime, because its HTTP server lacks what Node's has; undefined when all of
 * it does. Looked for in the server itself, and not by name: a Node that changes is told of as well.
 *
 * @param server of HTTP/1.1
 * @param runtime such as `Bun 1.4.5`
 */
export function runtimeAdvice(server: Server, runtime: string): string | undefined {
  const gaps = [
    ...(stopsGently(server) ? [] : ['idle connections are closed in the moment the listener is']),
    ...(receivingSockets(server)
      ? []
      : ['on a connection that is kept, a request whose head is not complete is not waited for']),
  ];
  if (gaps.length === 0) return undefined;
  return (
    `On ${runtime} requests in flight are finished as on Node, but ${gaps.join(', and ')}: ` +
    'a client may have to send such a request again at a restart.'
  );
}
