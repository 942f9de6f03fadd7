import type { Server, Socket } from 'node:net';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../time/clock.js';
import { Http2Connection } from './http2-connection.js';
import { stopListening } from './stop-listening.js';

/**
 * How long a session that is never without a stream may go without GOAWAY in the wait for the load balancers, in milliseconds:
 * half of the time that there is at least, or a quarter of what there is at most.
 */
export function goAwayWithinMs(wait: {
  propagationFloorMs: number;
  propagationCapMs: number;
}): number {
  if (wait.propagationCapMs === 0) return Infinity; // the drain begins at once, and tells them
  return Math.max(wait.propagationFloorMs / 2, wait.propagationCapMs / 4);
}

/** The sessions of an HTTP/2 server that others answer: they leave as those of ours do, but their streams are not counted. */
export class Http2Sessions {
  private readonly connections = new Set<Http2Connection>();
  private readonly toBeTold = new WeakSet<Http2Connection>();
  private left?: Promise<void>;

  /** Follows those that begin from now on. With TLS there are none to follow. */
  constructor(
    private readonly server: Server,
    clock: Clock,
    /** The first step comes at the latest after this, in milliseconds, however many calls are in flight. */
    private readonly latestMs: number,
  ) {
    server.on('session', (session: ServerHttp2Session) => Http2Connection.note(session));
    // Node's own listener has made the session of it by now.
    server.on('connection', (socket: Socket) => {
      const session = Http2Connection.sessionOn(socket);
      if (!session) return;
      const connection = new Http2Connection(session, socket, clock, () => undefined);
      this.connections.add(connection);
      socket.once('close', () => this.connections.delete(connection));
    });
    server.on('stream', (stream: ServerHttp2Stream) => {
      const connection = Http2Connection.ofSession(stream.session);
      if (!connection) return;
      connection.carry(stream);
      if (this.toBeTold.has(connection)) this.tell(connection);
    });
  }

  /**
   * The first step: clients go elsewhere, and what they send is still served. To those that ask nothing, it can wait. Not to
   * those that come from now on: a gRPC client tries the first of its addresses again, and would be sent away with each call.
   */
  sayGoAway(): void {
    for (const connection of this.connections) {
      this.toBeTold.add(connection);
      if (connection.used) this.tell(connection);
    }
  }

  /**
   * Stops listening, and takes both steps; resolves when the second is done. At once, calls or none: clients of gRPC keep what
   * is in flight at a GOAWAY, unlike some of HTTP, and put all calls on one session, which would go on taking new ones.
   */
  leave(): Promise<void> {
    this.left ??= this.leaveOnce();
    return this.left;
  }

  private tell(connection: Http2Connection): void {
    connection.sayGoAway(this.latestMs);
    this.toBeTold.delete(connection);
  }

  private async leaveOnce(): Promise<void> {
    stopListening(this.server);
    const left = [...this.connections].map((connection) => {
      return new Promise<void>((resolve) => {
        connection.socket.once('close', () => resolve());
        connection.leave(resolve, 0);
      });
    });
    await Promise.all(left);
  }
}
