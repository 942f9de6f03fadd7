import { connect } from 'node:net';
import { forward } from './forward.js';
import { listen, type Listener } from './listen.js';

/**
 * A stretch of network in front of a port of this machine. On loopback the moment in which a client uses a connection
 * that the server is just closing lasts microseconds, and every shutdown looks perfect.
 */
export function distance(targetPort: number, delayMs: number): Promise<Listener> {
  return listen((near) =>
    forward(near, () => connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true }), {
      delayMs,
    }),
  );
}
