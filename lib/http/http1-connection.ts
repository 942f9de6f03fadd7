import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket as NetSocket, type Socket } from 'node:net';
import type { Clock } from '../time/clock.js';
import { saysClose, sayClose } from './close-promise.js';
import { NONE, OF_NEST, type Connection, type DrainTerms, type Hold } from './connection.js';
import { currentResponse, isUpgrade, keepAliveTimeoutOf } from './node-internals.js';
import { cut, letGo, refuse, type RefusalTerms } from './refusal.js';

const CONNECTION = Symbol('nestjs-graceful.connection');

/** A request head that has begun must be complete within this, in milliseconds; net/http gives a new connection as much. */
const HEAD_TIMEOUT_MS = 5_000;
/** A client that gives up its idle connection within this is waited for, in milliseconds. */
const OUTWAIT_MS = 2_000;
/** A client that does not hear our FIN keeps its connection for this long, in milliseconds; nginx waits as long. */
const GOODBYE_MS = 30_000;

/** One connection of HTTP/1.1: its responses say `Connection: close`, and a FIN ends it. */
export class Http1Connection implements Connection {
  readonly openedAt: number;
  private currentSince = 0;
  /** Responses that wait behind the current one: HTTP/1.1 pipelining. */
  private queued?: ServerResponse[];
  /** Whether Node's own close is ours; `undefined` until it was for the first time. */
  private gentle?: boolean;
  /** What had been received when it was opened. */
  private readonly firstByte: number;
  private expecting = false;
  /** The last request that was answered on it since the announcement. */
  private answered?: IncomingMessage;
  /** Its last response could not say `Connection: close`, so the client may send one more request. */
  private unannounced = false;

  used = false;
  upgraded = false;
  /** Its responses say `Connection: close`, as long as nobody takes that back. */
  closes = false;
  /** We have sent our FIN: nothing can be answered on it any more. */
  ended = false;
  through = OF_NEST;

  constructor(
    readonly socket: Socket,
    private readonly clock: Clock,
  ) {
    this.openedAt = clock.now();
    this.firstByte = socket.bytesRead;
    (socket as Tagged)[CONNECTION] = this;
  }

  /** The connection behind a socket, if it came through a tracked server. */
  static of(socket: Tagged | null): Http1Connection | undefined {
    return socket?.[CONNECTION];
  }

  get silent(): boolean {
    return this.socket.bytesRead <= this.firstByte;
  }

  // -- its requests ----------------------------------------------------------------------------------------------

  /** No listener, no allocation, nothing kept. */
  begin(response: ServerResponse, now: number): void {
    if (currentResponse(this.socket) !== response) {
      this.queued = [...(this.queued ?? []).filter((earlier) => !isOver(earlier)), response];
    }
    this.currentSince = now;
    this.used = true;
    this.expecting = false;
  }

  /** What came after our FIN is none. */
  unfinished(): readonly ServerResponse[] {
    if (this.ended) return NONE;
    const current = currentResponse(this.socket);
    if (!current && !this.queued) return NONE;
    const queued = this.queued?.filter((response) => response !== current) ?? [];
    return [...(current ? [current] : []), ...queued].filter((response) => !isOver(response));
  }

  get busy(): boolean {
    return this.unfinished().length > 0;
  }

  /** Of a pipeline, since when the newest has been running. */
  since(): number {
    return this.currentSince;
  }

  leftBehind(): readonly ServerResponse[] {
    return this.unfinished();
  }

  // -- the announcement ------------------------------------------------------------------------------------------

  /** At rest there is nothing to say it with: the next request comes through here again. */
  announce(): void {
    if (!currentResponse(this.socket) && !this.queued) return;
    this.endGently();
    sayClose(this);
  }

  /**
   * An idle one is left to the server's keep-alive timeout: it carries nothing, and a FIN of ours could meet a request that is
   * on its way.
   */
  grownOld(): void {
    this.announce();
  }

  revoke(): boolean {
    if (this.hasPromisedClose()) return true;
    this.stay();
    return false;
  }

  stay(): void {
    this.closes = false;
    if (this.gentle) this.gentle = false;
    this.unannounced = false;
    this.answered = undefined;
  }

  /** Our FIN or our `Connection: close` is out. Node closes a connection some steps after its last byte. */
  hasPromisedClose(): boolean {
    if (this.ended) return true;
    const current = currentResponse(this.socket);
    return (current !== undefined && saysClose(current)) || this.unfinished().some(saysClose);
  }

  responseClosed(response: ServerResponse): boolean {
    if (this.busy && !this.socket.destroyed) return false;
    // Its headers were out before the announcement, or said something else than we had set.
    this.unannounced = !this.ended;
    this.answered = this.socket.destroyed ? undefined : response.req;
    return true;
  }

  /**
   * From now on Node's own close after a last response is ours. Node closes the socket as soon as the FIN is out, and
   * the kernel answers what the client is still sending with an RST, which can overtake the response (RFC 9112
   * section 9.6).
   */
  private endGently(): void {
    const wrapped = this.gentle !== undefined;
    this.gentle = true;
    if (wrapped) return;
    const { socket } = this;
    const destroySoon = socket.destroySoon.bind(socket);
    socket.destroySoon = () => {
      if (!this.gentle || this.upgraded) return destroySoon();
      this.end();
      this.expire();
    };
  }

  /** Before any drain, nobody else would end a connection whose client does not hear our FIN. */
  private expire(): void {
    const { clock, socket } = this;
    const timer = clock.setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.once('close', () => clock.clearTimeout(timer));
  }

  // -- the drain -------------------------------------------------------------------------------------------------

  expectRequest(): void {
    this.expecting = true;
  }

  /** An upgraded connection is for its owner to end. */
  drain(terms: DrainTerms): Hold | undefined {
    if (this.busy) {
      if (terms.hasWork(this)) return {};
      const ms = terms.patienceMs(this);
      return ms === 0 ? undefined : { ms, thenGoesOn: true };
    }
    if (this.upgraded) return undefined;
    const ms = this.idleWaitMs(terms);
    if (ms > 0) return { ms };
    this.end();
    return undefined;
  }

  /** How long it is kept without a request: it may be about to carry one. */
  private idleWaitMs({ lingerMs, firstRequestMs, unannounced }: DrainTerms): number {
    // Answered, and its body is still coming: closing now would reset what the client has not read yet.
    if (this.ended) return this.answered?.complete === false ? lingerMs : 0;
    if (this.expecting) return HEAD_TIMEOUT_MS;
    if (!this.used) return this.openedAt + firstRequestMs - this.clock.now();
    if (unannounced) return lingerMs;
    const linger = this.unannounced ? lingerMs : 0;
    return lingerMs > 0 ? Math.max(linger, this.untilGivenUpMs()) : 0;
  }

  /**
   * A connection that has been idle since before the announcement was never told of the close; its client knows only
   * when it ends by itself. When that is soon, waiting for it leaves no moment in which a request can meet our FIN.
   */
  private untilGivenUpMs(): number {
    const leftMs = this.currentSince + keepAliveTimeoutOf(this.socket) - this.clock.now();
    return leftMs <= OUTWAIT_MS ? leftMs : 0;
  }

  /** With a FIN; what still arrives is read and dropped, so that no RST overtakes our last bytes. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.socket.end();
    this.socket.end = endOnce;
  }

  async cut(responses: readonly ServerResponse[], terms: RefusalTerms): Promise<void> {
    const [first, ...later] = responses;
    let refused: Promise<void> | undefined;
    if (!first) {
      if (!this.busy) this.end();
    } else if (first.headersSent) cut(first);
    else refused = this.refuse(first, terms);
    for (const response of later) letGo(response);
    await refused;
  }

  /** The FIN comes with the answer, and whoever hears that the response is closed must find the connection ended. */
  private refuse(response: ServerResponse, terms: RefusalTerms): Promise<void> {
    if (response.socket && !response.socket.destroyed) this.ended = true;
    return refuse(response, terms);
  }
}

/**
 * Node ends a socket when its peer has (Node 18 to 26, lib/_http_server.js `socketOnEnd`), also one that is ended: an error
 * with its stack for each connection, which nobody hears of.
 */
function endOnce(this: Socket, ...args: unknown[]): Socket {
  if (args.length === 0) return this;
  // oxlint-disable-next-line typescript/unbound-method -- applied to the socket
  return Reflect.apply(NetSocket.prototype.end, this, args) as Socket;
}

interface Tagged extends Socket {
  [CONNECTION]?: Http1Connection;
}

/**
 * A destroyed response is over only once its handler has ended it: its client may have gone before. That of an upgrade is
 * none: @fastify/websocket makes one to route by, and never ends it.
 */
function isOver(response: ServerResponse): boolean {
  if (isUpgrade(response.req)) return true;
  return response.writableFinished || (response.writableEnded && response.destroyed);
}
