import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WARM_UP_AGENT } from '../copies/own-server.js';
import { untilNone } from '../time/waits.js';
import { ServerResponse, type Server } from 'node:http';
import { CLOCK, PROCESS_PORT, RESOLVED_OPTIONS } from '../tokens.js';
import { OwnServers } from './own-servers.js';
import { isTls, speaksHttp2 } from './connection-tracker.js';
import { Exemptions } from './exemptions.js';
import { fastifyParams } from './request-name.js';
import { noteHandler } from './handlers.js';
import { HttpDrain } from './http-drain.js';
import { SaidOfRoutes } from './said-of-routes.js';
import { inRounds } from '../time/rounds.js';
import { terminusDelayRemoved } from '../log/boot-lines.js';
import { Log } from '../log/log.js';
import { isPartOfHybrid, type Application } from '../nest/application.js';
import { holdBeforeClose, wrapServerClose } from '../nest/before-close.js';
import { observeHandlers } from '../nest/route-handlers.js';
import { httpServerOf, onFurtherServers } from '../nest/http-servers.js';
import { NestContainer } from '../nest/nest-container.js';
import { interceptRequests, type RequestInterceptor } from './request-interceptor.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import type { PropagationReport, TrafficReport } from '../engine/record.js';
import type { ShutdownReason } from '../engine/reason.js';
import type { TaskContext } from '../engine/task.js';
import { setImmediate } from '../time/real-timers.js';
import { isAwaited } from '../process/awaited.js';
import { enterOwnWork } from '../process/own-work.js';
import type { ProcessPort } from '../process/process-port.js';

/** HTTP as a source of work: joins the drain to Nest's HTTP adapter, when there is one. */
@Injectable()
export class HttpSource {
  readonly name = 'http';
  readonly kind = 'request';
  readonly stopTask = 'readiness';
  readonly immediate = true;
  readonly connections: HttpDrain;
  private readonly own: OwnServers;
  private readonly capMs: number;
  private readonly isEnabled: boolean;
  private tells = true;
  /** Nest closes the server, which waits for every request that is still there. */
  private isClosing = false;

  constructor(
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly adapterHost: HttpAdapterHost,
    private readonly nest: NestContainer,
    @Inject(PROCESS_PORT) private readonly port: ProcessPort,
    private readonly log: Log,
  ) {
    const { enabled, probes, exemptPaths, exemptUserAgents } = options;
    this.isEnabled = enabled;
    this.capMs = options.propagationCapMs;
    const endless = new SaidOfRoutes(options.sseEndlessPaths, options.sseFinitePaths);
    const probePaths = probes ? [probes.livePath, probes.readyPath, probes.startupPath] : [];
    this.connections = new HttpDrain(
      {
        exemptions: new Exemptions(
          [...probePaths, ...exemptPaths],
          [...exemptUserAgents, WARM_UP_AGENT],
        ),
        retryAfterSeconds: options.retryAfterSeconds,
        floorMs: options.propagationFloorMs,
        quietMs: options.propagationQuietMs,
        capMs: options.propagationCapMs,
        maxConnectionAgeMs: enabled ? options.maxConnectionAgeMs : 0,
        paramsOf: (request) => fastifyParams(this.adapterHost.httpAdapter?.getInstance(), request),
        streams: {
          farewell: { retryMs: options.sseRetryMs, lastEvent: options.sseLastEvent },
          isEndless: ({ url }) => endless.of(url),
          endedByHooks: () => nest.endsStreamsItself(),
          inRounds: (items, overMs, signal, each) =>
            inRounds(items, { clock, overMs, signal }, each),
        },
      },
      clock,
    );
    this.own = new OwnServers(this.connections.servers, log);
  }

  /** Whether its hooks are run by a microservice in it, and will be run again by itself. */
  isPart(application: Application): boolean {
    return isPartOfHybrid(application, this.adapterHost.httpAdapter);
  }

  /** The handlers that are registered from now on are known when a client leaves, or has to be refused. */
  beforeRoutes(): void {
    if (!this.isEnabled) return;
    const adapter = this.adapterHost.httpAdapter;
    if (adapter) observeHandlers(adapter, noteHandler);
  }

  /**
   * Takes its place in front of the application. `probes` makes what answers probes there, `drained` is what a closing
   * adapter has to wait for. `follows` says whether anything in the application can call for its shutdown.
   */
  attach(
    probes: () => RequestInterceptor | undefined,
    drained: () => Promise<void>,
    follows: boolean,
  ): void {
    const { serverClose, servers } = this.connections;
    this.removeTerminusDelay();
    this.nest.gateways.onOwnListener((listener) => servers.attach(listener));
    this.nest.gateways.wrapServerClose((close) => serverClose.closeServers(close));
    const adapter = this.adapterHost.httpAdapter;
    if (!adapter) return;
    const server = httpServerOf(adapter);
    if (!server) return;
    const interceptor = follows ? following(probes()) : probes();
    this.own.look(adapter, server, interceptor);
    servers.attach(server, interceptor);
    onFurtherServers(adapter, (further) => servers.attach(further, interceptor));
    holdBeforeClose(adapter, drained);
    const closing = (close: () => Promise<void>) => () => {
      this.isClosing = true;
      return close();
    };
    wrapServerClose(adapter, (close) => serverClose.closeServers(closing(close)));
  }

  /** Answers probes in front of the application, which is not followed. */
  answerProbes(probes: () => RequestInterceptor | undefined): void {
    const adapter = this.adapterHost.httpAdapter;
    const server = httpServerOf(adapter);
    const interceptor = probes();
    if (!server || !interceptor) return;
    interceptRequests(server, interceptor);
    onFurtherServers(adapter, (further) => interceptRequests(further, interceptor));
  }

  /** Calls back once the application listens, after the code that follows; soon, when it has no server. */
  whenListening(callback: () => void): void {
    const server = httpServerOf(this.adapterHost.httpAdapter);
    if (server) server.once('listening', () => setImmediate(callback));
    else setImmediate(callback);
  }

  /** The servers there are: that of the application, and those that are followed. */
  serversNow(): Server[] {
    const server = httpServerOf(this.adapterHost.httpAdapter);
    return [...new Set([...(server ? [server] : []), ...this.connections.servers])];
  }

  /** The server of the application itself, while it listens. */
  listeningServer(): { server: Server; tls: boolean; http2: boolean } | undefined {
    const server = httpServerOf(this.adapterHost.httpAdapter);
    if (!server?.listening) return undefined;
    return { server, tls: isTls(server), http2: speaksHttp2(server) };
  }

  /** Follows a server that the application has made. */
  follow(server: Server): void {
    this.own.follow(server);
  }

  // -- as a source -----------------------------------------------------------------------------------------------

  /** Where nothing waits for the clients to leave, they are told once the listener has closed. */
  shutsDown(reason: ShutdownReason): void {
    this.tells = this.capMs > 0 || isAwaited(reason, this.port);
  }

  /** Responses say `Connection: close` from now on. Everything is still served. */
  stopTaking(): void {
    this.connections.announce({ tells: this.tells });
  }

  takeAgain(): void {
    this.connections.revoke();
  }

  lastArrival(): number {
    return this.connections.lastActivity;
  }

  /** Whether traffic comes, by a listener or by sockets that are handed over. */
  serving(): boolean {
    return this.connections.servers.serving;
  }

  inFlight(): Array<{ readonly name: string; readonly ageMs?: number }> {
    return this.connections.work.list();
  }

  count(): number {
    return this.connections.inFlight;
  }

  /** Requests at rest are not counted: only those since the shutdown began. */
  begun(): number {
    return this.connections.arrivals.sinceShutdown;
  }

  /** A shutdown has begun: who comes from now on is counted. `waits` says whether load balancers are waited for. */
  countArrivals(at: number, waits: boolean): void {
    this.connections.arrivals.shutdownBegins(at, waits ? this.capMs : 0);
  }

  /** Undefined until a shutdown has begun, and in an application without HTTP. */
  traffic(): TrafficReport | undefined {
    const { arrivals, servers } = this.connections;
    return servers.size > 0 ? arrivals.report() : undefined;
  }

  /** Their responses. */
  pieces(): readonly object[] {
    return this.connections.work.all();
  }

  stepAsideOf(piece: object): (() => void) | undefined {
    const response = this.connections.work.all().find((one) => one === piece);
    return response && (() => this.connections.stepAside(response));
  }

  /** Unless Nest's `forceCloseConnections` has destroyed its connection. */
  isWaitedFor(piece: object): boolean {
    return this.isClosing && piece instanceof ServerResponse && !piece.destroyed;
  }

  text(count: number): string {
    return `${count} ${count === 1 ? 'request' : 'requests'} in flight`;
  }

  /** Resolves when nothing has been in flight for the quiet time, or at the abort. Its servers stay open. */
  async finished(signal: AbortSignal): Promise<void> {
    await this.connections.waitUntilIdle(signal);
  }

  waitForQuiet(...args: Parameters<HttpDrain['waitForQuiet']>): Promise<PropagationReport> {
    return this.connections.waitForQuiet(...args);
  }

  /** Whatever becomes of the drain itself, the requests that were counted are waited for, or named. */
  async drain(context: TaskContext): Promise<void> {
    const { connections, clock, port } = this;
    const { work } = connections;
    const { signal } = context;
    try {
      await connections.finish(context, { hurry: isAwaited(context.reason, port) });
    } catch (error) {
      await untilNone(() => work.count, signal, clock);
      work.nameAbandoned(work.all(), context);
      throw error;
    }
    await untilNone(() => work.strays().length, signal, clock);
    work.nameAbandoned(work.strays(), context);
  }

  serversClosed(context: TaskContext): void {
    this.connections.serverClose.destroyLeftovers(context);
  }

  /** The application is over. */
  forget(): void {
    this.own.stopLooking();
    this.connections.servers.release();
  }

  // --------------------------------------------------------------------------------------------------------------

  /** Of applications without HTTP as well. */
  private removeTerminusDelay(): void {
    const delayMs = this.nest.removeTerminusDelay();
    if (delayMs > 0) this.log.say(terminusDelayRemoved(delayMs));
  }
}

/** A handler may call `shutdown()` or `close()` and await it; only where it can be known, does a request cost this. */
function following(answerProbe: RequestInterceptor | undefined): RequestInterceptor {
  return (request, response) => {
    if (answerProbe?.(request, response)) return true;
    const isOver = () => response.writableFinished || response.destroyed;
    enterOwnWork({ kind: 'request', isOver, countedAs: [response] });
    return false;
  };
}
