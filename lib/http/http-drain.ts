import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../time/clock.js';
import type { PropagationReport, UnfinishedWork } from '../engine/record.js';
import type { TaskContext } from '../engine/task.js';
import { isLeaving, sayClose, sayCloseOn, takeBackClose } from './close-promise.js';
import { Connection } from './connection.js';
import { ConnectionTracker, speaksHttp2 } from './connection-tracker.js';
import { backlogOf } from './backlog.js';
import { cutEverything } from './deadline.js';
import { DrainInProgress } from './drain-in-progress.js';
import { inSlices } from '../time/event-loop.js';
import { turn } from '../time/real-timers.js';
import { patienceOf } from './exemptions.js';
import { Http2Connection } from './http2-connection.js';
import { goAwayWithinMs } from './http2-sessions.js';
import type { HttpDrainSettings } from './http-drain-settings.js';
import { IdleWaits } from './idle-waits.js';
import { keepAliveTimeoutOf, receivingSockets, serverOf } from './node-internals.js';
import { isHttpServer, OwnServer } from './own-server.js';
import { rareSilenceMs, waitForQuiet, type QuietPeriod } from './quiet-period.js';
import { EventStreams } from './event-streams.js';
import { requestName } from './request-name.js';
import { StreamEnds } from './stream-ends.js';
import { interceptRequests, type RequestInterceptor } from './request-interceptor.js';
import { SharedServers } from './shared-servers.js';
import { stopListening } from './stop-listening.js';
import { StrayResponses } from './stray-responses.js';

/** What else than HTTP decides when the wait is over. */
interface Elsewhere {
  /** When something last came that is no request, on the clock. */
  readonly elsewhereAt?: () => number;
  readonly knownBy?: QuietPeriod['knownBy'];
}

/** A request head that has begun must be complete within this, in milliseconds; net/http gives a new connection as much. */
const HEAD_TIMEOUT_MS = 5_000;
/** A client that was not told of the close may send one more request within this, in milliseconds: some round trips. */
const LINGER_MS = 500;
/**
 * Without a wait nobody was told of the close, and idle connections are kept this long after the listener has closed, in
 * milliseconds: what comes on them is answered with `Connection: close`. A client that is busy asks again within this.
 */
const KEPT_MS = 150;
/** An upgraded socket whose owner closes it together with the server (plugins of Fastify) has this long, in milliseconds. */
const OWNER_MS = 500;
/** So many connections of a listener can wait in the kernel as the drain begins, unless it asked for more: Node's default. */
const BACKLOG = 511;
/** A client that gives up its idle connection within this is waited for, in milliseconds. */
const OUTWAIT_MS = 2_000;
/** Exempt requests that hang take at most this share of the drain, which must not end by its deadline for them. */
const EXEMPT_SHARE = 0.75;
/** A client that does not hear our FIN keeps its connection for this long, in milliseconds; nginx waits as long. */
const GOODBYE_MS = 30_000;

/** How a drain goes about it. */
export interface DrainManner {
  /** Somebody waits for the end, and no other instance takes the clients: `app.close()`, a person at the keyboard. */
  readonly hurry: boolean;
}

/**
 * The HTTP side of a shutdown, for all servers of one application.
 *
 * ```
 *           HTTP/1.1                                            HTTP/2
 * before    a request costs a property write                    and a listener
 * announce  responses say Connection: close, so that pools      sessions get GOAWAY 2^31-1
 *           move away by themselves
 * wait      everything is served, until no request and no new connection comes
 * drain     the listener closes; idle connections get a FIN     a PING, and GOAWAY with the last stream
 *           what is in flight finishes
 * deadline  unanswered requests get a 503, started responses    are reset
 *           are cut
 * ```
 *
 * Up to the drain, `revoke` leads back to the first line, any number of times.
 */
export class HttpDrain {
  /** With what stops each from listening. */
  private readonly servers = new Map<Server, () => void>();
  private readonly shared = new SharedServers();
  private readonly tracker: ConnectionTracker;
  private readonly strays = new StrayResponses(() => this.idleWaits.check());
  private readonly idleWaits: IdleWaits;
  private announcedAt?: number;
  private lastRequestAt = 0;
  /** Requests since the announcement. */
  private requestsSince = 0;
  /** Nothing is followed any more. */
  private released = false;
  /** Has begun to close the listeners. */
  private finishing = false;
  private drain?: DrainInProgress;
  /** When the drain waits for exempt requests no longer, on the clock. */
  private exemptUntil = 0;
  private readonly streams: EventStreams;
  private readonly streamEnds: StreamEnds;
  /** Connections whose close was promised before the announcement was revoked. */
  private readonly leaving = new Set<Connection>();
  /** Responses whose end we hear of. */
  private readonly watched = new WeakSet<ServerResponse>();
  /** What was still open when the servers closed, until somebody asks. */
  private readonly leftovers: UnfinishedWork[] = [];

  constructor(
    private readonly settings: HttpDrainSettings,
    private readonly clock: Clock,
  ) {
    this.tracker = new ConnectionTracker(clock, {
      opened: (connection) => this.opened(connection),
      gone: (connection) => this.gone(connection),
      abandoned: (response) => this.abandoned(response),
      answeredNobody: () => {
        this.idleWaits.check();
        this.drain?.handlerReturned();
      },
    });
    const routeOf = (request: IncomingMessage) =>
      requestName(request, settings.paramsOf?.(request));
    this.streams = new EventStreams({ ...settings.streams, routeOf }, clock);
    this.streamEnds = new StreamEnds(clock);
    this.idleWaits = new IdleWaits({ quietAt: () => this.quietAt, busy: () => this.busy }, clock);
  }

  /** Starts to follow a server. `answerProbe` answers what the application must not see. Idempotent. */
  attach(server: Server, answerProbe?: RequestInterceptor): void {
    if (this.servers.has(server)) return;
    this.servers.set(server, () => stopListening(server));
    this.tracker.attach(server);
    interceptRequests(server, this.interceptor(server, answerProbe));
  }

  /**
   * Starts to follow a server that the application has made, and will close. Idempotent. Without `answerProbe`, requests
   * are expected at `arrive()` when they come to the application.
   */
  followOwn(server: Server, answerProbe?: RequestInterceptor): void {
    if (this.servers.has(server)) return;
    const followed = new OwnServer(server, this.interceptor(server, answerProbe), () => {
      this.servers.delete(server);
      this.shared.leave(server);
    });
    this.shared.join(server);
    const stop = () => this.shared.isNeeded(server) || followed.stopListening();
    this.servers.set(server, stop);
    this.tracker.attach(server, { own: true, probed: answerProbe !== undefined });
    if (this.finishing) stop();
  }

  follows(server: Server): boolean {
    return this.servers.has(server);
  }

  /** The application is over. A server that it shared goes on for others, and its connections with it. */
  release(): void {
    this.released = true;
    for (const connection of this.tracker.connections) {
      if (!this.isShared(connection)) continue;
      takeBackClose(connection);
      connection.stay();
    }
  }

  /** A request has come to the application, maybe past the servers that are followed; true when it has been answered. */
  arrive(
    request: IncomingMessage,
    response: ServerResponse,
    answerProbe?: RequestInterceptor,
  ): boolean {
    const known = Http2Connection.ofRequest(request);
    // Another application in the process may know it as well.
    const ours = known !== undefined && this.tracker.connections.has(known);
    if ((ours && known.through.probed) || this.released) return false;
    if (!ours) {
      const late = this.connectionOfStranger(request);
      if (!late) return false;
      if (!this.see(request, response, late)) return true;
    }
    return answerProbe !== undefined && answerProbe(request, response);
  }

  /** Whether any server accepts connections. */
  get listening(): boolean {
    return [...this.servers.keys()].some((server) => server.listening);
  }

  /** Whether traffic comes: to a listener, or by sockets that somebody else accepts and hands over. */
  get serving(): boolean {
    return this.listening || this.tracker.handedOver;
  }

  /** How many requests are being worked on; probes and other exempt ones are not counted. */
  get inFlight(): number {
    return this.openWork().length;
  }

  /** The responses that count as work and are not finished, whatever is known of their connections. */
  openWork(): ServerResponse[] {
    const open = this.tracker.all().flatMap((connection) => this.workOn(connection));
    return [...open, ...this.abandonedWork(), ...this.strayWork()];
  }

  /** What counts as work, by name and age. */
  workInFlight(): Array<{ readonly name: string; readonly ageMs?: number }> {
    const now = this.clock.now();
    const since = new Map<ServerResponse, number>();
    for (const connection of this.tracker.all()) {
      for (const response of this.workOn(connection)) {
        since.set(response, connection.since(response));
      }
    }
    return this.openWork().map((response) => {
      const name = this.nameOf(response);
      const begun = since.get(response);
      return begun === undefined ? { name } : { name, ageMs: now - begun };
    });
  }

  private nameOf({ req }: ServerResponse): string {
    return requestName(req, this.settings.paramsOf?.(req));
  }

  /** Those of them whose connection nobody has told of: `finish` can't see to them. */
  strayWork(): ServerResponse[] {
    return this.work(this.strays.unfinished());
  }

  /** Names in the report what goes on after its time. */
  nameAbandoned(responses: readonly ServerResponse[], context: TaskContext): void {
    for (const response of responses) {
      context.unfinished({ kind: 'request', name: this.nameOf(response), fate: 'abandoned' });
    }
  }

  /** From now on every response says that its connection closes. Everything is still served. */
  announce(): void {
    if (this.announcedAt !== undefined) return;
    this.announcedAt = this.clock.now();
    this.requestsSince = 0;
    this.shared.stage = 'leaving';
    for (const connection of this.tracker.connections) {
      for (const response of connection.unfinished()) this.watch(response, connection);
      if (this.isShared(connection)) continue;
      if (connection instanceof Http2Connection) {
        if (connection.used) connection.sayGoAway(this.goAwayWithinMs);
        continue;
      }
      connection.endGently(() => this.saidGoodbye(connection));
      sayClose(connection);
    }
  }

  /**
   * Takes the announcement back: connections stay open again, except those whose client has been told of the close.
   * Once the drain has begun, it does nothing: a shutdown can't be taken back.
   */
  revoke(): void {
    if (this.announcedAt === undefined || this.finishing) return;
    this.announcedAt = undefined;
    this.shared.stage = 'serving';
    for (const connection of this.tracker.connections) {
      if (connection instanceof Http2Connection) {
        connection.stay();
        if (connection.told) connection.leave(); // what its client sends until then is served
      } else if (isLeaving(connection)) {
        this.leaving.add(connection);
      } else {
        takeBackClose(connection);
        connection.stay();
      }
    }
    this.idleWaits.giveUp();
  }

  /**
   * Waits, while everything is still served, until nothing is in flight and nothing has come for the quiet time since
   * the announcement: then true. False when the signal aborts, and when there is no announcement or it is revoked.
   */
  waitUntilIdle(signal: AbortSignal): Promise<boolean> {
    return this.announcedAt === undefined ? Promise.resolve(false) : this.idleWaits.wait(signal);
  }

  /**
   * Waits for the load balancers: until quiet, here and elsewhere, and until those that ask have learned; not before the
   * floor, not after the cap. Where requests come rarely, the quiet time is longer, up to the floor. Resolves with what ended the wait, and when something last came, if anything did since.
   */
  async waitForQuiet(
    startedAt: number,
    signal: AbortSignal,
    { elsewhereAt = () => 0, knownBy = () => 0 }: Elsewhere = {},
  ): Promise<PropagationReport> {
    const { floorMs, quietMs, capMs } = this.settings;
    const lastActivity = () => Math.max(this.lastActivity, elsewhereAt());
    const rareMs = () => {
      // Only requests are counted: what came elsewhere later says nothing of how often it comes.
      const isLast = this.lastRequestAt > startedAt && this.lastRequestAt >= elsewhereAt();
      const lastMs = isLast ? this.lastRequestAt - (this.announcedAt ?? startedAt) : 0;
      return rareSilenceMs({ count: this.requestsSince, lastMs }, floorMs);
    };
    const period = { startedAt, floorMs, quietMs, capMs, lastActivity, rareMs, knownBy };
    const endedBy = await waitForQuiet(period, this.clock, signal);
    const last = lastActivity();
    return {
      endedBy,
      durationMs: this.clock.now() - startedAt,
      ...(last > startedAt && { lastArrivalMs: last - startedAt }),
      requests: this.requestsSince,
      quietMs: Math.max(quietMs, rareMs()),
    };
  }

  /**
   * Closes the listeners and waits for the work in flight; at the deadline, refuses and cuts the rest. In a hurry, streams
   * that may last for ever are not given much time, nor idle connections any.
   */
  async finish(context: TaskContext, { hurry }: DrainManner): Promise<void> {
    this.finishing = true;
    this.exemptUntil = this.clock.now() + context.remainingMs * EXEMPT_SHARE;
    this.announce();
    // Closing the listener resets what the kernel has accepted and we have not. Where nothing waits, `app.close()` frees
    // the port in the turn in which it is called, as plain Nest does.
    const atOnce = context.reason.kind === 'close' && this.backlog === 0;
    if (!atOnce) await this.acceptBacklog(context.signal);
    this.shared.stage = 'finishing';
    for (const stop of this.servers.values()) stop();
    for (const acceptor of this.tracker.acceptors) new OwnServer(acceptor).stopListening();
    this.drain = new DrainInProgress(this.clock, {
      lingerMs: this.lingerMs(hurry),
      leaveWithinMs: context.remainingMs / 2,
    });
    // A request whose bytes are already here must be seen as one.
    if (this.tracker.all().length > 0) await turn();

    this.expectWhatHasBegun();
    const { drain } = this;
    await inSlices(this.tracker.all(), (connection) => this.follow(connection, drain));
    this.followStreams(drain, context, hurry);
    this.followAbandoned(drain);
    await this.drain.over(context.signal);
    this.streamEnds.stop();
    if (!context.signal.aborted) return;
    const left = {
      connections: this.tracker.all(),
      abandoned: drain.awaitedAnswers(),
      now: this.clock.now(),
      streams: this.streams,
    };
    await cutEverything(left, this.settings, context);
  }

  /**
   * Closes the servers, which waits for every connection there is: those without a request, whose clients do not hear
   * our FIN, are ended first, and what is left soon after. Nobody's hook comes any more that could do it.
   */
  async closeServers(close: () => Promise<void>): Promise<void> {
    await inSlices(this.tracker.all(), (connection) => {
      if (!connection.upgraded && !connection.busy) connection.socket.destroy();
    });
    await this.streams.endThoseLeft();
    const timer = this.clock.setTimeout(() => this.destroyAll(), OWNER_MS);
    try {
      await close();
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  /** Ends what is still open, and names what had to be ended for its owner. */
  destroyLeftovers(context: TaskContext): void {
    this.destroyAll();
    for (const work of this.leftovers.splice(0)) context.unfinished(work);
  }

  private destroyAll(): void {
    for (const connection of this.tracker.all()) {
      if (connection.through.own && !connection.ended) continue; // its owner is yet to come
      if (connection.upgraded && !connection.socket.destroyed) {
        this.leftovers.push({
          kind: 'socket',
          name: 'an upgraded socket that its owner left open',
          ageMs: this.clock.now() - connection.openedAt,
          fate: 'cut',
        });
      }
      connection.socket.destroy();
    }
  }

  /** How many connections the kernel has accepted and we have not; where that can't be seen, none, as for plain Nest. */
  private get backlog(): number {
    const listening = [...this.servers.keys()].filter((server) => server.listening);
    return listening.reduce((sum, server) => sum + (backlogOf(server) ?? 0), 0);
  }

  /**
   * Node accepts one connection of each listener in a turn of the event loop: goes on until a turn brings none, however
   * long that takes on a busy machine. Those that come meanwhile may never stop, so their number is limited.
   */
  private async acceptBacklog(signal: AbortSignal): Promise<void> {
    const { tracker } = this;
    const most = tracker.accepted + BACKLOG * this.servers.size;
    let known: number;
    do {
      known = tracker.accepted;
      await turn();
    } while (tracker.accepted > known && tracker.accepted < most && !signal.aborted);
  }

  /** The connections on which a request has begun. One that can't be known for sure is waited for, too. */
  private expectWhatHasBegun(): void {
    for (const server of this.servers.keys()) {
      const sockets = receivingSockets(server);
      if (sockets) this.tracker.expectOn(new Set(sockets));
      else if (!speaksHttp2(server)) this.tracker.expectFirstRequests();
    }
    this.tracker.expectHandshakes();
  }

  private get goAwayWithinMs(): number {
    const { floorMs, capMs } = this.settings;
    return goAwayWithinMs({ propagationFloorMs: floorMs, propagationCapMs: capMs });
  }

  /** Nothing is announced, and nothing of an announcement is left. */
  private get steady(): boolean {
    return this.announcedAt === undefined && this.leaving.size === 0;
  }

  /** When the last request came, or a connection that may bring one. */
  get lastActivity(): number {
    return Math.max(this.lastRequestAt, this.tracker.lastSilentOpening());
  }

  private get quietAt(): number {
    return Math.max(this.announcedAt ?? 0, this.lastActivity) + this.settings.quietMs;
  }

  /** Whether anything is in flight: as `inFlight`, without a look at the rest. */
  private get busy(): boolean {
    for (const connection of this.tracker.connections) {
      if (this.workOn(connection).length > 0) return true;
    }
    return this.abandonedWork().length + this.strayWork().length > 0;
  }

  /** Whether its server serves another application as well, which does not end now. */
  private isShared({ through, socket }: Connection): boolean {
    if (!through.own) return false;
    const server = serverOf(socket);
    return server !== undefined && this.shared.isServing(server);
  }

  private interceptor(server: Server, answerProbe?: RequestInterceptor): RequestInterceptor {
    const connectionOf = speaksHttp2(server)
      ? (request: IncomingMessage) => Http2Connection.ofRequest(request)
      : (request: IncomingMessage) => Connection.of(request.socket);
    return (request, response) => {
      if (this.released) return false;
      const connection = connectionOf(request) ?? this.connectionOfStranger(request);
      if (!connection) this.strays.add(response);
      if (!this.see(request, response, connection)) return true;
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

  /** Takes note of a request; false when it can't be answered any more. */
  private see(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection | undefined,
  ): boolean {
    if (!this.steady) return this.admit(request, response, connection);
    connection?.begin(response, this.clock.now());
    return true;
  }

  /** Deals with a request that came since the announcement; false when it can't be answered any more. */
  private admit(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection | undefined,
  ): boolean {
    const revoked = this.announcedAt === undefined;
    const session = connection instanceof Http2Connection ? connection : undefined;
    const left = (one: Connection) => (revoked ? this.leaving.has(one) : isLeaving(one));
    if (connection && !session && left(connection)) {
      request.resume(); // what stays in the kernel becomes an RST
      return false;
    }
    const now = this.clock.now();
    if (revoked) {
      connection?.begin(response, now);
      return true;
    }
    if (!this.settings.exemptions.has(request)) {
      this.lastRequestAt = now;
      this.requestsSince += 1;
    }
    if (!connection) {
      if (request.httpVersionMajor < 2) sayCloseOn(response);
      return true;
    }
    connection.begin(response, now);
    connection.expecting = false;
    if (session) session.sayGoAway(this.goAwayWithinMs);
    else if (!this.isShared(connection)) sayClose(connection);
    if (session) session.sayGoAway(this.goAwayWithinMs);
    else sayClose(connection);
    this.watch(response, connection);
    if (this.drain) {
      this.streams.follow([{ response, since: now }]);
      this.follow(connection, this.drain);
    }
    return true;
  }

  /** In a function of its own: what is suspended at an `await` would hold the responses. */
  private followAbandoned(drain: DrainInProgress): void {
    const { abandoned } = this.tracker;
    const all = [...abandoned.unanswered(), ...abandoned.returned()];
    for (const response of this.work(all)) drain.holdAnswer(response);
  }

  private followStreams(drain: DrainInProgress, context: TaskContext, hurry: boolean): void {
    const { remainingMs, signal } = context;
    const connectionOf = ({ req }: ServerResponse) => Http2Connection.ofRequest(req);
    this.streams.begin({
      remainingMs,
      signal,
      hurry,
      left: (response) => {
        this.streamEnds.release(response);
        const connection = connectionOf(response);
        if (connection) this.follow(connection, drain);
      },
      found: (response) => {
        const connection = connectionOf(response);
        if (connection) drain.until(this.streamEnds.ended(response, connection));
      },
    });
    const inFlight = [...this.tracker.connections].flatMap((connection) =>
      connection.unfinished().map((response) => ({ response, since: connection.since(response) })),
    );
    this.streams.follow(inFlight);
  }

  private watch(response: ServerResponse, connection: Connection): void {
    if (this.watched.has(response)) return;
    this.watched.add(response);
    response.once('close', () => {
      if (this.announcedAt === undefined) return;
      this.idleWaits.check();
      if (connection instanceof Http2Connection) {
        if (this.drain) this.follow(connection, this.drain);
        return;
      }
      if (connection.busy && !connection.socket.destroyed) return;
      // Its headers were out before the announcement, or said something else than we had set.
      connection.unannounced = !connection.ended;
      connection.answered = connection.socket.destroyed ? undefined : response.req;
      if (this.drain) this.follow(connection, this.drain);
    });
  }

  private opened(connection: Connection): void {
    if (this.isShared(connection)) return;
    if (this.announcedAt !== undefined && !(connection instanceof Http2Connection)) {
      connection.endGently(() => this.saidGoodbye(connection));
      sayClose(connection);
      for (const response of connection.unfinished()) this.watch(response, connection);
    }
    if (!this.drain) return;
    connection.expecting = true;
    this.follow(connection, this.drain);
  }

  /** The client has gone, or a handshake has become a connection. The work for a vanished client goes on. */
  private gone(connection: Connection): void {
    this.leaving.delete(connection);
    this.idleWaits.check();
    this.drain?.forget(connection);
    for (const response of this.workOn(connection)) this.drain?.holdAnswer(response);
    this.drain?.check();
  }

  private abandoned(response: ServerResponse): void {
    if (this.work([response]).length > 0) this.drain?.holdAnswer(response);
  }

  /** Our FIN is out before any drain: nobody else would end a connection whose client does not hear it. */
  private saidGoodbye({ socket }: Connection): void {
    const timer = this.clock.setTimeout(() => socket.destroy(), GOODBYE_MS);
    socket.once('close', () => this.clock.clearTimeout(timer));
  }

  /** Decides what a connection is waited for, during the drain; called again whenever that may have changed. */
  private follow(connection: Connection, drain: DrainInProgress): void {
    if (connection.socket.destroyed) return this.gone(connection);
    drain.forget(connection);
    if (this.isShared(connection) && !connection.busy) {
      // Its next request is for the other.
    } else if (connection instanceof Http2Connection) {
      connection.leave(() => this.follow(connection, drain), drain.leaveWithinMs);
      if (!connection.ended || this.workOn(connection).length > 0) drain.hold(connection);
      else drain.hold(connection, Math.max(connection.closingMs, this.exemptWait(connection)));
    } else if (connection.busy) {
      const work = this.workOn(connection).length > 0;
      const wait = work ? undefined : this.exemptWait(connection);
      if (wait !== 0) drain.hold(connection, wait, () => undefined);
    } else if (!connection.upgraded) {
      const wait = this.idleWait(connection, drain);
      if (wait > 0) drain.hold(connection, wait);
      else connection.end();
    }
    drain.check();
  }

  /** How long a connection with nothing but exempt requests is kept: while their clients still wait for the answer. */
  private exemptWait(connection: Connection): number {
    const now = this.clock.now();
    const ends = connection
      .unfinished()
      .map((response) => connection.since(response) + patienceOf(response.req));
    return Math.max(0, Math.min(Math.max(...ends, now), this.exemptUntil) - now);
  }

  private lingerMs(hurry: boolean): number {
    if (this.settings.quietMs > 0) return LINGER_MS;
    return hurry ? 0 : KEPT_MS;
  }

  /** How long a connection without a request is kept: it may be about to carry one. */
  private idleWait(connection: Connection, { lingerMs }: DrainInProgress): number {
    // Answered, and its body is still coming: closing now would reset what the client has not read yet.
    if (connection.ended) return connection.answered?.complete === false ? lingerMs : 0;
    if (connection.expecting) return HEAD_TIMEOUT_MS;
    // Just opened: its first request is on the way. This late there are such connections only when the wait was capped.
    if (!connection.used) return connection.openedAt + lingerMs - this.clock.now();
    if (this.settings.quietMs === 0) return lingerMs;
    const linger = connection.unannounced ? lingerMs : 0;
    return lingerMs > 0 ? Math.max(linger, this.untilGivenUp(connection)) : 0;
  }

  /**
   * A connection that has been idle since before the announcement was never told of the close; its client knows only
   * when it ends by itself. When that is soon, waiting for it leaves no moment in which a request can meet our FIN.
   */
  private untilGivenUp(connection: Connection): number {
    const leftMs = connection.busySince + keepAliveTimeoutOf(connection.socket) - this.clock.now();
    return leftMs <= OUTWAIT_MS ? leftMs : 0;
  }

  /** The unfinished responses on a connection that count as work. */
  private workOn(connection: Connection): ServerResponse[] {
    return this.work(connection.unfinished());
  }

  /** The unanswered responses to vanished clients that count as work. */
  private abandonedWork(): ServerResponse[] {
    return this.work(this.tracker.abandoned.unanswered());
  }

  private work(responses: readonly ServerResponse[]): ServerResponse[] {
    return responses.filter(
      (response) => !this.settings.exemptions.has(response.req) && !this.streams.isLeft(response),
    );
  }
}
