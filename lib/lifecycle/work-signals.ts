import { Injectable } from '@nestjs/common';
import { describeReason, type ShutdownReason } from '../engine/reason.js';
import { ShuttingDownError } from '../errors/shutting-down.error.js';
import { SaidOfRoutes } from '../http/said-of-routes.js';
import type { EarlyAbortOptions } from '../options/early-abort.js';
import { SourceStatus } from '../sources/source-status.js';
import type { TimerHandle } from '../time/clock.js';
import { sharedAbort } from '../time/shared-abort.js';
import { Life } from './life.js';
import { Setting } from './setting.js';

/** A request of Node's, Express' or Fastify's. */
export interface RequestLike {
  readonly method?: string;
  readonly url?: string;
  /** Express: what the router of a mounted application has not shortened. */
  readonly originalUrl?: string;
}

/** One entry of `earlyAbort`, and the signal of the work it speaks of. */
interface Rule extends EarlyAbortOptions {
  readonly controller: AbortController;
  fits(request: RequestLike): boolean;
}

/** The signals that accepted work obeys: at the drain's deadline, or earlier where `earlyAbort` says so. */
@Injectable()
export class WorkSignals {
  private readonly rules: readonly Rule[];
  private readonly timers = new Set<TimerHandle>();

  constructor(
    private readonly setting: Setting,
    life: Life,
    private readonly sources: SourceStatus,
  ) {
    this.rules = setting.options.earlyAbort.map(ruleOf);
    life.onBegin((reason) => this.begin(reason));
    sources.deadlineSignal.addEventListener('abort', () => this.drainOver(), { once: true });
    life.untilReleased(() => this.clear());
  }

  /** Aborts when the time of the drain is over. */
  get deadlineSignal(): AbortSignal {
    return this.sources.deadlineSignal;
  }

  /** @throws InvalidOptionError for a name that no source has */
  of(work: string | RequestLike): AbortSignal {
    if (typeof work === 'string') this.sources.called(work, 'source of workSignal()');
    const rule = this.rules.find((one) =>
      typeof work === 'string' ? one.source === work : one.source === 'http' || one.fits(work),
    );
    return rule?.controller.signal ?? this.deadlineSignal;
  }

  /** @throws InvalidOptionError for a source in `earlyAbort` that the application does not have */
  check(): void {
    for (const [index, { source }] of this.rules.entries()) {
      if (source !== undefined) this.sources.called(source, `earlyAbort[${index}].source`);
    }
  }

  private begin(reason: ShutdownReason): void {
    const text = describeReason(reason);
    for (const rule of this.rules) {
      const { at = 'start' } = rule;
      if (at === 'start') this.abort(rule, text);
      else this.later(at * this.setting.budgetFor(reason), () => this.abort(rule, text));
    }
  }

  private drainOver(): void {
    for (const { controller } of this.rules) controller.abort(this.deadlineSignal.reason);
  }

  private abort({ controller, source }: Rule, text: string): void {
    if (controller.signal.aborted) return;
    controller.abort(new ShuttingDownError(text));
    if (source !== undefined) this.sources.abort(source);
  }

  private later(ms: number, call: () => void): void {
    const timer = this.setting.clock.setTimeout(call, Math.max(0, ms));
    this.timers.add(timer);
  }

  private clear(): void {
    for (const timer of this.timers) this.setting.clock.clearTimeout(timer);
    this.timers.clear();
  }
}

function ruleOf(options: EarlyAbortOptions): Rule {
  const [, method, path] = /^(?:([A-Z]+) )?(.*)$/.exec(options.route ?? '') ?? [];
  const routes = new SaidOfRoutes(path ? [path] : [], []);
  return {
    ...options,
    controller: sharedAbort(),
    fits: (request) =>
      (method === undefined || request.method === method) &&
      routes.of(request.originalUrl ?? request.url) === true,
  };
}
