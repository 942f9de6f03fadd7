import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { checkMilliseconds, MAX_TIMER_MS } from './option-checks.js';
import type { OptionContext } from './option-row.js';
import { graceInEnvironment, PLATFORM_PRESETS, type Platform } from './platform.js';
import { pm2GraceMs } from './pm2.js';

/** The environment variable that sets `gracePeriodMs`, so that a chart can hold the one number once. */
export const GRACE_PERIOD_VARIABLE = 'GRACEFUL_GRACE_PERIOD_MS';

/** No platform gives less, and `terminationGracePeriodSeconds: 30` stands beside this option: what is shorter is in seconds. */
const SHORTEST_MS = 1_000;
/** Up to so much, the number that was given is one of seconds: five minutes. */
const LIKELY_SECONDS = 300;

/** The environment variable, or the platform's own. PM2's limit holds wherever it runs: in a pod, too, it kills first. */
export function defaultGraceMs({ env, given, platform }: OptionContext): number {
  return (
    fromVariable(env, given) ??
    pm2GraceMs(env) ??
    graceInEnvironment(platform, env) ??
    PLATFORM_PRESETS[platform].gracePeriodMs
  );
}

/** Whether the grace period is an assumption: nobody has set it, and the platform does not say it. */
export function isGraceAssumed(
  given: { readonly gracePeriodMs?: number },
  env: NodeJS.ProcessEnv,
  platform: Platform,
): boolean {
  const said =
    given.gracePeriodMs ??
    (env[GRACE_PERIOD_VARIABLE] || undefined) ??
    pm2GraceMs(env) ??
    graceInEnvironment(platform, env);
  return said === undefined && PLATFORM_PRESETS[platform].isAssumed === true;
}

/** Whether anybody has said how long it is. */
export function isGraceGiven({ env, given }: Pick<OptionContext, 'env' | 'given'>): boolean {
  return given.gracePeriodMs !== undefined || fromVariable(env, given) !== undefined;
}

export function checkGracePeriod(name: string, value: unknown, { given }: OptionContext): void {
  const isOurs = given.gracePeriodMs === undefined; // `kill_timeout` of PM2 is what it is
  const least = isOurs ? 1 : shortest(given);
  if (typeof value === 'number' && value >= 1) refuseSeconds(name, value, value, least);
  checkMilliseconds(name, value, least, 30_000);
}

function fromVariable(env: NodeJS.ProcessEnv, given: OptionContext['given']): number | undefined {
  const text = env[GRACE_PERIOD_VARIABLE];
  if (text === undefined || text === '') return undefined;
  const least = shortest(given);
  const ms = /^\d+$/.test(text) ? Number(text) : NaN;
  if (ms >= 1) refuseSeconds(GRACE_PERIOD_VARIABLE, text, ms, least);
  if (ms >= least && ms <= MAX_TIMER_MS) return ms;
  throw new InvalidOptionError(
    GRACE_PERIOD_VARIABLE,
    `a whole number of milliseconds from ${least} to ${MAX_TIMER_MS}`,
    text,
    'Set it to 30000 or so, without a unit, or remove it.',
  );
}

function shortest({ shortGracePeriodForTests }: OptionContext['given']): number {
  return shortGracePeriodForTests === true ? 1 : SHORTEST_MS;
}

function refuseSeconds(name: string, received: unknown, ms: number, least: number): void {
  if (ms >= least) return;
  const meant = Math.round(ms * 1_000);
  const guess = ms <= LIKELY_SECONDS ? `Did you mean ${meant} (${meant / 1_000} s)? ` : '';
  throw new InvalidOptionError(
    name,
    `at least ${least} milliseconds`,
    received,
    `${guess}Pass milliseconds, not seconds; a test that needs less sets \`shortGracePeriodForTests: true\`.`,
  );
}
