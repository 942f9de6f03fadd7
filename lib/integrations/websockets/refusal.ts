import type { Duplex } from 'node:stream';
import { hasMethods } from '../kit/shape.js';

/** A WebSocketServer of `ws` 7 and 8. */
interface WsServer {
  handleUpgrade(request: unknown, socket: Duplex, ...rest: unknown[]): void;
}

/** The engine of a socket.io server; not there before that is attached to something. */
interface Engine {
  readonly opts: { allowRequest?: (request: unknown, callback: Answer) => void };
}

type Answer = (message: string | null, success: boolean) => void;

const UNAVAILABLE =
  'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** From now on nobody gets a new connection, whichever way he comes: by HTTP's port or by one of its own. */
export function refuseClients(server: object): void {
  const engine = engineOf(server);
  if (engine) {
    engine.opts.allowRequest = (_request, answer) => answer('the server is shutting down', false);
  } else if (hasMethods(server, 'handleUpgrade', 'shouldHandle')) {
    (server as WsServer).handleUpgrade = (_request, socket) => {
      socket.on('error', () => undefined); // the client may have gone
      socket.end(UNAVAILABLE);
    };
  }
}

/** Of a server of socket.io, or of one of its namespaces. */
function engineOf(server: object): Engine | undefined {
  const io = hasMethods(server, 'of') ? server : (server as { server?: unknown }).server;
  const { engine } = (io ?? {}) as { engine?: Partial<Engine> };
  return typeof engine?.opts === 'object' && hasMethods(io, 'of') ? (engine as Engine) : undefined;
}
