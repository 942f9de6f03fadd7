import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Connection } from './connection.js';
import { connectionOf } from './connection-of.js';
import type { ConnectionTracker } from './connection-tracker.js';
import { serverOf } from './node-internals.js';
import { isHttpServer, OwnServer } from './own-server.js';
import { interceptRequests, type RequestInterceptor } from './request-interceptor.js';
import { SharedServers } from './shared-servers.js';
import { stopListening } from './stop-listening.js';

/** Takes note of a request before the application does; false when it can't be answered any more. */
type Admission = (
  request: IncomingMessage,
  response: ServerResponse,
  connection: Connection | undefined,
) => boolean;

/** The servers of one application: Nest's, and those that the application has made itself. */
export class FollowedServers {
  /** Where this application stands, for the others that share a server with it. */
  readonly shared = new SharedServers();
  /** With what stops each from listening. */
  private readonly servers = new Map<Server, () => void>();
  /** Those to come stop at once. */
  private stopping = false;
  /** Nothing is followed any more. */
  private released = false;

  constructor(
    private readonly tracker: ConnectionTracker,
    private readonly admit: Admission,
  ) {}

  /** Starts to follow a server. `answerProbe` answers what the application must not see. Idempotent. */
  attach(server: Server, answerProbe?: RequestInterceptor): void {
    if (this.servers.has(server)) return;
    this.servers.set(server, () => stopListening(server));
    this.tracker.attach(server);
    interceptRequests(server, this.interceptor(answerProbe));
  }

  /**
   * Starts to follow a server that the application has made, and will close. Idempotent. Without `answerProbe`, requests
   * are expected at `arrive()` when they come to the application.
   */
  followOwn(server: Server, answerProbe?: RequestInterceptor): void {
    if (this.servers.has(server)) return;
    const followed = new OwnServer(server, this.interceptor(answerProbe), () => {
      this.servers.delete(server);
      this.shared.leave(server);
    });
    this.shared.join(server);
    const stop = () => this.shared.isNeeded(server) || followed.stopListening();
    this.servers.set(server, stop);
    this.tracker.attach(server, { own: true, probed: answerProbe !== undefined });
    if (this.stopping) stop();
  }

  follows(server: Server): boolean {
    return this.servers.has(server);
  }

  [Symbol.iterator](): Iterator<Server> {
    return this.servers.keys();
  }

  get size(): number {
    return this.servers.size;
  }

  /** Whether traffic comes: to a listener, or by sockets that somebody else accepts and hands over. */
  get serving(): boolean {
    return [...this.servers.keys()].some(({ listening }) => listening) || this.tracker.handedOver;
  }

  /** Whether the server of a connection serves another application as well, which does not end now. */
  isShared({ through, socket }: Connection): boolean {
    if (!through.own) return false;
    const server = serverOf(socket);
    return server !== undefined && this.shared.isServing(server);
  }

  /** A request has come to the application, maybe past the servers that are followed; true when it has been answered. */
  arrive(
    request: IncomingMessage,
    response: ServerResponse,
    answerProbe?: RequestInterceptor,
  ): boolean {
    const known = connectionOf(request);
    // Another application in the process may know it as well.
    const ours = known !== undefined && this.tracker.connections.has(known);
    if ((ours && known.through.probed) || this.released) return false;
    if (!ours) {
      const late = this.connectionOfStranger(request);
      if (!late) return false;
      if (!this.admit(request, response, late)) return true;
    }
    return answerProbe !== undefined && answerProbe(request, response);
  }

  /** Those that are found from now on stop at once. */
  stopThoseToCome(): void {
    this.stopping = true;
  }

  /** Stops them all from listening, and what hands sockets over to them. */
  stopListening(): void {
    for (const stop of this.servers.values()) stop();
    for (const acceptor of this.tracker.acceptors) new OwnServer(acceptor).stopListening();
  }

  /** The application is over. A server that it shared goes on for others, and its connections with it. */
  release(): void {
    this.released = true;
    for (const connection of this.tracker.connections) {
      if (this.isShared(connection)) connection.stay();
    }
  }

  private interceptor(answerProbe?: RequestInterceptor): RequestInterceptor {
    return (request, response) => {
      if (this.released) return false;
      const connection = connectionOf(request) ?? this.connectionOfStranger(request);
      if (!this.admit(request, response, connection)) return true;
      return answerProbe !== undefined && answerProbe(request, response);
    };
  }

  /** The connection of a request that no server which is followed has brought: from now on that server is, too. */
  private connectionOfStranger(request: IncomingMessage): Connection | undefined {
    if (request.httpVersionMajor > 1) return undefined;
    const server = serverOf(request.socket);
    if (!isHttpServer(server)) return undefined; // a request that is injected has none
    this.followOwn(server);
    return this.tracker.adopt(request.socket, server);
  }
}
