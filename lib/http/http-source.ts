import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { untilNone } from '../time/waits.js';
import type { Server } from 'node:http';
import { CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { OwnServers } from './own-servers.js';
import { Exemptions } from './exemptions.js';
import { fastifyParams } from './request-name.js';
import { noteHandler } from './handlers.js';
import { HttpDrain, type DrainManner } from './http-drain.js';
import { SaidOfRoutes } from './said-of-routes.js';
import { inRounds } from '../time/rounds.js';
import { isPartOfHybrid, type Application } from '../nest/application.js';
import { holdBeforeClose, wrapServerClose } from '../nest/before-close.js';
import { observeHandlers } from '../nest/route-handlers.js';
import { httpServerOf, onFurtherServers } from '../nest/http-servers.js';
import { NestContainer } from '../nest/nest-container.js';
import type { RequestInterceptor } from './request-interceptor.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import type { PropagationReport } from '../engine/record.js';
import type { TaskContext } from '../engine/task.js';
import { setImmediate } from '../time/real-timers.js';
import { enterOwnWork } from '../process/own-work.js';

/** Joins the drain to Nest's HTTP adapter, when there is one. */
@Injectable()
export class HttpSource {
  private readonly logger = new Logger('Graceful');
  private readonly drain: HttpDrain;
  private readonly own: OwnServers;
  /** Set before `attach()` when anything in the application can call for the shutdown. */
  followsRequests = false;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly adapterHost: HttpAdapterHost,
    private readonly nest: NestContainer,
  ) {
    const { probes, exemptPaths, exemptUserAgents } = options;
    const endless = new SaidOfRoutes(options.sseEndlessPaths, options.sseFinitePaths);
    const probePaths = probes ? [probes.livePath, probes.readyPath, probes.startupPath] : [];
    this.drain = new HttpDrain(
      {
        exemptions: new Exemptions([...probePaths, ...exemptPaths], exemptUserAgents),
        retryAfterSeconds: options.retryAfterSeconds,
        floorMs: options.propagationFloorMs,
        quietMs: options.propagationQuietMs,
        capMs: options.propagationCapMs,
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
    this.own = new OwnServers(this.drain, this.logger);
  }

  /** Whether traffic comes, by a listener or by sockets that are handed over. */
  get serving(): boolean {
    return this.drain.serving;
  }

  /** Whether its hooks are run by a microservice in it, and will be run again by itself. */
  isPart(application: Application): boolean {
    return isPartOfHybrid(application, this.adapterHost.httpAdapter);
  }

  /** The handlers that are registered from now on are known when a client leaves, or has to be refused. */
  beforeRoutes(): void {
    const adapter = this.adapterHost.httpAdapter;
    if (adapter) observeHandlers(adapter, noteHandler);
  }

  /**
   * Takes its place in front of the application. `probes` makes what answers probes there, `drained` is what a closing
   * adapter has to wait for.
   */
  attach(probes: () => RequestInterceptor | undefined, drained: () => Promise<void>): void {
    this.removeTerminusDelay();
    this.nest.gateways.onOwnListener((listener) => this.drain.attach(listener));
    this.nest.gateways.wrapServerClose((close) => this.drain.closeServers(close));
    const adapter = this.adapterHost.httpAdapter;
    if (!adapter) return;
    const server = httpServerOf(adapter);
    if (!server) return;
    const interceptor = this.following(probes());
    this.own.look(adapter, server, interceptor);
    this.drain.attach(server, interceptor);
    onFurtherServers(adapter, (further) => this.drain.attach(further, interceptor));
    holdBeforeClose(adapter, drained);
    wrapServerClose(adapter, (close) => this.drain.closeServers(close));
  }

  /** A handler may call `shutdown()` or `close()` and await it; only where it can be known, does a request cost this. */
  private following(answerProbe: RequestInterceptor | undefined): RequestInterceptor | undefined {
    if (!this.followsRequests) return answerProbe;
    return (request, response) => {
      if (answerProbe?.(request, response)) return true;
      const isOver = () => response.writableFinished || response.destroyed;
      enterOwnWork({ kind: 'request', isOver, countedAs: [response] });
      return false;
    };
  }

  /** Calls back once the application listens, after the code that follows; soon, when it has no server. */
  whenListening(callback: () => void): void {
    const server = httpServerOf(this.adapterHost.httpAdapter);
    if (server) server.once('listening', () => setImmediate(callback));
    else setImmediate(callback);
  }

  /** Follows a server that the application has made. */
  follow(server: Server): void {
    this.own.follow(server);
  }

  /** The application is over. */
  release(): void {
    this.own.stopLooking();
    this.drain.release();
  }

  announce(): void {
    if (this.options.readinessOnShutdown === 'fail') this.nest.failTerminusChecks();
    this.drain.announce();
  }

  revoke(): void {
    this.nest.failTerminusChecks(false);
    this.drain.revoke();
  }

  waitUntilIdle(signal: AbortSignal): Promise<boolean> {
    return this.drain.waitUntilIdle(signal);
  }

  /** Of a drain that can be taken back: readiness is no business of `readinessOnShutdown` here. */
  announceDrain(): void {
    this.nest.failTerminusChecks();
    this.drain.announce();
  }

  waitForQuiet(...args: Parameters<HttpDrain['waitForQuiet']>): Promise<PropagationReport> {
    return this.drain.waitForQuiet(...args);
  }

  /** Whatever becomes of the drain itself, the requests that were counted are waited for, or named. */
  async finish(context: TaskContext, manner: DrainManner): Promise<void> {
    const { drain, clock } = this;
    const { signal } = context;
    try {
      await drain.finish(context, manner);
    } catch (error) {
      await untilNone(() => drain.inFlight, signal, clock);
      drain.nameAbandoned(drain.openWork(), context);
      throw error;
    }
    await untilNone(() => drain.strayWork().length, signal, clock);
    drain.nameAbandoned(drain.strayWork(), context);
  }

  destroyLeftovers(context: TaskContext): void {
    this.drain.destroyLeftovers(context);
  }

  /** Of applications without HTTP as well. */
  private removeTerminusDelay(): void {
    const delayMs = this.nest.removeTerminusDelay();
    if (delayMs === 0) return;
    this.logger.log(
      `Terminus' gracefulShutdownTimeoutMs (${delayMs} ms) is not waited for: it would come after the wait of this module.`,
    );
  }

  get inFlight(): number {
    return this.drain.inFlight;
  }

  /** The responses of the requests in flight. */
  openWork(): readonly object[] {
    return this.drain.openWork();
  }

  inFlightText(): string {
    const { inFlight } = this.drain;
    return `${inFlight} ${inFlight === 1 ? 'request' : 'requests'} in flight`;
  }
}
