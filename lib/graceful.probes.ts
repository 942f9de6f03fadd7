import { Inject, Injectable, Logger } from '@nestjs/common';
import { inspect } from 'node:util';
import type { HttpAdapterHost } from '@nestjs/core';
import { checkMark } from './discovery/check.decorators.js';
import type { MarkedMethodExplorer } from './discovery/marked-method.explorer.js';
import { within } from './graceful.deferred.js';
import { CLOCK, RESOLVED_OPTIONS } from './graceful.module-definition.js';
import type { HealthCheck } from './health/health-check.js';
import { ProbeResponder } from './health/probe-responder.js';
import { ProbeServer } from './health/probe-server.js';
import { Probes } from './health/probes.js';
import type { RequestInterceptor } from './http/request-interceptor.js';
import { registeredPaths } from './nest/registered-paths.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { Clock } from './shutdown/clock.js';

/** A probe that is asked as its port is about to close is answered if that takes no longer than this, in milliseconds. */
const ANSWER_MS = 500;

/** Joins the probes to the application: their checks, and the port they answer on. */
@Injectable()
export class GracefulProbes {
  private readonly logger = new Logger('Graceful');
  private server?: ProbeServer;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly probes: Probes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Opens the probes' own port, if they have one. */
  async open(): Promise<void> {
    const { probes } = this.options;
    if (!probes || probes.port === undefined) return;
    this.server = new ProbeServer(
      new ProbeResponder(this.probes, probes),
      probes.host,
      probes.port,
    );
    const port = await this.server.open();
    this.logger.log(`Probes on ${probes.host}:${port}`);
  }

  /** Finds the decorated checks. */
  discover(explorer: MarkedMethodExplorer): void {
    const defaultTimeoutMs = this.options.probes ? this.options.probes.checkTimeoutMs : 800;
    for (const { mark, place, method, call } of explorer.explore(checkMark)) {
      const { kind, name = method, timeoutMs = defaultTimeoutMs } = mark;
      this.probes.add({ kind, name, place, timeoutMs, run: call });
    }
  }

  /** Answers probes on the application's own port, unless they have another or the application answers the path. */
  interceptorFor(
    adapter: NonNullable<HttpAdapterHost['httpAdapter']>,
  ): RequestInterceptor | undefined {
    const { probes } = this.options;
    if (!probes || probes.port !== undefined) return undefined;
    const taken = registeredPaths(adapter, [probes.livePath, probes.readyPath, probes.startupPath]);
    for (const path of taken) {
      this.logger.log(`GET ${path} stays with the route of the application.`);
    }
    const responder = new ProbeResponder(this.probes, probes, taken);
    return (request, response) => responder.answer(request, response);
  }

  bootstrapped(): void {
    this.probes.markBootstrapped();
  }

  stopping(reason: string): void {
    this.probes.markStopping(reason);
  }

  drained(): void {
    this.probes.markDrained('drain()');
  }

  resumed(): void {
    this.probes.markResumed();
  }

  async close(): Promise<void> {
    if (!this.server) return;
    await within(ANSWER_MS, this.server.answered(), this.clock);
    await this.server.close();
  }
}

/** Says in the log when a check changes, not at every probe. */
export function logCheckChange(check: HealthCheck, problem: unknown): void {
  const logger = new Logger('Graceful');
  const label = `The ${check.kind} check ${check.place}`;
  if (problem === undefined) logger.log(`${label} is up again`);
  else logger.warn(`${label} is down: ${problemText(problem)}`);
}

function problemText(problem: unknown): string {
  if (problem instanceof Error) return problem.message || problem.name;
  return typeof problem === 'string' ? problem : inspect(problem, { breakLength: Infinity });
}
