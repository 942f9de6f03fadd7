import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { inspect } from 'node:util';
import { HttpAdapterHost } from '@nestjs/core';
import { randomUUID } from 'node:crypto';
import { checkMark, type CheckMark } from '../decorators/check.decorators.js';
import type { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { InvalidDecoratorError } from '../errors/invalid-decorator.error.js';
import { within } from '../time/waits.js';
import { ASKED_THROUGH, CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { BalancerProbes, type ProbingBalancer } from './balancer-probes.js';
import type { HealthCheck } from './health-check.js';
import { GracefulHealthIndicator } from './graceful-health.indicator.js';
import { OwnPaths } from './own-paths.js';
import { MetricsEndpoint } from './metrics-endpoint.js';
import { ProbeResponder } from './probe-responder.js';
import { ProbeServer } from './probe-server.js';
import { Probes } from './probes.js';
import type { RequestInterceptor } from '../http/request-interceptor.js';
import { Log } from '../log/log.js';
import {
  checkDown,
  checkUp,
  lastScrapeMissed,
  lastScrapesCame,
  metricsListen,
  noMetrics,
  probePortTaken,
  probesListen,
  scrapeIntervalTooLong,
} from '../log/probe-lines.js';
import { ApplicationRoutes } from '../nest/application-routes.js';
import { onHttpAdapter } from '../nest/http-adapter.js';
import { onPortTaken } from '../nest/http-servers.js';
import { NestContainer } from '../nest/nest-container.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import { probingBalancerAdvice } from './probing-balancer-advice.js';

/** Part of a path that no application has. */
const ELSEWHERE = randomUUID();

/** A probe that is asked as its port is about to close is answered if that takes no longer than this, in milliseconds. */
const ANSWER_MS = 500;

/** Joins the probes to the application: their checks, and the port they answer on. */
@Injectable()
export class ProbeSetup {
  /** Load balancers that learn of the end by asking. */
  readonly balancers: BalancerProbes;
  /** Those that were found, with the object whose method each is. */
  readonly checks: Array<Pick<HealthCheck, 'kind' | 'place' | 'timeoutMs'> & { owner: object }> =
    [];
  private server?: ProbeServer;
  private metrics?: MetricsEndpoint;
  private ownPaths?: OwnPaths;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly probes: Probes,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly host: HttpAdapterHost,
    private readonly nest: NestContainer,
    @Inject(ASKED_THROUGH) private readonly askedThrough: unknown,
    private readonly log: Log,
  ) {
    const { readinessOnShutdown, propagationProbeFailures } = options;
    // With 'hold' readiness never fails, so nobody learns by it.
    const failures = readinessOnShutdown === 'hold' ? 0 : propagationProbeFailures;
    this.balancers = new BalancerProbes(clock, failures, (balancer) => this.advise(balancer));
    this.watchRoutes(host);
  }

  /** Opens the probes' own port, if they have one. */
  async open(): Promise<void> {
    const { probes } = this.options;
    if (!probes || probes.port === undefined) return;
    const { host, metricsPath } = probes;
    const seen = (ms: number) => this.sayIfTooLong(ms);
    if (this.options.awaitLastScrape) {
      this.metrics = new MetricsEndpoint(metricsPath, this.clock, seen);
    }
    const responder = new ProbeResponder(this.probes, probes, undefined, this.readinessTold);
    this.server = new ProbeServer(responder, host, probes.port, this.metrics);
    const port = await this.server.open();
    this.log.say(probesListen({ host, port }));
    if (this.metrics) this.log.say(metricsListen({ host, port, path: metricsPath }));
    // Nest's own error names a port that is in use, and not who uses it: this application does.
    const taken = probePortTaken({ given: probes.port, port });
    onPortTaken(this.host.httpAdapter, port, () => this.log.say(taken));
  }

  /** Finds the decorated checks. */
  discover(explorer: MarkedMethodExplorer): void {
    const defaultTimeoutMs = this.options.probes ? this.options.probes.checkTimeoutMs : 800;
    for (const { mark, owner, place, method, call } of explorer.explore(
      checkMark,
      refuseRequestScoped,
    )) {
      const { kind, name = method, timeoutMs = defaultTimeoutMs } = mark;
      this.probes.add({ kind, name, place, timeoutMs, run: call });
      this.checks.push({ kind, place, timeoutMs, owner });
    }
  }

  /** Answers probes on the application's own port, unless they have another; what the application answers stays its own. */
  interceptor(): RequestInterceptor | undefined {
    const { probes } = this.options;
    if (!probes || !this.ownPaths) return undefined;
    this.ownPaths.announce();
    const responder = new ProbeResponder(
      this.probes,
      probes,
      this.ownPaths.leave,
      this.readinessTold,
    );
    return (request, response) => responder.answer(request, response);
  }

  /** Routes are watched from before the first is registered: Nest's testing module has an adapter only later. */
  private watchRoutes(host: HttpAdapterHost): void {
    const { probes } = this.options;
    if (!probes || probes.port !== undefined) return;
    onHttpAdapter(host, (adapter) => {
      this.ownPaths = new OwnPaths(new ApplicationRoutes(adapter), probes, {
        log: this.log,
        elsewhere: () => `${this.nest.globalPrefix}/nestjs-graceful-${ELSEWHERE}`,
        refusing: () => this.probes.refusing,
        aware: () => this.nest.hasTerminus || this.isAsked,
      });
    });
  }

  /** Whether the application asks this package for its state. */
  private get isAsked(): boolean {
    const graph = this.nest.graph();
    return [GracefulHealthIndicator, this.askedThrough].some((token) => graph.isInjected(token));
  }

  /** The application listens, and is not to be sent anything yet. */
  warmingUp(): void {
    this.probes.markWarmingUp(true);
  }

  warm(): void {
    this.probes.markWarmingUp(false);
  }

  bootstrapped(): void {
    this.probes.markBootstrapped();
    if (this.metrics && !this.metrics.hasMetrics) this.log.say(noMetrics());
  }

  /** A shutdown has begun: readiness goes down here and in Terminus, unless `readinessOnShutdown` holds it. */
  stopping(reason: string): void {
    this.probes.markStopping(reason);
    const { enabled, readinessOnShutdown } = this.options;
    if (enabled && readinessOnShutdown === 'fail') this.nest.failTerminusChecks();
  }

  /** Out of rotation, which can be taken back: `readinessOnShutdown` has no say in it. */
  drained(): void {
    this.probes.markDrained('drain()');
    this.nest.failTerminusChecks();
  }

  resumed(): void {
    this.probes.markResumed();
    this.nest.failTerminusChecks(false);
  }

  private readonly readinessTold = (request: IncomingMessage, ready: boolean): void => {
    const { remoteAddress } = request.socket;
    this.balancers.asked(remoteAddress, request.headers['user-agent'], ready);
  };

  private advise(balancer: ProbingBalancer): void {
    const advice = probingBalancerAdvice(balancer, this.options);
    if (advice) this.log.say(advice);
  }

  /** Whether its port has to stay open until the metrics were scraped once more. */
  get awaitsScrape(): boolean {
    return this.metrics !== undefined;
  }

  /** Nothing is counted any more: waits until each scraper has come for it, not longer than until `end`, on the clock. */
  async lastScrapes(end: number): Promise<void> {
    if (!this.metrics?.hasMetrics) return;
    const last = await this.metrics.lastScrapes(end - this.clock.now());
    this.log.say(last.missed.length === 0 ? lastScrapesCame(last) : lastScrapeMissed(last));
  }

  private sayIfTooLong(intervalMs: number): void {
    const { gracePeriodMs, exitMarginMs } = this.options;
    const mostMs = gracePeriodMs - exitMarginMs;
    if (intervalMs > mostMs) this.log.say(scrapeIntervalTooLong({ intervalMs, mostMs }));
  }

  async close(): Promise<void> {
    if (!this.server) return;
    await within(ANSWER_MS, this.server.answered(), this.clock);
    await this.server.close();
  }
}

/** Says when a check changes, not at every probe. */
export function logCheckChange(log: Log, check: HealthCheck, problem: unknown): void {
  log.say(problem === undefined ? checkUp(check) : checkDown(check, problemText(problem)));
}

function problemText(problem: unknown): string {
  if (problem instanceof Error) return problem.message || problem.name;
  return typeof problem === 'string' ? problem : inspect(problem, { breakLength: Infinity });
}

/** Left out, the check would be missed by nobody: the probe would say 200 without it. */
function refuseRequestScoped({ kind }: CheckMark, place: string): void {
  const decorator = {
    readiness: 'ReadinessCheck',
    liveness: 'LivenessCheck',
    startup: 'StartupCheck',
  };
  throw new InvalidDecoratorError(
    decorator[kind],
    place,
    'its class is request-scoped, so there is no instance to ask, and the probe would answer without it',
    'Put it on a provider of the default scope.',
  );
}
