import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CLOCK, RESOLVED_OPTIONS } from './graceful.module-definition.js';
import type { GracefulProbes } from './graceful.probes.js';
import { Exemptions } from './http/exemptions.js';
import { fastifyParams } from './http/request-name.js';
import { HttpDrain } from './http/http-drain.js';
import { isPartOfHybrid, type Application } from './nest/application.js';
import { holdBeforeClose, wrapServerClose } from './nest/before-close.js';
import { httpServerOf, onFurtherServers } from './nest/http-servers.js';
import { NestContainer } from './nest/nest-container.js';
import type { RequestInterceptor } from './http/request-interceptor.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { Clock } from './shutdown/clock.js';
import type { TaskContext } from './shutdown/task.js';
import { setImmediate } from './process/real-timers.js';
import { enterOwnWork } from './work/own-work.js';

/** Joins the drain to Nest's HTTP adapter, when there is one. */
@Injectable()
export class GracefulHttp {
  private readonly logger = new Logger('Graceful');
  private readonly drain: HttpDrain;
  /** Set before `attach()` when anything in the application can call for the shutdown. */
  followsRequests = false;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) clock: Clock,
    private readonly adapterHost: HttpAdapterHost,
    private readonly nest: NestContainer,
  ) {
    const { probes, exemptPaths, exemptUserAgents } = options;
    const probePaths = probes ? [probes.livePath, probes.readyPath, probes.startupPath] : [];
    this.drain = new HttpDrain(
      {
        exemptions: new Exemptions([...probePaths, ...exemptPaths], exemptUserAgents),
        retryAfterSeconds: options.retryAfterSeconds,
        floorMs: options.propagationFloorMs,
        quietMs: options.propagationQuietMs,
        capMs: options.propagationCapMs,
        paramsOf: (request) => fastifyParams(this.adapterHost.httpAdapter?.getInstance(), request),
        farewell: { retryMs: options.sseRetryMs, lastEvent: options.sseLastEvent },
      },
      clock,
    );
  }

  get listening(): boolean {
    return this.drain.listening;
  }

  /** Whether its hooks are run by a microservice in it, and will be run again by itself. */
  isPart(application: Application): boolean {
    return isPartOfHybrid(application, this.adapterHost.httpAdapter);
  }

  /** Takes its place in front of the application; `drained` is what a closing adapter has to wait for. */
  attach(probes: GracefulProbes, drained: () => Promise<void>): void {
    this.removeTerminusDelay();
    this.nest.gateways.onOwnListener((listener) => this.drain.attach(listener));
    this.nest.gateways.wrapServerClose((close) => this.drain.closeServers(close));
    const adapter = this.adapterHost.httpAdapter;
    if (!adapter) return;
    const server = httpServerOf(adapter);
    if (!server) return;
    const interceptor = this.following(probes.interceptorFor(adapter));
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
      enterOwnWork({ kind: 'request', isOver });
      return false;
    };
  }

  /** Calls back once the application listens, after the code that follows; soon, when it has no server. */
  whenListening(callback: () => void): void {
    const server = httpServerOf(this.adapterHost.httpAdapter);
    if (server) server.once('listening', () => setImmediate(callback));
    else setImmediate(callback);
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

  waitForQuiet(startedAt: number, signal: AbortSignal, elsewhereAt: () => number): Promise<void> {
    return this.drain.waitForQuiet(startedAt, signal, elsewhereAt);
  }

  finish(context: TaskContext): Promise<void> {
    return this.drain.finish(context);
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

  inFlightText(): string {
    const { inFlight } = this.drain;
    return `${inFlight} ${inFlight === 1 ? 'request' : 'requests'} in flight`;
  }
}
