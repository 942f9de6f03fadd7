import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2Server } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../time/clock.js';
import { AbandonedResponses, isUnanswered } from './abandoned-responses.js';
import type { Connection, ServerKind } from './connection.js';
import { Http1Connection } from './http1-connection.js';
import { Http2Connection } from './http2-connection.js';
import { acceptorOf, openSockets, socketBelow } from './node-internals.js';

/** Told of connections as they come and go. */
export interface ConnectionObserver {
  opened(connection: Connection): void;
  gone(connection: Connection): void;
  /** A client has given up one stream of its session, and a handler is still at work for it. */
  abandoned(response: ServerResponse): void;
  /** A handler has answered a client that had gone. */
  answeredNobody(): void;
}

/** Knows every open connection of the servers it is attached to. Costs something per connection, nothing per request. */
export class ConnectionTracker {
  readonly connections = new Set<Connection>();
  /** How many TCP connections there have been. */
  accepted = 0;
  /** Whether connections came while their server did not listen: somebody else accepts them, and hands them over. */
  handedOver = false;
  /** Who has accepted those. */
  readonly acceptors = new Set<NetServer>();
  readonly abandoned = new AbandonedResponses(() => this.observer.answeredNobody());
  /** TCP connections whose TLS handshake is not over, by their sockets; they become connections when it is. */
  private readonly handshakes = new Map<Socket, Connection>();

  private readonly kinds = new WeakMap<Server, ServerKind>();

  constructor(
    private readonly clock: Clock,
    private readonly observer: ConnectionObserver,
  ) {}

  /** Follows a server; `kind` is that of a server which is not Nest's. */
  attach(server: Server, kind?: ServerKind): void {
    if (kind) this.kinds.set(server, kind);
    server.on('connection', (socket: Socket) => {
      this.accepted++;
      if (!server.listening) this.isHandedOver(socket, server);
    });
    if (speaksHttp2(server)) server.on('session', (session) => Http2Connection.note(session));
    if (isTls(server)) {
      server.on('connection', (socket: Socket) => this.beginHandshake(socket));
      server.on('secureConnection', (socket: TLSSocket) => this.endHandshake(socket, server));
    } else {
      server.on('connection', (socket: Socket) => void this.open(socket, server));
    }
    markUpgrades(server);
    for (const socket of openSockets(server)) this.adopt(socket, server);
  }

  /** Follows a connection from before its server was followed. */
  adopt(socket: Socket, server: Server): Connection {
    const known = Http1Connection.of(socket);
    if (known && this.connections.has(known)) return known;
    const connection = this.open(socket, server);
    connection.used = true;
    return connection;
  }

  /** The newest moment at which a connection was opened that is still open and has not said anything. */
  lastSilentOpening(): number {
    let last = 0;
    const look = ({ used, upgraded, openedAt }: Connection) => {
      if (!used && !upgraded) last = Math.max(last, openedAt);
    };
    this.connections.forEach(look);
    this.handshakes.forEach(look);
    return last;
  }

  /** Everything that is open, handshakes included. */
  all(): Connection[] {
    return [...this.connections, ...this.handshakes.values()];
  }

  /** Marks those of these connections that have said something: a request has begun on them. */
  expectOn(receiving: ReadonlySet<Socket>): void {
    for (const connection of this.connections) {
      if (receiving.has(connection.socket) && !connection.silent) connection.expectRequest();
    }
  }

  /**
   * The same, for a runtime that doesn't tell: marks what has sent something, and no whole request yet. A further request
   * on a connection that has carried one is not seen before its head is complete.
   */
  expectFirstRequests(): void {
    for (const connection of this.connections) {
      const { used, upgraded, silent } = connection;
      if (!used && !upgraded && !silent) connection.expectRequest();
    }
  }

  /** Marks the handshakes that have begun. */
  expectHandshakes(): void {
    for (const handshake of this.handshakes.values()) {
      if (!handshake.silent) handshake.expectRequest();
    }
  }

  private open(socket: Socket, server: Server): Connection {
    const connection = this.connectionOn(socket);
    connection.through = this.kinds.get(server) ?? connection.through;
    this.connections.add(connection);
    this.observer.opened(connection);
    socket.on('close', () => {
      this.connections.delete(connection);
      for (const response of connection.leftBehind()) {
        if (isUnanswered(response)) this.abandoned.add(response);
      }
      this.observer.gone(connection);
    });
    return connection;
  }

  /** Behind a parser of the PROXY protocol, in a worker with sticky sessions: somebody else listens. */
  private isHandedOver(socket: Socket, server: Server): void {
    this.handedOver = true;
    const acceptor = acceptorOf(socket);
    if (acceptor && acceptor !== server) this.acceptors.add(acceptor);
  }

  private connectionOn(socket: Socket): Connection {
    const session = Http2Connection.sessionOn(socket);
    // Another application in this process may follow the same server.
    const known = session ? Http2Connection.ofSession(session) : Http1Connection.of(socket);
    if (known) return known;
    if (!session) return new Http1Connection(socket, this.clock);
    return new Http2Connection(session, socket, this.clock, (response) => {
      this.abandoned.add(response);
      this.observer.abandoned(response);
    });
  }

  private beginHandshake(socket: Socket): void {
    this.handshakes.set(socket, new Http1Connection(socket, this.clock));
    socket.on('close', () => this.forgetHandshake(socket));
  }

  private endHandshake(secure: TLSSocket, server: Server): void {
    this.open(secure, server);
    const below = socketBelow(secure) ?? this.byAddress(secure);
    if (below) this.forgetHandshake(below);
  }

  private forgetHandshake(socket: Socket): void {
    const handshake = this.handshakes.get(socket);
    if (handshake && this.handshakes.delete(socket)) this.observer.gone(handshake);
  }

  /** Where Node does not tell the TCP socket: the peer's address is the same, except on a Unix domain socket, which has none. */
  private byAddress({ remoteAddress, remotePort }: TLSSocket): Socket | undefined {
    if (remotePort === undefined) return undefined;
    return [...this.handshakes.keys()].find(
      (socket) => socket.remotePort === remotePort && socket.remoteAddress === remoteAddress,
    );
  }
}

/** Whether its connections begin with a handshake. */
export function isTls(server: object): boolean {
  return 'setSecureContext' in server;
}

/** Whether a server speaks HTTP/2; with `allowHTTP1`, HTTP/1.1 as well. */
export function speaksHttp2(server: object): server is Http2Server {
  return 'updateSettings' in server;
}

/**
 * Marks connections that leave HTTP. Node changes its behaviour as soon as anybody listens for 'upgrade' (it stops
 * answering such requests as ordinary ones), so ours comes and goes with the application's own.
 */
function markUpgrades(server: Server): void {
  const mark = (request: IncomingMessage) => {
    if (request.httpVersionMajor > 1) return; // a stream of a session that goes on
    const connection = Http1Connection.of(request.socket);
    if (connection) connection.upgraded = true;
  };
  for (const event of ['upgrade', 'connect'] as const) {
    if (server.listenerCount(event) > 0) server.prependListener(event, mark);
    server.on('newListener', (name: string, listener: unknown) => {
      if (name !== event || listener === mark || server.listeners(event).includes(mark)) return;
      server.prependListener(event, mark);
    });
    server.on('removeListener', (name: string, listener: unknown) => {
      if (name !== event || listener === mark) return;
      if (server.listeners(event).every((other) => other === mark)) server.off(event, mark);
    });
  }
}
