import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '../shutdown/clock.js';
import { isUnanswered } from './abandoned-responses.js';
import { Connection } from './connection.js';
import { writeBetweenFrames } from './node-internals.js';
import { setImmediate } from '../process/real-timers.js';

/** A client that has not answered within this, in milliseconds, is taken to be gone; net/http waits as long. */
const ROUND_TRIP_MS = 1_000;
/** A client that does not close a session that is over keeps it for this long, in milliseconds, as with HTTP/1.1. */
const GOODBYE_MS = 30_000;

/** GOAWAY with the highest of all stream ids and NO_ERROR: go elsewhere, and nothing that you have sent is lost (RFC 9113 section 6.8). */
const GOING_AWAY = Uint8Array.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0);

const SESSION = Symbol('nestjs-graceful.session');
const CONNECTION = Symbol('nestjs-graceful.http2-connection');

/**
 * One HTTP/2 session. It leaves in two steps:
 *
 * ```
 * sayGoAway   GOAWAY 2^31-1: the client opens no new streams, and those on their way are served
 * leave       PING; its answer comes behind everything that the client had sent before it knew
 * end         GOAWAY with the last stream there was; the session closes when its streams are done
 * ```
 *
 * Node's own `goaway()` stops taking streams, whatever id it names, so the first step goes past it. With TLS, where
 * nothing can, there is no first step: what a client sends in the moment of `end` is refused, unprocessed.
 */
export class Http2Connection extends Connection {
  /** The streams that are not over, with the times of their requests. */
  private readonly responses = new Map<ServerResponse, number>();
  /** Streams that others answer; see `Http2Sessions`. */
  private streams = 0;
  private timer?: TimerHandle;
  private leaving = false;
  private wantsToTell = false;
  /** What waits for the moment in which no stream is open, and comes at the latest when its time is over. */
  private idleWait?: { readonly act: () => void; readonly timer?: TimerHandle };

  /** The first GOAWAY is out. */
  told = false;
  /** Did not answer in time, and is not waited for any more. */
  deaf = false;

  constructor(
    private readonly session: ServerHttp2Session,
    socket: Socket,
    private readonly clock: Clock,
    /** Told of a stream that its client has given up while the handler is at work. */
    private readonly abandoned: (response: ServerResponse) => void,
  ) {
    super(socket, clock.now());
    (session as Tagged)[CONNECTION] = this;
    socket.once('close', () => {
      this.clearTimer();
      this.stopWaiting();
    });
  }

  /** Remembers which session a socket has become. To be called as the session begins, before anybody asks. */
  static note(session: ServerHttp2Session): void {
    (session.socket as TaggedSocket)[SESSION] = session;
  }

  static sessionOn(socket: Socket): ServerHttp2Session | undefined {
    return (socket as TaggedSocket)[SESSION];
  }

  /** The connection of a request; of HTTP/1.1, too, which a server may speak beside HTTP/2. */
  static ofRequest(request: IncomingMessage): Connection | undefined {
    // `request.socket` of HTTP/2 would make a proxy for each request.
    const { stream } = request as { stream?: { session?: ServerHttp2Session } };
    return stream ? Http2Connection.ofSession(stream.session) : Connection.of(request.socket);
  }

  static ofSession(session: object | undefined): Http2Connection | undefined {
    const tagged: Tagged | undefined = session;
    return tagged?.[CONNECTION];
  }

  override begin(response: ServerResponse, now: number): void {
    this.used = true;
    this.responses.set(response, now);
    response.on('close', () => this.streamClosed(response));
  }

  override unfinished(): ServerResponse[] {
    return [...this.responses.keys()];
  }

  override get busy(): boolean {
    return this.responses.size + this.streams > 0;
  }

  /** A stream that is answered by others than the listeners for requests. */
  carry(stream: ServerHttp2Stream): void {
    this.used = true;
    this.streams += 1;
    stream.once('close', () => {
      this.streams -= 1;
      this.whenRested();
    });
  }

  override since(response: ServerResponse): number {
    return this.responses.get(response) ?? this.clock.now();
  }

  /**
   * Asks the client to open no new streams, as soon as none is open: clients that drop what is in flight at any GOAWAY are in
   * use (undici 7.30, java.net.http of JDK 17.0.15). At the latest after that time, in milliseconds. Everything is still served.
   * Not in the turn in which the session begins, for its SETTINGS come first.
   */
  sayGoAway(latestMs = Infinity): void {
    if (this.told || this.leaving || this.session.closed) return;
    this.wantsToTell = true;
    this.whenIdle(latestMs, () => this.tell());
  }

  override stay(): void {
    super.stay();
    this.wantsToTell = false;
    if (!this.leaving) this.stopWaiting();
  }

  /**
   * Takes both steps, and tells when the second is done: after a round trip, or the time for one. Begins when no stream is
   * open, and at the latest after that time, in milliseconds; what the client sends until then is served.
   */
  leave(done: () => void = () => undefined, latestMs = Infinity): void {
    if (this.leaving) return;
    this.leaving = true;
    this.stopWaiting();
    this.whenIdle(latestMs, () => this.takeBothSteps(done));
  }

  private takeBothSteps(done: () => void): void {
    const end = () => {
      if (this.ended) return;
      this.end();
      done();
    };
    this.timer = this.clock.setTimeout(() => {
      this.deaf = true;
      end();
    }, ROUND_TRIP_MS);
    this.tell();
    // Not in the callback itself: Deno 2.9 frees the session below it when it is closed there, and crashes.
    if (this.session.destroyed || !this.session.ping(() => setImmediate(end))) end();
  }

  private tell(): void {
    if (this.told || this.session.closed) return;
    this.told = writeBetweenFrames(this.socket, GOING_AWAY);
  }

  private whenIdle(latestMs: number, act: () => void): void {
    if (!this.busy || latestMs <= 0) return act();
    if (this.idleWait) return;
    const now = () => {
      this.stopWaiting();
      act();
    };
    const timer = latestMs < Infinity ? this.clock.setTimeout(now, latestMs) : undefined;
    this.idleWait = { act: now, timer };
  }

  private stopWaiting(): void {
    if (this.idleWait?.timer !== undefined) this.clock.clearTimeout(this.idleWait.timer);
    this.idleWait = undefined;
  }

  /** A stream is closed. Its last frame is out in the next turn, and what the client has sent meanwhile is in flight, too. */
  private whenRested(): void {
    if (this.busy || (!this.idleWait && (this.told || !this.wantsToTell))) return;
    setImmediate(() => {
      if (this.busy) return;
      if (this.idleWait) this.idleWait.act();
      else if (this.wantsToTell) this.tell(); // what was in its way may have gone
    });
  }

  /** How long the client has to close its side, in milliseconds: until then it may be sending, and must not get an RST. */
  get closingMs(): number {
    return this.deaf ? 0 : ROUND_TRIP_MS;
  }

  override end(): void {
    if (this.ended) return;
    this.ended = true;
    this.clearTimer();
    if (!this.session.closed) this.session.close();
    this.expire();
  }

  private streamClosed(response: ServerResponse): void {
    this.responses.delete(response);
    if (isUnanswered(response)) this.abandoned(response);
    this.whenRested();
    this.expire();
  }

  /** Nobody else would end a connection whose client does not. */
  private expire(): void {
    if (!this.ended || this.busy || this.socket.destroyed || this.timer !== undefined) return;
    this.timer = this.clock.setTimeout(() => this.socket.destroy(), GOODBYE_MS);
  }

  private clearTimer(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}

/** What Node's HTTP/2 hands to a listener for requests of HTTP/1.1 is close enough to be dealt with as such. */
export function streamOf(response: ServerResponse): Http2ServerResponse['stream'] {
  return (response as unknown as Http2ServerResponse).stream;
}

interface Tagged {
  [CONNECTION]?: Http2Connection;
}

interface TaggedSocket {
  [SESSION]?: ServerHttp2Session;
}
