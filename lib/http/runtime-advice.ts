import type { Server } from 'node:http';
import { runtimeGaps } from '../log/boot-lines.js';
import type { Line } from '../log/line.js';
import { receivingSockets } from './node-internals.js';
import { stopsGently } from './stop-listening.js';

/**
 * Says what of a drain does not hold in this runtime, because its HTTP server lacks what Node's has; undefined when all of
 * it does. Looked for in the server itself, and not by name: a Node that changes is told of as well.
 *
 * @param server of HTTP/1.1
 * @param runtime such as `Bun 1.4.5`
 */
export function runtimeAdvice(server: Server, runtime: string): Line | undefined {
  const closesIdle = !stopsGently(server);
  const dropsHalfHeads = !receivingSockets(server);
  if (!closesIdle && !dropsHalfHeads) return undefined;
  return runtimeGaps({ runtime, closesIdle, dropsHalfHeads });
}
