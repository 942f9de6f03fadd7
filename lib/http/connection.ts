import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { currentResponse, isUpgrade } from './node-internals.js';

const CONNECTION = Symbol('nestjs-graceful.connection');

/** What kind of server a connection came through. */
export interface ServerKind {
  /** The application has made it, and closes it and what it has upgraded itself. */
  readonly own: boolean;
  /** Its requests have been offered to the probes before they come to the application. */
  readonly probed: boolean;
}

const OF_NEST: ServerKind = { own: false, probed: true };

/** One client connection, and the little that must be known of it when a shutdown begins. */
export class Connection {
  private currentSince = 0;
  /** Responses that wait behind the current one: HTTP/1.1 pipelining. */
  private queued?: ServerResponse[];
  /** Whether Node's own close is ours; `undefined` until it was for the first time. */
  private gentle?: boolean;
  /** What had been received when it was opened. */
  private readonly firstByte: number;

  /** Has carried a request, so it is not merely open. */
  used = false;
  /** No longer HTTP: it belongs to whoever accepted the upgrade. */
  upgraded = false;
  /** Its client has begun a request, or will soon: known from the start of the drain to the next request. */
  expecting = false;
  /** Its responses say `Connection: close`, as long as nobody takes that back. */
  closes = false;
  /** The last request that was answered on it since the announcement. */
  answered?: IncomingMessage;
  /** Its last response could not say `Connection: close`, so the client may send one more request. */
  unannounced = false;
  /** We have sent our FIN: nothing can be answered on it any more. */
  ended = false;
  /** What it came through. */
  through: ServerKind = OF_NEST;

  constructor(
    readonly socket: Socket,
    readonly openedAt: number,
  ) {
    this.firstByte = socket.bytesRead;
    (socket as Tagged)[CONNECTION] = this;
  }

  /** The connection behind a socket, if it came through a tracked server. */
  static of(socket: Tagged | null): Connection | undefined {
    return socket?.[CONNECTION];
  }

  /** A request has arrived. On the steady-state path: no listener, no allocation, nothing kept. */
  begin(response: ServerResponse, now: number): void {
    if (currentResponse(this.socket) !== response) {
      this.queued = [...(this.queued ?? []).filter((earlier) => !isOver(earlier)), response];
    }
    this.currentSince = now;
    this.used = true;
  }

  /** The responses that are not finished, oldest first. What came after our FIN is none. */
  unfinished(): ServerResponse[] {
    if (this.ended) return [];
    const current = currentResponse(this.socket);
    const queued = this.queued?.filter((response) => response !== current) ?? [];
    return [...(current ? [current] : []), ...queued].filter((response) => !isOver(response));
  }

  get busy(): boolean {
    return this.unfinished().length > 0;
  }

  /** Since when a request has been running; of a pipeline, since when the newest has. */
  since(_response: ServerResponse): number {
    return this.currentSince;
  }

  /** When its newest request came. */
  get busySince(): number {
    return this.currentSince;
  }

  /** Whether its client has ever sent anything. */
  get silent(): boolean {
    return this.socket.bytesRead <= this.firstByte;
  }

  /**
   * From now on Node's own close after a last response is ours. Node closes the socket as soon as the FIN is out, and
   * the kernel answers what the client is still sending with an RST, which can overtake the response (RFC 9112
   * section 9.6). `ended` is told when it comes to that.
   */
  endGently(ended: () => void): void {
    const wrapped = this.gentle !== undefined;
    this.gentle = true;
    if (wrapped) return;
    const { socket } = this;
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      if (!this.gentle || this.upgraded) return destroySoon();
      this.end();
      ended();
    };
  }

  /** Goes on as if nothing had been announced. */
  stay(): void {
    this.gentle = false;
    this.unannounced = false;
    this.answered = undefined;
  }

  /** Says goodbye with a FIN; what still arrives is read and dropped, so that no RST overtakes our last bytes. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.end();
  }
}

interface Tagged extends Socket {
  [CONNECTION]?: Connection;
}

/**
 * A destroyed response is over only once its handler has ended it: its client may have gone before. That of an upgrade is
 * none: @fastify/websocket makes one to route by, and never ends it.
 */
function isOver(response: ServerResponse): boolean {
  if (isUpgrade(response.req)) return true;
  return response.writableFinished || (response.writableEnded && response.destroyed);
}
