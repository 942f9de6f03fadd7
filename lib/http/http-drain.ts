import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Clock } from '../shutdown/clock.js';
import type { UnfinishedWork } from '../shutdown/report.js';
import type { TaskContext } from '../shutdown/task.js';
import { isLeaving, sayClose, takeBackClose } from './close-promise.js';
import { Connection } from './connection.js';
import { ConnectionTracker, speaksHttp2 } from './connection-tracker.js';
import { backlogOf } from './backlog.js';
import { cutEverything } from './deadline.js';
import { DrainInProgress } from './drain-in-progress.js';
import { inSlices, turn } from './event-loop.js';
import { Http2Connection } from './http2-connection.js';
import type { HttpDrainSettings } from './http-drain-settings.js';
import { IdleWaits } from './idle-waits.js';
import { keepAliveTimeoutOf, receivingSockets } from './node-internals.js';
import { waitForQuiet } from './quiet-period.js';
import { endEventStream } from './event-stream.js';
import { interceptRequests, type RequestInterceptor } from './request-interceptor.js';
import { stopListening } from './stop-listening.js';

/** A request head that has begun must be complete within this, in milliseconds; net/http gives a new connection as much. */
const HEAD_TIMEOUT_MS = 5_000;
/** A client that was not told of the close may send one more request within this, in milliseconds: some round trips. */
const LINGER_MS = 500;
/** An upgraded socket whose owner closes it together with the server (plugins of Fastify) has this long, in milliseconds. */
const OWNER_MS = 500;
/** So many connections of a listener can wait in the kernel as the drain begins, unless it asked for more: Node's default. */
const BACKLOG = 511;
/** A client that gives up its idle connection within this is waited for, in milliseconds. */
const OUTWAIT_MS = 2_000;
/** A client that does not hear our FIN keeps its connection for this long, in milliseconds; nginx waits as long. */
const GOODBYE_MS = 30_000;

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
  private readonly servers = new Set<Server>();
  private readonly tracker: ConnectionTracker;
  private readonly idleWaits: IdleWaits;
  private announcedAt?: number;
  private lastRequestAt = 0;
  /** Has begun to close the listeners. */
  private finishing = false;
  private drain?: DrainInProgress;
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
      answeredNobody: () => this.idleWaits.check(),
    });
    this.idleWaits = new IdleWaits({ quietAt: () => this.quietAt, busy: () => this.busy }, clock);
  }

  /** Starts to follow a server. `answerProbe` answers what the application must not see. Idempotent. */
  attach(server: Server, answerProbe?: RequestInterceptor): void {
    if (this.servers.has(server)) return;
    this.servers.add(server);
    this.tracker.attach(server);
    const { clock } = this;
    const connectionOf = speaksHttp2(server)
      ? (request: IncomingMessage) => Http2Connection.ofRequest(request)
      : (request: IncomingMessage) => Connection.of(request.socket);
    interceptRequests(server, (request, response) => {
      const connection = connectionOf(request);
      if (this.steady) connection?.begin(response, clock.now());
      else if (!this.admit(request, response, connection)) return true;
      return answerProbe !== undefined && answerProbe(request, response);
    });
  }

  /** Whether any server accepts connections. */
  get listening(): boolean {
    return [...this.servers].some((server) => server.listening);
  }

  /** How many requests are being worked on; probes and other exempt ones are not counted. */
  get inFlight(): number {
    const open = this.tracker.all().flatMap((connection) => this.workOn(connection));
    return open.length + this.abandonedWork().length;
  }

  /** From now on every response says that its connection closes. Everything is still served. */
  announce(): void {
    if (this.announcedAt !== undefined) return;
    this.announcedAt = this.clock.now();
    for (const connection of this.tracker.connections) {
      for (const response of connection.unfinished()) this.watch(response, connection);
      if (connection instanceof Http2Connection) {
        if (connection.used) connection.sayGoAway();
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
    for (const connection of this.tracker.connections) {
      if (connection instanceof Http2Connection) {
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

  /** Waits for the load balancers: until quiet, here and elsewhere, not before the floor, not after the cap. */
  async waitForQuiet(
    startedAt: number,
    signal: AbortSignal,
    elsewhereAt: () => number = () => 0,
  ): Promise<void> {
    const { floorMs, quietMs, capMs } = this.settings;
    const lastActivity = () => Math.max(this.lastActivity, elsewhereAt());
    await waitForQuiet({ startedAt, floorMs, quietMs, capMs, lastActivity }, this.clock, signal);
  }

  /** Closes the listeners and waits for the work in flight; at the deadline, refuses and cuts the rest. */
  async finish(context: TaskContext): Promise<void> {
    this.finishing = true;
    this.announce();
    // Closing the listener resets what the kernel has accepted and we have not. Where nothing waits, `app.close()` frees
    // the port in the turn in which it is called, as plain Nest does.
    const atOnce = context.reason.kind === 'close' && this.backlog === 0;
    if (!atOnce) await this.acceptBacklog(context.signal);
    for (const server of this.servers) stopListening(server);
    this.drain = new DrainInProgress(this.clock, this.settings.quietMs > 0 ? LINGER_MS : 0);
    // A request whose bytes are already here must be seen as one.
    if (this.tracker.all().length > 0) await turn();

    this.tracker.expectWhatHasBegun(new Set([...this.servers].flatMap(receivingSockets)));
    const { drain } = this;
    await inSlices(this.tracker.all(), (connection) => this.follow(connection, drain));
    for (const connection of this.tracker.connections) {
      for (const response of connection.unfinished())
        endEventStream(response, this.settings.farewell);
    }
    for (const response of this.abandonedWork()) this.drain.holdAnswer(response);
    await this.drain.over(context.signal);
    if (!context.signal.aborted) return;
    const left = {
      connections: this.tracker.all(),
      abandoned: drain.awaitedAnswers(),
      now: this.clock.now(),
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
    const listening = [...this.servers].filter((server) => server.listening);
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

  /** Nothing is announced, and nothing of an announcement is left. */
  private get steady(): boolean {
    return this.announcedAt === undefined && this.leaving.size === 0;
  }

  /** When the last request came, or a connection that may bring one. */
  private get lastActivity(): number {
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
    return this.abandonedWork().length > 0;
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
    if (!this.settings.exemptions.has(request)) this.lastRequestAt = now;
    if (!connection) {
      if (request.httpVersionMajor < 2) response.setHeader('Connection', 'close');
      return true;
    }
    connection.begin(response, now);
    connection.expecting = false;
    if (session) session.sayGoAway();
    else sayClose(connection);
    this.watch(response, connection);
    if (this.drain) {
      endEventStream(response, this.settings.farewell);
      this.follow(connection, this.drain);
    }
    return true;
  }

  private watch(response: ServerResponse, connection: Connection): void {
    if (this.watched.has(response)) return;
    this.watched.add(response);
    response.once('close', () => {
      if (this.announcedAt === undefined) return;
      this.idleWaits.check();
      if (connection instanceof Http2Connection) {
        connection.sayGoAway(); // what was in its way may have gone
        if (this.drain) this.follow(connection, this.drain);
        return;
      }
      if (connection.busy && !connection.socket.destroyed) return;
      // Its headers were out before the announcement, or said something else than we had set.
      connection.unannounced = !connection.ended;
      connection.answered = response.req;
      if (this.drain) this.follow(connection, this.drain);
    });
  }

  private opened(connection: Connection): void {
    if (this.announcedAt !== undefined && !(connection instanceof Http2Connection)) {
      connection.endGently(() => this.saidGoodbye(connection));
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
    if (connection instanceof Http2Connection) {
      connection.leave(() => this.follow(connection, drain));
      if (!connection.ended || this.workOn(connection).length > 0) drain.hold(connection);
      else drain.hold(connection, connection.closingMs);
    } else if (connection.busy) {
      if (this.workOn(connection).length > 0) drain.hold(connection);
    } else if (!connection.upgraded) {
      const wait = this.idleWait(connection, drain);
      if (wait > 0) drain.hold(connection, wait);
      else connection.end();
    }
    drain.check();
  }

  /** How long a connection without a request is kept: it may be about to carry one. */
  private idleWait(connection: Connection, { lingerMs }: DrainInProgress): number {
    // Answered, and its body is still coming: closing now would reset what the client has not read yet.
    if (connection.ended) return connection.answered?.complete === false ? lingerMs : 0;
    if (connection.expecting) return HEAD_TIMEOUT_MS;
    // Just opened: its first request is on the way. This late there are such connections only when the wait was capped.
    if (!connection.used) return connection.openedAt + lingerMs - this.clock.now();
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
    return responses.filter(({ req }) => !this.settings.exemptions.has(req));
  }
}
