import type { ServerResponse } from 'node:http';
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '../time/clock.js';
import { isUnanswered } from './abandoned-responses.js';
import { NONE, OF_NEST, type Connection, type DrainTerms, type Hold } from './connection.js';
import { cutStream } from './http2-deadline.js';
import { writeBetweenFrames } from './node-internals.js';
import type { RefusalTerms } from './refusal.js';
import { setImmediate } from '../time/real-timers.js';

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
export class Http2Connection implements Connection {
  readonly openedAt: number;
  /** The streams that are not over, with the times of their requests. */
  private readonly responses = new Map<ServerResponse, number>();
  /** Streams that others answer; see `Http2Sessions`. */
  private streams = 0;
  private timer?: TimerHandle;
  private leaving = false;
  private wantsToTell = false;
  /** What waits for the moment in which no stream is open, and comes at the latest when its time is over. */
  private idleWait?: {
    readonly act: () => void;
    readonly latestAt: number;
    readonly timer?: TimerHandle;
  };
  /** Told when the second step is done. */
  private whenLeft: () => void = () => undefined;

  used = false;
  ended = false;
  through = OF_NEST;
  /** A stream may become a tunnel; the session goes on. */
  readonly upgraded = false;
  /** A client of HTTP/2 speaks first. */
  readonly silent = false;
  /** The first GOAWAY is out. */
  told = false;
  /** Did not answer in time, and is not waited for any more. */
  private deaf = false;

  constructor(
    private readonly session: ServerHttp2Session,
    readonly socket: Socket,
    private readonly clock: Clock,
    /** Told of a stream that its client has given up while the handler is at work. */
    private readonly abandoned: (response: ServerResponse) => void,
  ) {
    this.openedAt = clock.now();
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

  static ofSession(session: object | undefined): Http2Connection | undefined {
    const tagged: Tagged | undefined = session;
    return tagged?.[CONNECTION];
  }

  // -- its requests ----------------------------------------------------------------------------------------------

  begin(response: ServerResponse, now: number): void {
    this.used = true;
    this.responses.set(response, now);
    response.on('close', () => this.streamClosed(response));
  }

  unfinished(): readonly ServerResponse[] {
    return this.responses.size === 0 ? NONE : [...this.responses.keys()];
  }

  get busy(): boolean {
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

  since(response: ServerResponse): number {
    return this.responses.get(response) ?? this.clock.now();
  }

  /** None: each stream has told of itself as it was closed. */
  leftBehind(): readonly ServerResponse[] {
    return NONE;
  }

  // -- the announcement ------------------------------------------------------------------------------------------

  /** Not on a session without a request: its first is on the way. */
  announce(latestMs: number): void {
    if (this.used) this.sayGoAway(latestMs);
  }

  /** It leaves for good, in both steps. */
  grownOld(latestMs: number): void {
    this.leave(undefined, latestMs);
  }

  /** What its client sends until it leaves is served. */
  revoke(): boolean {
    this.stay();
    if (this.told) this.leave();
    return false;
  }

  /** Node itself refuses a stream that comes after the last GOAWAY. */
  hasPromisedClose(): boolean {
    return false;
  }

  responseClosed(): boolean {
    return true;
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

  stay(): void {
    this.wantsToTell = false;
    if (!this.leaving) this.stopWaiting();
  }

  /**
   * Takes both steps, and tells when the second is done: after a round trip, or the time for one. Begins when no stream is
   * open, and at the latest after that time, in milliseconds; what the client sends until then is served.
   */
  leave(done?: () => void, latestMs = Infinity): void {
    if (done) this.whenLeft = done;
    if (this.leaving) return this.hasten(latestMs);
    this.leaving = true;
    this.stopWaiting();
    this.whenIdle(latestMs, () => this.takeBothSteps());
  }

  /** One that has begun to leave at rest is in more of a hurry in a drain. */
  private hasten(latestMs: number): void {
    const { idleWait, clock } = this;
    if (!idleWait || idleWait.latestAt <= clock.now() + latestMs) return;
    this.stopWaiting();
    this.whenIdle(latestMs, idleWait.act);
  }

  private takeBothSteps(): void {
    const end = () => {
      if (this.ended) return;
      this.end();
      this.whenLeft();
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
    this.idleWait = { act: now, latestAt: this.clock.now() + latestMs, timer };
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
  private get closingMs(): number {
    return this.deaf ? 0 : ROUND_TRIP_MS;
  }

  // -- the drain -------------------------------------------------------------------------------------------------

  /** Not needed: the PING that asks for it comes back behind the request. */
  expectRequest(): void {}

  drain(terms: DrainTerms): Hold | undefined {
    this.leave(() => terms.changed(this), terms.leaveWithinMs);
    if (!this.ended || terms.hasWork(this)) return {};
    return { ms: Math.max(this.closingMs, terms.patienceMs(this)) };
  }

  /** The session closes when its streams are done. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.clearTimer();
    if (!this.session.closed) this.session.close();
    this.expire();
  }

  async cut(responses: readonly ServerResponse[], terms: RefusalTerms): Promise<void> {
    const closed = responses.map((response) => cutStream(response, terms));
    this.end();
    await Promise.all(closed);
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

interface Tagged {
  [CONNECTION]?: Http2Connection;
}

interface TaggedSocket {
  [SESSION]?: ServerHttp2Session;
}
