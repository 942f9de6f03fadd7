import type { Server, Socket } from 'node:net';
import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { MessageCounter } from './message-counter.js';
import type { RpcServer } from './rpc-server.js';
import { settled } from '../../time/settled.js';

/** `ServerTCP` (microservices 11 and 12, `server/server-tcp.js`). */
interface TcpServer extends RpcServer {
  readonly server: Server;
  readonly host?: string;
  readonly port?: number | string;
  /** From 11.2.5 and 12.0.4 on. */
  readonly openSockets?: ReadonlySet<Socket>;
  isManuallyTerminated?: boolean;
}

/**
 * Its clients find it as they find HTTP, and learn as late that it leaves: it serves until the drain begins. Then nobody
 * can connect any more, and requests that have not been read stay unread, so that a client with plenty of them does not
 * hold the drain until its deadline: it is told of the end of its connection, and none of those was begun.
 */
export function tcpSource(rpc: RpcServer, host: IntegrationHost): WorkSource {
  const server = rpc as TcpServer;
  const messages = new MessageCounter(server, host);
  const sockets = server.openSockets ?? socketsOf(server.server);
  return {
    name: `TCP server ${server.host}:${server.port}`,
    kind: 'message',
    stopTaking: () => undefined,
    lastArrival: () => messages.lastArrival,
    inFlight: () => messages.list(),
    begun: () => messages.begun,
    release: () => messages.abandon(),
    async finished(signal) {
      server.isManuallyTerminated = true; // else `retryAttempts` would listen again, once all have disconnected
      if (server.server.listening) server.server.close();
      for (const socket of sockets) socket.pause();
      await messages.idle(signal);
      // Nest destroys the connections, and with them what is not written.
      await settled(Promise.all([...sockets].map(written)), signal);
    },
  };
}

async function written(socket: Socket): Promise<void> {
  if (socket.writable) await new Promise((resolve) => void socket.write('', resolve));
}

/** The connections of a server from now on. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const add = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', add).on('secureConnection', add);
  return sockets;
}
