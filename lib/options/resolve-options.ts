import { BudgetExceededError } from '../errors/budget-exceeded.error.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { Integration } from '../integrations/integration.js';
import type { GracefulOptions } from './graceful-options.js';
import { checkGrpcMethods } from './grpc-methods.js';
import {
  checkBoolean,
  checkFilePath,
  checkFunction,
  checkInteger,
  checkMilliseconds,
  checkOneOf,
  checkPath,
  checkSignals,
  checkStrings,
  MAX_TIMER_MS,
  rejectUnknownKeys,
} from './option-checks.js';
import { detectPlatform, PLATFORMS } from './platform.js';
import { pm2GraceMs } from './pm2.js';
import { builtInPhases, requirementsOf, resolvePhases } from './phases.js';
import { PLATFORM_PRESETS } from './platform-presets.js';
import { checkProbes, resolveProbes } from './probe-options.js';
import type { ResolvedOptions, ResolvedProbeOptions } from './resolved-options.js';

export type { ResolvedOptions, ResolvedProbeOptions };

/** What options are resolved against. */
export interface OptionsEnvironment {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
}

/** The environment variable that sets `gracePeriodMs`, so that a chart can hold the one number once. */
export const GRACE_PERIOD_VARIABLE = 'GRACEFUL_GRACE_PERIOD_MS';

/**
 * Fills in the defaults and checks everything, at boot, so that nothing can be wrong at shutdown.
 *
 * @throws InvalidOptionError, UnknownOptionError, BudgetExceededError
 */
export function resolveOptions(
  options: GracefulOptions = {},
  environment: OptionsEnvironment = { env: process.env, pid: process.pid },
): ResolvedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(
      'options',
      'an object',
      options,
      'Call forRoot({ … }) or forRoot().',
    );
  }
  const { platform: chosen = 'auto' } = options;
  checkOneOf('platform', chosen, ['auto', ...PLATFORMS]);
  const platform = chosen === 'auto' ? detectPlatform(environment.env, environment.pid) : chosen;
  const preset = PLATFORM_PRESETS[platform];

  // PM2's limit holds wherever PM2 runs: pm2-runtime in a pod kills long before Kubernetes does.
  const { env } = environment;
  const { gracePeriodMs = gracePeriodFrom(env) ?? pm2GraceMs(env) ?? preset.gracePeriodMs } =
    options;
  checkMilliseconds('gracePeriodMs', gracePeriodMs, 1);
  const propagation = preset.propagation(gracePeriodMs);
  // What other defaults are derived from is checked before, or the error would blame those.
  const { propagationCapMs = Math.round(propagation.capMs) } = options;
  checkMilliseconds('propagationCapMs', propagationCapMs, 0);

  const {
    exitMarginMs = Math.round(
      Math.min(Math.max(gracePeriodMs / 30, 100), gracePeriodMs / 10, 2_000),
    ),
    announceTimeoutMs = Math.round(Math.min(gracePeriodMs / 15, 2_000)),
    propagationFloorMs = Math.min(Math.round(propagation.floorMs), propagationCapMs),
    propagationQuietMs = Math.min(Math.round(propagation.quietMs), propagationCapMs),
    propagationProbeFailures = 3,
    drainTimeoutMs = Infinity,
    flushTimeoutMs = Math.round(Math.min(gracePeriodMs / 15, 5_000)),
    closeTimeoutMs = Math.max(1, Math.round(Math.min(gracePeriodMs / 10, 10_000))),
    phases = [],
    order = [],
    integrations = [],
    readinessOnShutdown = 'fail',
    signals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'],
    exitProcess = true,
    exitCodeClean = 0,
    exitCodeForced = 1,
    exitCodeFatal = 1,
    shutdownOnFatalError = false,
    fatalGracePeriodMs = Math.max(1, Math.round(Math.min(gracePeriodMs / 3, 5_000))),
    drainSignal = false,
    resumeSignal = false,
    logPlan = false,
    logReport = 'auto',
    onReport,
    terminationLog = platform === 'kubernetes' ? '/dev/termination-log' : false,
    retryAfterSeconds = 1,
    sseRetryMs = 3_000,
    sseLastEvent,
    sseEndlessPaths = [],
    sseFinitePaths = [],
    grpcEndlessMethods = [],
    grpcFiniteMethods = [],
    exemptPaths = ['/metrics'],
    exemptUserAgents = [
      'kube-probe/',
      'ELB-HealthChecker/',
      'GoogleHC/',
      'Consul Health Check',
      'Prometheus/',
    ],
    probes = {},
  } = options;

  const resolved: ResolvedOptions = {
    platform,
    gracePeriodMs,
    exitMarginMs,
    announceTimeoutMs,
    propagationFloorMs,
    propagationQuietMs,
    propagationCapMs,
    propagationProbeFailures,
    drainTimeoutMs,
    flushTimeoutMs,
    closeTimeoutMs,
    phases: resolvePhases(phases, gracePeriodMs),
    order: asArray('order', order, 'an array of { provider, after } or the like'),
    integrations: checkIntegrations(integrations),
    readinessOnShutdown,
    signals: [...new Set(asArray('signals', signals))],
    exitProcess,
    exitCodeClean,
    exitCodeForced,
    exitCodeFatal,
    shutdownOnFatalError,
    fatalGracePeriodMs,
    drainSignal,
    resumeSignal,
    logPlan,
    logReport,
    onReport,
    terminationLog,
    retryAfterSeconds,
    sseRetryMs,
    sseLastEvent,
    sseEndlessPaths: asArray('sseEndlessPaths', sseEndlessPaths),
    sseFinitePaths: asArray('sseFinitePaths', sseFinitePaths),
    grpcEndlessMethods: asArray('grpcEndlessMethods', grpcEndlessMethods),
    grpcFiniteMethods: asArray('grpcFiniteMethods', grpcFiniteMethods),
    exemptPaths: asArray('exemptPaths', exemptPaths),
    exemptUserAgents: asArray('exemptUserAgents', exemptUserAgents),
    probes: probes === false ? false : resolveProbes(probes),
  };
  rejectUnknownKeys(options, Object.keys(resolved));
  checkEach(resolved);
  checkAgainstEachOther(resolved);
  return resolved;
}

function checkEach(options: ResolvedOptions): void {
  checkMilliseconds('exitMarginMs', options.exitMarginMs, 0);
  checkMilliseconds('announceTimeoutMs', options.announceTimeoutMs, 0);
  checkMilliseconds('propagationFloorMs', options.propagationFloorMs, 0);
  checkMilliseconds('propagationQuietMs', options.propagationQuietMs, 0);
  checkInteger('propagationProbeFailures', options.propagationProbeFailures, 0, 100);
  if (options.drainTimeoutMs !== Infinity) {
    checkMilliseconds('drainTimeoutMs', options.drainTimeoutMs, 0);
  }
  checkMilliseconds('flushTimeoutMs', options.flushTimeoutMs, 0);
  checkMilliseconds('closeTimeoutMs', options.closeTimeoutMs, 1);
  checkOneOf('readinessOnShutdown', options.readinessOnShutdown, ['fail', 'hold']);
  checkSignals('signals', options.signals);
  checkBoolean('exitProcess', options.exitProcess);
  checkInteger('exitCodeClean', options.exitCodeClean, 0, 255);
  checkInteger('exitCodeForced', options.exitCodeForced, 0, 255);
  checkInteger('exitCodeFatal', options.exitCodeFatal, 0, 255);
  checkBoolean('shutdownOnFatalError', options.shutdownOnFatalError);
  checkMilliseconds('fatalGracePeriodMs', options.fatalGracePeriodMs, 1);
  checkActionSignals(options);
  checkBoolean('logPlan', options.logPlan);
  checkOneOf('logReport', options.logReport, ['auto', 'line', 'object']);
  if (options.onReport !== undefined) checkFunction('onReport', options.onReport);
  if (options.terminationLog !== false) checkFilePath('terminationLog', options.terminationLog);
  checkInteger('retryAfterSeconds', options.retryAfterSeconds, 0, 86_400);
  checkMilliseconds('sseRetryMs', options.sseRetryMs, 0);
  if (options.sseLastEvent !== undefined) checkEvent(options.sseLastEvent);
  checkStrings('exemptUserAgents', options.exemptUserAgents);
  for (const name of ['exemptPaths', 'sseEndlessPaths', 'sseFinitePaths'] as const) {
    for (const [index, path] of options[name].entries()) checkPath(`${name}[${index}]`, path);
  }
  checkGrpcMethods(options);
  if (options.probes) checkProbes(options.probes);
}

function checkEvent(event: unknown): void {
  const { type, data, comment } = (event ?? {}) as Record<string, unknown>;
  if (typeof comment === 'string' && type === undefined && data === undefined) return;
  const hasType = type === undefined || (typeof type === 'string' && !/[\r\n]/.test(type));
  if (hasType && typeof data === 'string') return;
  throw new InvalidOptionError(
    'sseLastEvent',
    'an object with a string `data`, and a `type` of one line if any; or with a `comment`',
    event,
    "Pass { type: 'bye', data: '' } or { comment: 'bye' } or the like.",
  );
}

function checkIntegrations(integrations: ResolvedOptions['integrations']): Integration[] {
  const all = asArray('integrations', integrations, 'an array of integrations');
  for (const [index, integration] of all.entries()) {
    const { name, attach } = (integration ?? {}) as Partial<Integration>;
    if (typeof name === 'string' && typeof attach === 'function') continue;
    throw new InvalidOptionError(
      `integrations[${index}]`,
      'an object with `name` and `attach(host)`',
      integration,
      'See the interface Integration.',
    );
  }
  return all;
}

/** Signals that drain and resume must not be those that stop. */
function checkActionSignals(options: ResolvedOptions): void {
  for (const name of ['drainSignal', 'resumeSignal'] as const) {
    const signal = options[name];
    if (signal === false) continue;
    checkSignals(name, [signal]);
    if (!options.signals.includes(signal)) continue;
    throw new InvalidOptionError(
      name,
      'a signal that does not stop the process',
      signal,
      'Use SIGUSR2, or take it out of `signals`. (Node keeps SIGUSR1 for its debugger.)',
    );
  }
}

function checkAgainstEachOther(options: ResolvedOptions): void {
  for (const name of ['propagationFloorMs', 'propagationQuietMs'] as const) {
    if (options[name] > options.propagationCapMs) {
      throw new InvalidOptionError(
        name,
        `at most \`propagationCapMs\` (${options.propagationCapMs})`,
        options[name],
        'Lower it, or raise the cap.',
      );
    }
  }
  if (options.fatalGracePeriodMs > options.gracePeriodMs) {
    throw new InvalidOptionError(
      'fatalGracePeriodMs',
      `at most \`gracePeriodMs\` (${options.gracePeriodMs})`,
      options.fatalGracePeriodMs,
      'Lower it.',
    );
  }
  const parts = requirementsOf(options, builtInPhases(options));
  const sum = parts.reduce((total, [, ms]) => total + ms, 0);
  if (sum > options.gracePeriodMs) throw new BudgetExceededError(options.gracePeriodMs, parts);
}

function gracePeriodFrom(env: NodeJS.ProcessEnv): number | undefined {
  const text = env[GRACE_PERIOD_VARIABLE];
  if (text === undefined || text === '') return undefined;
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > MAX_TIMER_MS) {
    throw new InvalidOptionError(
      GRACE_PERIOD_VARIABLE,
      `a whole number of milliseconds from 1 to ${MAX_TIMER_MS}`,
      text,
      'Set it to 30000 or so, without a unit, or remove it.',
    );
  }
  return Number(text);
}

function asArray<T>(name: string, value: readonly T[], expected = 'an array of strings'): T[] {
  if (!Array.isArray(value)) {
    throw new InvalidOptionError(name, expected, value, 'Put it into [ ].');
  }
  return [...value];
}
