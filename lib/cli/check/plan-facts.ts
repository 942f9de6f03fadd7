import { PLATFORM_PRESETS } from '../../options/platform.js';
import { PLATFORMS, type Platform } from '../../options/platform.js';
import { UsageError } from '../usage-error.js';

/** The probes of the plan. */
export interface ProbeFacts {
  readonly port?: number;
  readonly livePath: string;
  readonly readyPath: string;
  readonly startupPath: string;
  readonly checkTimeoutMs?: number;
}

/** What of the application's plan a manifest has to fit. */
export interface PlanFacts {
  readonly platform: Platform;
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly gracePeriodMs: number;
  /** Whether the platform and the grace period were said; undefined when the plan does not say. */
  readonly given?: { readonly platform: boolean; readonly gracePeriodMs: boolean };
  /** How long it took to start, where the plan was made, in milliseconds; undefined when it does not say. */
  readonly bootMs?: number;
  /** How much of that it needs at least, in milliseconds. */
  readonly neededMs: number;
  /** The shortest wait for the load balancers, in milliseconds; undefined when the plan does not say. */
  readonly propagationFloorMs?: number;
  /** The longest wait for the load balancers, in milliseconds; undefined when the plan does not say. */
  readonly propagationCapMs?: number;
  /** How long the warm-up before readiness may take, in milliseconds; undefined when there is none. */
  readonly warmUpMs?: number;
  /** Undefined when it has none, or does not say. */
  readonly probes?: ProbeFacts;
  /** Undefined when the plan does not say. */
  readonly signals?: readonly string[];
  /** The ports on which it listens, as far as they are known. */
  readonly ports: readonly number[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the JSON that `nestjs-graceful plan --json` prints. Of what a plan of another version may lack, only the grace
 * period is asked for.
 *
 * @throws {UsageError} when it is no plan
 */
export function planFacts(json: unknown, from: string): PlanFacts {
  const plan = fields(json);
  const { gracePeriodMs, version } = plan;
  if (typeof gracePeriodMs !== 'number' || !(gracePeriodMs > 0)) {
    throw new UsageError(
      `${from} is no plan: it has no gracePeriodMs. Write one with: nestjs-graceful plan --json > plan.json`,
    );
  }
  if (version !== 1) {
    throw new UsageError(
      `${from} is a plan of version ${JSON.stringify(version)}; this command reads version 1.`,
    );
  }
  const path = fields(plan['criticalPath'])['ms'];
  const signals = plan['signals'];
  const stop = Array.isArray(signals) ? signals : fields(signals)['stop'];
  return {
    platform: PLATFORMS.find((name) => name === plan['platform']) ?? 'kubernetes',
    gracePeriodMs,
    neededMs: numberOf(path) ?? gracePeriodMs,
    given: givenIn(plan['given']),
    bootMs: numberOf(plan['bootMs']),
    propagationFloorMs: numberOf(fields(plan['propagation'])['floorMs']),
    propagationCapMs: numberOf(fields(plan['propagation'])['capMs']),
    warmUpMs: numberOf(fields(plan['warmUp'])['timeoutMs']),
    probes: probeFacts(plan['probes']),
    signals: Array.isArray(stop) ? stop.filter((name) => typeof name === 'string') : undefined,
    ports: [...portsOf(plan['servers']), ...portsOf(plan['transports'])],
  };
}

/** The grace period that the application would plan with on a platform, in milliseconds. */
export function graceOn(plan: PlanFacts, platform: Platform): number {
  return isDerived(plan) ? PLATFORM_PRESETS[platform].gracePeriodMs : plan.gracePeriodMs;
}

/**
 * The least and the most that it would wait there for load balancers, in milliseconds; undefined where the plan does not
 * say. What was derived from the platform that the plan was made on is derived again.
 */
export function waitOn(
  plan: PlanFacts,
  platform: Platform,
): { readonly floorMs?: number; readonly capMs?: number } {
  const { propagationFloorMs: floorMs, propagationCapMs: capMs, given } = plan;
  const there = PLATFORM_PRESETS[plan.platform].propagation(plan.gracePeriodMs);
  const isPreset = floorMs === Math.round(there.floorMs) && capMs === Math.round(there.capMs);
  const isElsewhere = given ? !given.platform : isDerived(plan);
  if (!isPreset || !isElsewhere) return { floorMs, capMs };
  return PLATFORM_PRESETS[platform].propagation(graceOn(plan, platform));
}

/**
 * A plan of an application that says neither where it runs nor how long it has is derived again from where it is going to
 * run. Plans of older versions do not say so; one that has what a laptop has is taken for such a plan.
 */
function isDerived({ given, platform, gracePeriodMs }: PlanFacts): boolean {
  if (given) return !given.platform && !given.gracePeriodMs;
  return platform === 'none' && gracePeriodMs === PLATFORM_PRESETS.none.gracePeriodMs;
}

function givenIn(value: unknown): PlanFacts['given'] {
  const { platform, gracePeriodMs } = fields(value);
  if (typeof platform !== 'boolean' || typeof gracePeriodMs !== 'boolean') return undefined;
  return { platform, gracePeriodMs };
}

function probeFacts(probes: unknown): ProbeFacts | undefined {
  const { port, livePath, readyPath, startupPath, checkTimeoutMs } = fields(probes);
  if (typeof livePath !== 'string' || typeof readyPath !== 'string') return undefined;
  return {
    livePath,
    readyPath,
    startupPath: typeof startupPath === 'string' ? startupPath : '/health/startup',
    port: numberOf(port) || undefined,
    checkTimeoutMs: numberOf(checkTimeoutMs),
  };
}

function portsOf(list: unknown): number[] {
  return Array.isArray(list) ? list.flatMap((entry) => numberOf(fields(entry)['port']) || []) : [];
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
