import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../time/clock.js';
import type { PropagationReport } from '../engine/record.js';
import type { TaskContext } from '../engine/task.js';
import { Arrivals } from './arrivals.js';
import { sayCloseOn } from './close-promise.js';
import type { Connection } from './connection.js';
import { ConnectionAge } from './connection-age.js';
import { ConnectionTracker } from './connection-tracker.js';
import { cutEverything } from './deadline.js';
import { DrainInProgress, type DrainManner } from './drain-in-progress.js';
import { EventStreams } from './event-streams.js';
import { FollowedServers } from './followed-servers.js';
import { goAwayWithinMs } from './http2-sessions.js';
import type { HttpDrainSettings } from './http-drain-settings.js';
import { IdleWaits } from './idle-waits.js';
import { OpenWork } from './open-work.js';
import { waitForQuiet, type Elsewhere } from './quiet-period.js';
import { nameOf } from './request-name.js';
import { ServerClose } from './server-close.js';
import { StrayResponses } from './stray-responses.js';

/** How a shutdown is announced. */
export interface Announcement {
  /** Responses say at once that their connection closes. The default. */
  readonly tells?: boolean;
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
 * Up to the drain, `revoke` leads back to the first line, any number of times. What the drain waits for is in
 * `DrainInProgress`, how the servers close in `ServerClose`.
 */
export class HttpDrain {
  readonly servers: FollowedServers;
  readonly work: OpenWork;
  readonly serverClose: ServerClose;
  readonly arrivals = new Arrivals();
  private readonly tracker: ConnectionTracker;
  private readonly streams: EventStreams;
  private readonly strays = new StrayResponses(() => this.idleWaits.check());
  private readonly idleWaits: IdleWaits;
  private readonly age: ConnectionAge;
  /** A session of HTTP/2 that is never idle hears of the shutdown after this, in milliseconds. */
  private readonly goAwayWithinMs: number;
  private announcedAt?: number;
  /** Responses say that their connection closes. */
  private telling = false;
  /** Has begun to close the listeners. */
  private finishing = false;
  private drain?: DrainInProgress;
  /** Connections whose close was promised before the announcement was revoked. */
  private readonly leaving = new Set<Connection>();
  /** Responses whose end we hear of. */
  private readonly watched = new WeakSet<ServerResponse>();

  constructor(
    private readonly settings: HttpDrainSettings,
    private readonly clock: Clock,
  ) {
    const { floorMs, capMs } = settings;
    this.goAwayWithinMs = goAwayWithinMs({ propagationFloorMs: floorMs, propagationCapMs: capMs });
    this.age = new ConnectionAge(settings.maxConnectionAgeMs ?? 0, clock);
    this.tracker = new ConnectionTracker(clock, {
      opened: (connection) => this.opened(connection),
      gone: (connection) => this.gone(connection),
      abandoned: (response) => this.drain?.abandoned(response),
      answeredNobody: () => {
        this.idleWaits.check();
        this.drain?.handlerReturned();
      },
    });
    this.servers = new FollowedServers(this.tracker, (...arrival) => this.see(...arrival));
    const routeOf = (request: IncomingMessage) => nameOf(request, settings);
    this.streams = new EventStreams({ ...settings.streams, routeOf }, clock);
    this.work = new OpenWork(settings, this.tracker, this.strays, this.streams, clock);
    this.serverClose = new ServerClose(this.servers, this.tracker, this.streams, clock);
    const conditions = { quietAt: () => this.quietAt, busy: () => this.work.exists };
    this.idleWaits = new IdleWaits(conditions, clock);
  }

  /** How many requests are being worked on; probes and other exempt ones are not counted. */
  get inFlight(): number {
    return this.work.count;
  }

  // -- announce --------------------------------------------------------------------------------------------------

  /**
   * The shutdown begins. Everything is still served. Responses say from now on that their connection closes, unless
   * `tells` is false: then only once the listener has closed. Where nothing waits and idle connections are kept a moment,
   * each client would otherwise come again on a new connection, faster than Node accepts them, and be reset by the close.
   */
  announce({ tells = true }: Announcement = {}): void {
    if (this.announcedAt === undefined) {
      this.announcedAt = this.clock.now();
      this.arrivals.announced();
      this.servers.shared.stage = 'leaving';
      for (const connection of this.tracker.connections) this.watchAll(connection);
    }
    if (tells) this.tellClients();
  }

  private tellClients(): void {
    if (this.telling) return;
    this.telling = true;
    for (const connection of this.tracker.connections) this.tell(connection);
  }

  /** The client of a connection that leads to another application as well need not leave. */
  private tell(connection: Connection): void {
    if (this.telling && !this.servers.isShared(connection)) {
      connection.announce(this.goAwayWithinMs);
    }
  }

  // -- wait ------------------------------------------------------------------------------------------------------

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
    const rareMs = () =>
      this.arrivals.rareMs(this.announcedAt ?? startedAt, startedAt, elsewhereAt(), floorMs);
    const period = { startedAt, floorMs, quietMs, capMs, lastActivity, rareMs, knownBy };
    const endedBy = await waitForQuiet(period, this.clock, signal);
    const last = lastActivity();
    return {
      endedBy,
      durationMs: this.clock.now() - startedAt,
      ...(last > startedAt && { lastArrivalMs: last - startedAt }),
      requests: this.arrivals.count,
      quietMs: Math.max(quietMs, rareMs()),
    };
  }

  /** When the last request came, or a connection that may bring one. */
  get lastActivity(): number {
    return Math.max(this.arrivals.lastAt, this.tracker.lastSilentOpening());
  }

  private get quietAt(): number {
    return Math.max(this.announcedAt ?? 0, this.lastActivity) + this.settings.quietMs;
  }

  // -- revoke ----------------------------------------------------------------------------------------------------

  /**
   * Takes the announcement back: connections stay open again, except those whose client has been told of the close.
   * Once the drain has begun, it does nothing: a shutdown can't be taken back.
   */
  revoke(): void {
    if (this.announcedAt === undefined || this.finishing) return;
    this.announcedAt = undefined;
    this.telling = false;
    this.servers.shared.stage = 'serving';
    for (const connection of this.tracker.connections) {
      if (connection.revoke()) this.leaving.add(connection);
    }
    this.idleWaits.giveUp();
  }

  // -- finish ----------------------------------------------------------------------------------------------------

  /**
   * Closes the listeners and waits for the work in flight; at the deadline, refuses and cuts the rest. In a hurry, streams
   * that may last for ever are not given much time, nor idle connections any.
   */
  async finish(context: TaskContext, manner: DrainManner): Promise<void> {
    const { clock, servers, serverClose, settings, streams, tracker } = this;
    this.finishing = true;
    servers.stopThoseToCome();
    this.announce({ tells: manner.hurry });
    if (!serverClose.mayStopAtOnce(context.reason)) await serverClose.acceptBacklog(context.signal);
    servers.shared.stage = 'finishing';
    servers.stopListening();
    this.tellClients();
    const scope = { servers, streams, tracker, work: this.work };
    const drain = new DrainInProgress(scope, clock, context, manner, settings);
    this.drain = drain;
    await drain.run();
    if (!context.signal.aborted) return;
    const left = {
      connections: tracker.all(),
      abandoned: drain.awaitedAnswers(),
      now: clock.now(),
      streams,
    };
    await cutEverything(left, settings, context);
  }

  /** A request awaits the end of the application: the shutdown goes on without it. */
  stepAside(response: ServerResponse): void {
    this.work.stepAside(response);
    this.drain?.goOnWithout(response);
  }

  // -- what happens in any phase ---------------------------------------------------------------------------------

  /** Takes note of a request; false when it can't be answered any more. */
  private see(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection | undefined,
  ): boolean {
    if (!connection) this.strays.add(response);
    if (!this.steady) return this.admit(request, response, connection);
    if (connection && this.age.any && !this.age.admits(request, connection)) return false;
    connection?.begin(response, this.clock.now());
    if (connection && this.age.any) this.age.began(connection);
    return true;
  }

  /** Nothing is announced, and nothing of an announcement is left. */
  private get steady(): boolean {
    return this.announcedAt === undefined && this.leaving.size === 0;
  }

  /** Deals with a request that came since the announcement; false when it can't be answered any more. */
  private admit(
    request: IncomingMessage,
    response: ServerResponse,
    connection: Connection | undefined,
  ): boolean {
    const revoked = this.announcedAt === undefined;
    if (connection && (revoked ? this.leaving.has(connection) : connection.hasPromisedClose())) {
      request.resume(); // what stays in the kernel becomes an RST
      return false;
    }
    const now = this.clock.now();
    connection?.begin(response, now);
    if (revoked) return true;
    if (!this.settings.exemptions.has(request)) this.arrivals.add(request, connection, now);
    if (connection) {
      this.tell(connection);
      this.watch(response, connection);
      this.drain?.arrived(response, connection);
    } else if (request.httpVersionMajor < 2) sayCloseOn(response);
    return true;
  }

  private watchAll(connection: Connection): void {
    for (const response of connection.unfinished()) this.watch(response, connection);
  }

  private watch(response: ServerResponse, connection: Connection): void {
    if (this.watched.has(response)) return;
    this.watched.add(response);
    response.once('close', () => {
      if (this.announcedAt === undefined) return;
      this.idleWaits.check();
      if (connection.responseClosed(response)) this.drain?.follow(connection);
    });
  }

  private opened(connection: Connection): void {
    this.age.opened(connection);
    if (this.servers.isShared(connection)) return;
    if (this.announcedAt !== undefined) {
      this.tell(connection);
      this.watchAll(connection);
    }
    this.drain?.opened(connection);
  }

  private gone(connection: Connection): void {
    this.leaving.delete(connection);
    this.age.gone(connection);
    this.idleWaits.check();
    this.drain?.gone(connection);
  }
}
