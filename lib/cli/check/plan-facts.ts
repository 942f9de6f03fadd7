import { PLATFORM_PRESETS } from '../../options/platform-presets.js';
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
  /** How much of that it needs at least, in milliseconds. */
  readonly neededMs: number;
  /** The shortest wait for the load balancers, in milliseconds; undefined when the plan does not say. */
  readonly propagationFloorMs?: number;
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
      `${from} is no plan: it has no gracePeriodMs. Write one with: nestjs-graceful plan --json > ${from}`,
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
    propagationFloorMs: numberOf(fields(plan['propagation'])['floorMs']),
    probes: probeFacts(plan['probes']),
    signals: Array.isArray(stop) ? stop.filter((name) => typeof name === 'string') : undefined,
    ports: [...portsOf(plan['servers']), ...portsOf(plan['transports'])],
  };
}

/**
 * The grace period that the application would plan with on a platform, in milliseconds. One that was made on a laptop, with
 * nothing set, is derived again from where it is going to run.
 */
export function graceOn(plan: PlanFacts, platform: Platform): number {
  const isDerived =
    plan.platform === 'none' && plan.gracePeriodMs === PLATFORM_PRESETS.none.gracePeriodMs;
  return isDerived ? PLATFORM_PRESETS[platform].gracePeriodMs : plan.gracePeriodMs;
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
