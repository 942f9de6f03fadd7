import type { ServerResponse } from 'node:http';
import type { TaskContext } from '../engine/task.js';
import type { Clock, TimerHandle } from '../time/clock.js';
import { turn } from '../time/real-timers.js';
import { AbandonedWork } from './abandoned-work.js';
import type { Connection, DrainTerms, Hold } from './connection.js';
import { connectionOf } from './connection-of.js';
import { speaksHttp2, type ConnectionTracker } from './connection-tracker.js';
import type { EventStreams } from './event-streams.js';
import { Goodbyes } from './goodbyes.js';
import type { FollowedServers } from './followed-servers.js';
import { receivingSockets } from './node-internals.js';
import type { OpenWork } from './open-work.js';
import { StreamEnds } from './stream-ends.js';

/** A client that was not told of the close may send one more request within this, in milliseconds: some round trips. */
const LINGER_MS = 500;
/**
 * Without a wait nobody was told of the close, and idle connections are kept this long after the listener has closed, in
 * milliseconds: what comes on them is answered with `Connection: close`. A connection that is used again within this
 * meets no FIN; one that rests longer is as likely to meet it as before, and rarer.
 *
 * Measured on 2026-11-30 (Node 20.20, 2 cores of a shared Xeon, Express; 40 clients with one kept connection each, which
 * POST again 0 to 100 ms after each answer, 2 ms away in each direction; 12 restarts each), POSTs lost: plain Nest 44 in 3
 * restarts; 0 ms 55; 25 ms 6; 50 ms 3; 100, 150 and 250 ms none. So 100, and half as much again for slower clients.
 */
const KEPT_MS = 150;
/**
 * Who has just connected has a request to send, and plain Nest waits for it. In milliseconds: a first segment that got lost
 * comes again after 1 s (RFC 6298, section 2), and with 150 ms a client lost its request that was stopped for 250 ms.
 */
const FIRST_REQUEST_MS = 1_000;
/** Exempt requests that hang take at most this share of the drain, which must not end by its deadline for them. */
const EXEMPT_SHARE = 0.75;

/** A connection that is waited for. */
type Held = { readonly atEnd: () => void; timer?: TimerHandle };

/** How this drain goes about it. */
export interface DrainManner {
  /** Somebody waits for the end, and no other instance takes the clients: `app.close()`, a person at the keyboard. */
  readonly hurry: boolean;
}

/** Whom and what a drain takes care of. */
export interface DrainScope {
  readonly tracker: ConnectionTracker;
  readonly servers: FollowedServers;
  readonly work: OpenWork;
  readonly streams: EventStreams;
}

/** What a drain is still waiting for, and why. */
export class DrainInProgress implements DrainTerms {
  private readonly held = new Map<Connection, Held>();
  /** Those whose time is over, and which end in the next turn. */
  private due: [Connection, Held][] = [];
  private readonly answers: AbandonedWork;
  private readonly streamEnds: StreamEnds;
  private readonly goodbyes: Goodbyes;
  private readonly others = new Set<Promise<unknown>>();
  private notify: () => void = () => undefined;
  private isOver = false;

  readonly lingerMs: number;
  readonly firstRequestMs: number;
  readonly leaveWithinMs: number;
  readonly unannounced: boolean;
  /** Exempt requests are waited for no longer than this, on the clock. */
  private readonly exemptUntil: number;

  /** `quietMs` is how quiet it had to be before the drain; 0 when it came without a wait. */
  constructor(
    private readonly scope: DrainScope,
    private readonly clock: Clock,
    private readonly context: TaskContext,
    private readonly manner: DrainManner,
    { quietMs }: { readonly quietMs: number },
  ) {
    const { remainingMs } = context;
    this.unannounced = quietMs === 0;
    const keptMs = manner.hurry ? 0 : KEPT_MS;
    this.lingerMs = this.unannounced ? keptMs : LINGER_MS;
    this.firstRequestMs = this.lingerMs > 0 ? FIRST_REQUEST_MS : 0;
    this.leaveWithinMs = remainingMs / 2;
    this.exemptUntil = clock.now() + remainingMs * EXEMPT_SHARE;
    this.answers = new AbandonedWork(clock, () => this.check());
    this.streamEnds = new StreamEnds(clock, remainingMs);
    this.goodbyes = new Goodbyes(context.signal);
  }

  /** Waits for all there is, and what comes meanwhile. Resolves when nothing is waited for any more, or at the deadline. */
  async run(): Promise<void> {
    const { tracker } = this.scope;
    // A request whose bytes are already here must be seen as one.
    if (tracker.all().length > 0) await turn();
    this.expectWhatHasBegun();
    await this.goodbyes.inTurns(tracker.all(), (connection) => this.follow(connection));
    this.followStreams();
    this.followAbandoned();
    await this.over(this.context.signal);
    this.streamEnds.stop();
  }

  /** The responses to clients that have gone which are still waited for. */
  awaitedAnswers(): readonly ServerResponse[] {
    return this.answers.alive();
  }

  // -- what happens meanwhile ------------------------------------------------------------------------------------

  /** A connection has been opened: its first request is on the way. */
  opened(connection: Connection): void {
    connection.expectRequest();
    this.follow(connection);
  }

  /** A request has begun. */
  arrived(response: ServerResponse, connection: Connection): void {
    this.scope.streams.follow([{ response, since: connection.since(response) }]);
    this.follow(connection);
  }

  /** The client has gone, or a handshake has become a connection. The work for a vanished client goes on. */
  gone(connection: Connection): void {
    this.forget(connection);
    this.goodbyes.gone(connection);
    for (const response of this.scope.work.on(connection)) this.answers.add(response);
    this.check();
  }

  /** A client has given up a stream of its session, and a handler is still at work for it. */
  abandoned(response: ServerResponse): void {
    for (const one of this.scope.work.among([response])) this.answers.add(one);
  }

  /** The handler of a client that has gone may have returned. */
  handlerReturned(): void {
    this.answers.check();
  }

  /** A response is no longer work. */
  goOnWithout(response: ServerResponse): void {
    this.answers.forget(response);
    const connection = connectionOf(response.req);
    if (connection) this.follow(connection);
  }

  /** Decides what a connection is waited for; called again whenever that may have changed. */
  follow(connection: Connection): void {
    if (connection.socket.destroyed) return this.gone(connection);
    this.forget(connection);
    // The next request on one that is shared is for the other application.
    if (connection.busy || !this.scope.servers.isShared(connection)) {
      const hold = connection.drain(this);
      if (hold) this.hold(connection, hold);
    }
    this.check();
  }

  // -- what connections ask --------------------------------------------------------------------------------------

  hasWork(connection: Connection): boolean {
    return this.scope.work.on(connection).length > 0;
  }

  patienceMs(connection: Connection): number {
    const now = this.clock.now();
    const ends = connection
      .unfinished()
      .map((response) => connection.since(response) + this.scope.work.patienceOf(response));
    return Math.max(0, Math.min(Math.max(...ends, now), this.exemptUntil) - now);
  }

  changed(connection: Connection): void {
    this.follow(connection);
  }

  // -- what there is as it begins --------------------------------------------------------------------------------

  /** The connections on which a request has begun. One that can't be known for sure is waited for, too. */
  private expectWhatHasBegun(): void {
    const { servers, tracker } = this.scope;
    for (const server of servers) {
      const sockets = receivingSockets(server);
      if (sockets) tracker.expectOn(new Set(sockets));
      else if (!speaksHttp2(server)) tracker.expectFirstRequests();
    }
    tracker.expectHandshakes();
  }

  private followStreams(): void {
    const { streams, tracker } = this.scope;
    const { remainingMs, signal } = this.context;
    streams.begin({
      remainingMs,
      signal,
      hurry: this.manner.hurry,
      left: (response) => {
        this.streamEnds.release(response);
        this.goOnWithout(response);
      },
      found: (response) => {
        const at = connectionOf(response.req);
        if (at) this.until(this.streamEnds.ended(response, at));
      },
    });
    const inFlight: Array<{ response: ServerResponse; since: number }> = [];
    for (const connection of tracker.connections) {
      for (const response of connection.unfinished()) {
        inFlight.push({ response, since: connection.since(response) });
      }
    }
    streams.follow(inFlight);
  }

  /** In a function of its own: what is suspended at an `await` would hold the responses. */
  private followAbandoned(): void {
    const { work } = this.scope;
    const { abandoned } = this.scope.tracker;
    const all = [...abandoned.unanswered(), ...abandoned.returned()];
    for (const response of work.among(all)) this.answers.add(response);
  }

  // -- the wait --------------------------------------------------------------------------------------------------

  /** Once the drain is over, a connection that had a time is at the end of it. */
  private hold(connection: Connection, { ms, thenGoesOn = false }: Hold): void {
    const atEnd = () => {
      if (!thenGoesOn) connection.end();
    };
    if (this.isOver) {
      if (ms !== undefined) atEnd();
      return;
    }
    const held: Held = { atEnd };
    this.held.set(connection, held);
    if (ms === undefined) return;
    held.timer = this.clock.setTimeout(() => {
      this.due.push([connection, held]);
      if (this.due.length === 1) void this.endThoseDue();
    }, ms);
  }

  /** Waits for it no longer; `check` is to follow once nothing new has to be held in its place. */
  private forget(connection: Connection): void {
    const held = this.held.get(connection);
    if (held?.timer !== undefined) this.clock.clearTimeout(held.timer);
    this.held.delete(connection);
  }

  /**
   * Node runs timers before it reads its sockets. In a process that got no CPU for a moment, a request may have arrived
   * in time and not been seen: it is read first, and its connection is then held for it.
   */
  private async endThoseDue(): Promise<void> {
    await turn();
    const due = new Map(this.due.splice(0));
    await this.goodbyes.inTurns([...due.keys()], (connection) => {
      const held = this.held.get(connection);
      if (!held || held !== due.get(connection)) return;
      this.forget(connection);
      held.atEnd();
    });
    this.check();
  }

  /** Waits for something else, however it ends. */
  private until(promise: Promise<unknown>): void {
    this.others.add(promise);
    const over = () => {
      this.others.delete(promise);
      this.check();
    };
    promise.then(over, over);
  }

  private over(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.isOver = true;
        this.notify = () => undefined; // thousands of connections may go after it
        this.answers.stop();
        signal.removeEventListener('abort', end);
        for (const connection of [...this.held.keys()]) this.forget(connection);
        resolve();
      };
      this.notify = end;
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
      this.check();
    });
  }

  private check(): void {
    if (this.held.size + this.answers.size + this.others.size === 0) this.notify();
  }
}
