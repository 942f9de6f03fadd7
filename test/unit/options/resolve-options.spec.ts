import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BudgetExceededError } from '../../../lib/errors/budget-exceeded.error.js';
import { InvalidOptionError } from '../../../lib/errors/invalid-option.error.js';
import { UnknownOptionError } from '../../../lib/errors/unknown-option.error.js';
import type { GracefulOptions } from '../../../lib/options/graceful-options.js';
import { PLATFORMS, type Platform } from '../../../lib/options/platform.js';
import { phasesOf } from '../../../lib/options/phases.js';
import { PhasePlan } from '../../../lib/plan/phase-plan.js';
import {
  resolveOptions,
  type OptionsEnvironment,
  type ResolvedOptions,
} from '../../../lib/options/resolve-options.js';
import { check } from '../../support/property.js';

const nowhere: OptionsEnvironment = { env: {}, pid: 1 };

/** Options as they come from JavaScript, a JSON file or an environment variable: anything. */
function resolve(options: unknown, environment = nowhere): ResolvedOptions {
  return resolveOptions(options as GracefulOptions, environment);
}

function errorOf(options: unknown, environment = nowhere): Error {
  let plan: PhasePlan;
  try {
    plan = new PhasePlan(resolve(options, environment)); // as at boot
  } catch (error) {
    return error as Error;
  }
  throw new Error(`nothing was wrong with ${plan.phases.length} phases`);
}

function messageOf(options: unknown, environment = nowhere): string {
  return errorOf(options, environment).message;
}

/** What all phases together may need at the worst, in milliseconds. */
function worstCase(options: ResolvedOptions): number {
  const needs = phasesOf(options).map(({ name, timeoutMs, reserveMs, settleMs }) =>
    name === 'announce' || name === 'propagate' ? timeoutMs : reserveMs + settleMs,
  );
  return needs.reduce((sum, ms) => sum + ms, options.exitMarginMs);
}

describe('the defaults', () => {
  it('outside an orchestrator', () => {
    expect(resolve({})).toEqual({
      enabled: true,
      platform: 'none',
      gracePeriodMs: 10_000,
      exitMarginMs: 333,
      announceTimeoutMs: 667,
      propagationFloorMs: 0,
      propagationQuietMs: 0,
      propagationCapMs: 0,
      propagationProbeFailures: 3,
      drainTimeoutMs: Infinity,
      flushTimeoutMs: 667,
      closeTimeoutMs: 1_000,
      phases: [],
      order: [],
      integrations: [],
      readinessOnShutdown: 'fail',
      signals: ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'],
      exitProcess: true,
      exitCodeClean: 0,
      exitCodeForced: 1,
      exitCodeFatal: 1,
      shutdownOnFatalError: false,
      fatalGracePeriodMs: 3_333,
      drainSignal: false,
      resumeSignal: false,
      logPlan: false,
      logReport: 'auto',
      onReport: undefined,
      terminationLog: false,
      retryAfterSeconds: 1,
      sseRetryMs: 3_000,
      sseLastEvent: undefined,
      sseEndlessPaths: [],
      sseFinitePaths: [],
      grpcEndlessMethods: [],
      grpcFiniteMethods: [],
      exemptPaths: ['/metrics'],
      exemptUserAgents: [
        'kube-probe/',
        'ELB-HealthChecker/',
        'GoogleHC/',
        'Consul Health Check',
        'Prometheus/',
      ],
      earlyAbort: [],
      lifeLog: false,
      awaitLastScrape: false,
      shortGracePeriodForTests: false,
      probes: {
        port: undefined,
        host: '0.0.0.0',
        livePath: '/health/live',
        readyPath: '/health/ready',
        startupPath: '/health/startup',
        metricsPath: '/metrics',
        checkTimeoutMs: 800,
      },
      warmUp: { requests: [], timeoutMs: 30_000 },
      maxConnectionAgeMs: 0,
      sidecars: [],
      onBusy: undefined,
      busyIntervalMs: 10_000,
    });
  });

  it.each<[Platform, Partial<ResolvedOptions>]>([
    [
      'kubernetes',
      {
        gracePeriodMs: 30_000,
        propagationFloorMs: 5_000,
        propagationQuietMs: 2_000,
        propagationCapMs: 10_000,
      },
    ],
    [
      'ecs',
      {
        gracePeriodMs: 30_000,
        propagationFloorMs: 0,
        propagationQuietMs: 1_000,
        propagationCapMs: 10_000,
      },
    ],
    [
      'cloud-run',
      {
        gracePeriodMs: 10_000,
        propagationFloorMs: 0,
        propagationQuietMs: 500,
        propagationCapMs: 2_000,
      },
    ],
    [
      'heroku',
      {
        gracePeriodMs: 30_000,
        propagationFloorMs: 1_000,
        propagationQuietMs: 1_000,
        propagationCapMs: 10_000,
      },
    ],
    [
      'nomad',
      {
        gracePeriodMs: 5_000,
        propagationFloorMs: 1_000,
        propagationQuietMs: 500,
        propagationCapMs: 1_667,
      },
    ],
    [
      'pm2',
      {
        gracePeriodMs: 1_600,
        propagationFloorMs: 0,
        propagationQuietMs: 0,
        propagationCapMs: 0,
      },
    ],
    [
      'systemd',
      {
        gracePeriodMs: 90_000,
        propagationFloorMs: 0,
        propagationQuietMs: 0,
        propagationCapMs: 0,
      },
    ],
    [
      'none',
      {
        gracePeriodMs: 10_000,
        propagationFloorMs: 0,
        propagationQuietMs: 0,
        propagationCapMs: 0,
      },
    ],
  ])('on %s', (platform, expected) => {
    const resolved = resolve({ platform });
    expect(resolved).toMatchObject({ platform, ...expected });
    expect(worstCase(resolved)).toBeLessThanOrEqual(resolved.gracePeriodMs);
  });

  it('fit into every grace period, on every platform', async () => {
    const gracePeriods = fc.oneof(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 100, max: 3_600_000 }),
      fc.double({ min: 100, max: 3_600_000, noNaN: true }),
    );
    const cases = fc.tuple(fc.constantFrom(...PLATFORMS), gracePeriods);
    await check(cases, ([platform, gracePeriodMs]) => {
      const resolved = resolve({ platform, gracePeriodMs, shortGracePeriodForTests: true });
      expect(worstCase(resolved)).toBeLessThanOrEqual(gracePeriodMs);
      expect(resolved.propagationFloorMs).toBeLessThanOrEqual(resolved.propagationCapMs);
      expect(resolved.propagationQuietMs).toBeLessThanOrEqual(resolved.propagationCapMs);
    });
  });

  it('shrink with a cap that is set', async () => {
    const cases = fc.tuple(
      fc.constantFrom(...PLATFORMS),
      fc.double({ min: 0, max: 1_000, noNaN: true }),
    );
    await check(cases, ([platform, propagationCapMs]) => {
      const resolved = resolve({ platform, propagationCapMs });
      expect(resolved.propagationFloorMs).toBeLessThanOrEqual(propagationCapMs);
      expect(resolved.propagationQuietMs).toBeLessThanOrEqual(propagationCapMs);
    });
  });

  it('stand in for undefined', () => {
    const names = Object.keys(resolve({}));
    const absent = Object.fromEntries(names.map((name) => [name, undefined]));
    expect(resolve(absent)).toEqual(resolve({}));
    expect(resolve({ probes: { livePath: undefined, port: undefined } })).toEqual(resolve({}));
    expect(resolve(undefined)).toEqual(resolve({}));
  });

  it('are those of this process when nothing else is given', () => {
    expect(resolveOptions()).toEqual(resolveOptions({}, { env: process.env, pid: process.pid }));
  });
});

describe('what is given', () => {
  it('is kept', () => {
    const given = {
      platform: 'heroku',
      gracePeriodMs: 20_000,
      exitMarginMs: 500,
      announceTimeoutMs: 100,
      propagationFloorMs: 1_000,
      propagationQuietMs: 2_000,
      propagationCapMs: 3_000,
      propagationProbeFailures: 2,
      drainTimeoutMs: 4_000,
      flushTimeoutMs: 600,
      closeTimeoutMs: 700,
      phases: [
        {
          name: 'audit',
          after: ['drain'],
          before: ['flush'],
          timeoutMs: 300,
          onTimeout: 'abort',
          enabled: false,
        },
      ],
      order: [
        { provider: 'POOL', phase: 'audit', timeoutMs: 100, critical: true, after: [], before: [] },
      ],
      integrations: [],
      readinessOnShutdown: 'hold',
      signals: ['SIGTERM', 'SIGUSR2'],
      exitProcess: false,
      exitCodeClean: 3,
      exitCodeForced: 4,
      exitCodeFatal: 70,
      shutdownOnFatalError: true,
      fatalGracePeriodMs: 800,
      drainSignal: 'SIGHUP',
      resumeSignal: 'SIGHUP',
      logPlan: true,
      logReport: 'object',
      onReport: () => undefined,
      terminationLog: '/tmp/last-words',
      retryAfterSeconds: 5,
      sseRetryMs: 600,
      sseLastEvent: { type: 'bye', data: '' },
      sseEndlessPaths: ['/events'],
      sseFinitePaths: ['/jobs/:id'],
      grpcEndlessMethods: ['shop.Orders/Watch'],
      grpcFiniteMethods: ['/shop.Orders/*'],
      exemptPaths: [],
      exemptUserAgents: ['Pingdom'],
      enabled: false,
      earlyAbort: [
        { route: 'GET /exports/:id', at: 0.5 },
        { source: 'http', at: 'start' },
      ],
      lifeLog: '/var/lib/app',
      awaitLastScrape: true,
      shortGracePeriodForTests: true,
      probes: {
        port: 9_000,
        host: '127.0.0.1',
        livePath: '/l',
        readyPath: '/r',
        startupPath: '/s',
        metricsPath: '/m',
        checkTimeoutMs: 50,
      },
      warmUp: {
        requests: [
          'GET /products?page=1',
          '/search',
          { path: '/search', method: 'POST', headers: { 'x-key': 'k' }, body: { a: 1 }, times: 3 },
          { path: '/search', body: 'text' },
        ],
        timeoutMs: 5_000,
      },
      maxConnectionAgeMs: 300_000,
      sidecars: ['istio', 'http://127.0.0.1:1/quit'],
      onBusy: () => undefined,
      busyIntervalMs: 60_000,
    };
    expect(resolve(given)).toEqual({
      ...given,
      warmUp: {
        requests: [
          { method: 'GET', path: '/products?page=1', headers: {}, times: 1 },
          { method: 'GET', path: '/search', headers: {}, times: 1 },
          {
            method: 'POST',
            path: '/search',
            headers: { 'content-type': 'application/json', 'x-key': 'k' },
            body: '{"a":1}',
            times: 3,
          },
          { method: 'GET', path: '/search', headers: {}, body: 'text', times: 1 },
        ],
        timeoutMs: 5_000,
      },
    });
  });

  it('is copied, and not touched', () => {
    const signals = Object.freeze(['SIGTERM', 'SIGTERM', 'SIGINT']);
    const exemptPaths = ['/metrics'];
    const exemptUserAgents = ['Pingdom'];
    const options = Object.freeze({
      signals,
      exemptPaths,
      exemptUserAgents,
      probes: Object.freeze({ port: 0 }),
    });
    const resolved = resolve(options);
    expect(resolved.signals).toEqual(['SIGTERM', 'SIGINT']); // one listener each
    exemptPaths.push('/later');
    exemptUserAgents.push('');
    expect(resolved.exemptPaths).toEqual(['/metrics']);
    expect(resolved.exemptUserAgents).toEqual(['Pingdom']);
  });

  it('false takes the probes away', () => {
    expect(resolve({ probes: false }).probes).toBe(false);
  });

  it('Infinity is the drain that takes what is left', () => {
    expect(resolve({ drainTimeoutMs: Infinity }).drainTimeoutMs).toBe(Infinity);
  });
});

describe('a wrong option', () => {
  const numbers = [
    ['gracePeriodMs', 1_000],
    ['exitMarginMs', 0],
    ['announceTimeoutMs', 0],
    ['propagationFloorMs', 0],
    ['propagationQuietMs', 0],
    ['propagationCapMs', 0],
    ['drainTimeoutMs', 0],
    ['flushTimeoutMs', 0],
    ['closeTimeoutMs', 1],
    ['fatalGracePeriodMs', 1],
    ['probes.checkTimeoutMs', 1],
    ['warmUp.timeoutMs', 1],
    ['maxConnectionAgeMs', 0],
    ['busyIntervalMs', 1],
  ] as const;
  const wrong: [unknown, string][] = [
    [NaN, 'NaN (number)'],
    [-1, '-1 (number)'],
    [-Infinity, '-Infinity (number)'],
    [2_147_483_648, '2147483648 (number)'],
    ['5000', "'5000' (string)"],
    [5_000n, '5000 (bigint)'],
    [true, 'true (boolean)'],
    [null, 'null'],
    [[5_000], 'an array of 1'],
    [{}, 'an object'],
    [Symbol('soon'), 'Symbol(soon) (symbol)'],
    [() => 5_000, 'an anonymous function (function)'],
    [new Date(0), 'an object'],
  ];
  const times = numbers.flatMap(([name, minimum]) => [
    ...wrong.map(([value, shown]) => [name, minimum, value, shown] as const),
    ...(name === 'drainTimeoutMs' ? [] : [[name, minimum, Infinity, 'Infinity (number)'] as const]),
    ...(minimum > 0 ? [[name, minimum, 0, '0 (number)'] as const] : []),
  ]);

  const outcomeOf = (options: object): { code: string; message: string } => {
    try {
      resolve(options);
      return { code: 'fine', message: '' };
    } catch (error) {
      return error as { code: string; message: string };
    }
  };

  /** `{ 'probes.port': 1 }` as it is written. */
  const option = (name: string, value: unknown) => {
    const [group = '', part] = name.split('.');
    return part === undefined ? { [name]: value } : { [group]: { [part]: value } };
  };

  it.each(times)('%s, a time from %d on, is not %p', (name, minimum, value, shown) => {
    for (const platform of PLATFORMS) {
      const error = errorOf({ platform, ...option(name, value) });
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(error).toMatchObject({ option: name, code: 'GRACEFUL_INVALID_OPTION' });
      expect(error.message).toBe(
        `Expected \`${name}\` to be a number of milliseconds from ${minimum} to 2147483647, got ${shown}. ` +
          (typeof value === 'string'
            ? 'Write Number(…) around it: what ConfigService and process.env give is text.'
            : `Pass a number such as ${name === 'gracePeriodMs' ? 30_000 : 5_000}.`),
      );
    }
  });

  const integers = [
    ['exitCodeClean', 0, 255],
    ['exitCodeForced', 0, 255],
    ['exitCodeFatal', 0, 255],
    ['retryAfterSeconds', 0, 86_400],
    ['probes.port', 0, 65_535],
  ] as const;

  it.each(integers)('%s is a whole number from %d to %d', (name, minimum, maximum) => {
    for (const value of [minimum, maximum])
      expect(() => resolve(option(name, value))).not.toThrow();
    for (const value of [minimum - 1, maximum + 1, 1.5, NaN, Infinity, '1', null, 1n, true]) {
      const error = errorOf(option(name, value));
      expect(error).toMatchObject({ name: 'InvalidOptionError', option: name });
      expect(error.message).toContain(
        `Expected \`${name}\` to be a whole number from ${minimum} to ${maximum}, got `,
      );
    }
  });

  it.each<[string, unknown, string]>([
    [
      'options',
      null,
      'Expected `options` to be an object, got null. Call forRoot({ … }) or forRoot().',
    ],
    [
      'options',
      ['kubernetes'],
      'Expected `options` to be an object, got an array of 1. Call forRoot({ … }) or forRoot().',
    ],
    [
      'options',
      'kubernetes',
      "Expected `options` to be an object, got 'kubernetes' (string). Call forRoot({ … }) or forRoot().",
    ],
    [
      'platform',
      { platform: 'k8s' },
      "Expected `platform` to be one of 'auto', 'azure-container-apps', 'kubernetes', 'ecs', 'cloud-run', 'aws-lambda', 'app-runner', 'azure-app-service', 'heroku', 'railway', 'render', 'fly', 'nomad', 'pm2', 'systemd', 'docker', 'none', " +
        "got 'k8s' (string). Pass one of them, or leave it out.",
    ],
    [
      'platform',
      { platform: 'constructor' },
      "Expected `platform` to be one of 'auto', 'azure-container-apps', 'kubernetes', 'ecs', 'cloud-run', 'aws-lambda', 'app-runner', 'azure-app-service', 'heroku', 'railway', 'render', 'fly', 'nomad', 'pm2', 'systemd', 'docker', 'none', " +
        "got 'constructor' (string). Pass one of them, or leave it out.",
    ],
    [
      'readinessOnShutdown',
      { readinessOnShutdown: 'keep' },
      "Expected `readinessOnShutdown` to be one of 'fail', 'hold', got 'keep' (string). Pass one of them, or leave it out.",
    ],
    [
      'exitProcess',
      { exitProcess: 'false' },
      "Expected `exitProcess` to be true or false, got 'false' (string). Write … === 'true' instead: what ConfigService and process.env give is text.",
    ],
    ...(['shutdownOnFatalError', 'logPlan'] as const).map((name): [string, unknown, string] => [
      name,
      { [name]: 1 },
      `Expected \`${name}\` to be true or false, got 1 (number). Pass a boolean.`,
    ]),
    [
      'logReport',
      { logReport: 'json' },
      "Expected `logReport` to be one of 'auto', 'line', 'object', got 'json' (string). Pass one of them, or leave it out.",
    ],
    [
      'onReport',
      { onReport: 'log' },
      "Expected `onReport` to be a function, got 'log' (string). Pass one, or leave it out.",
    ],
    [
      'terminationLog',
      { terminationLog: 'termination-log' },
      "Expected `terminationLog` to be the absolute path of a file, or false, got 'termination-log' (string). " +
        "Pass one such as '/dev/termination-log'.",
    ],
    [
      'fatalGracePeriodMs',
      { gracePeriodMs: 10_000, fatalGracePeriodMs: 10_001 },
      'Expected `fatalGracePeriodMs` to be at most `gracePeriodMs` (10000), got 10001 (number). Lower it.',
    ],
    [
      'drainSignal',
      { drainSignal: 'SIGTERM' },
      "Expected `drainSignal` to be a signal that does not stop the process, got 'SIGTERM' (string). " +
        'Use SIGUSR2, or take it out of `signals`. (Node keeps SIGUSR1 for its debugger.)',
    ],
    [
      'resumeSignal',
      { resumeSignal: 'SIGKILL' },
      "Expected `resumeSignal` to be signals that a process can be stopped with in an orderly way, got 'SIGKILL' (string). " +
        'Leave it out: it is either a crash, after which JavaScript must not run, or can not be caught.',
    ],
    [
      'order',
      { order: {} },
      'Expected `order` to be an array of { provider, after } or the like, got an object. Put it into [ ].',
    ],
    [
      'phases',
      { phases: {} },
      "Expected `phases` to be an array, got an object. Pass [{ name: 'audit', after: ['drain'] }] or the like.",
    ],
    [
      'phases[0]',
      { phases: [{ name: 'audit' }] },
      "Expected `phases[0]` to be a place among the other phases, got 'audit' (string). " +
        "Say `after: ['drain']` or `before: ['flush']` or the like.",
    ],
    [
      'signals',
      { signals: 'SIGTERM' },
      "Expected `signals` to be an array of strings, got 'SIGTERM' (string). Put it into [ ].",
    ],
    [
      'signals[1]',
      { signals: ['SIGTERM', 15] },
      'Expected `signals[1]` to be a non-empty string, got 15 (number). Pass one, or leave it out.',
    ],
    [
      'signals',
      { signals: ['sigterm'] },
      "Expected `signals` to be signal names such as 'SIGTERM', got 'sigterm' (string). Did you mean 'SIGTERM'? Use the full name, in capitals.",
    ],
    [
      'signals',
      { signals: ['SIGTREM'] },
      "Expected `signals` to be signal names such as 'SIGTERM', got 'SIGTREM' (string). Did you mean 'SIGTERM'? Use the full name, in capitals.",
    ],
    [
      'exemptPaths',
      { exemptPaths: '/metrics' },
      "Expected `exemptPaths` to be an array of strings, got '/metrics' (string). Put it into [ ].",
    ],
    [
      'exemptPaths[1]',
      { exemptPaths: ['/metrics', 'status'] },
      "Expected `exemptPaths[1]` to be a path that begins with '/' and has no query, got 'status' (string). Pass one such as '/health/ready'.",
    ],
    [
      'exemptUserAgents[0]',
      { exemptUserAgents: [''] }, // would exempt everything
      "Expected `exemptUserAgents[0]` to be a non-empty string, got '' (string). Pass one, or leave it out.",
    ],
    [
      'lifeLog',
      { lifeLog: 'life' },
      "Expected `lifeLog` to be the absolute path of a directory, or false, got 'life' (string). Pass one that outlives the process, such as '/var/lib/app/life'.",
    ],
    [
      'awaitLastScrape',
      { awaitLastScrape: true },
      "Expected `awaitLastScrape` to be false without `probes.port`, got true (boolean). Give the probes a port, such as probes: { port: 9000 }, and have Prometheus scrape that: the application's own port is closed by then.",
    ],
    [
      'awaitLastScrape',
      { awaitLastScrape: 'yes', probes: { port: 9_000 } },
      "Expected `awaitLastScrape` to be true or false, got 'yes' (string). Write … === 'true' instead: what ConfigService and process.env give is text.",
    ],
    [
      'probes.metricsPath',
      { probes: { metricsPath: '/health/live' } },
      "Expected `probes.metricsPath` to be another path than those of the probes, got '/health/live' (string). Pass one such as '/metrics'.",
    ],
    [
      'earlyAbort[0]',
      { earlyAbort: ['http'] },
      "Expected `earlyAbort[0]` to be an object, got 'http' (string). Pass one such as { source: 'BullMQ worker mail', at: 0.5 }.",
    ],
    [
      'probes',
      { probes: true },
      'Expected `probes` to be an object or false, got true (boolean). Pass { port: 9000 } or the like, or false to leave the probes out.',
    ],
    [
      'probes',
      { probes: null },
      'Expected `probes` to be an object or false, got null. Pass { port: 9000 } or the like, or false to leave the probes out.',
    ],
    [
      'probes.host',
      { probes: { host: '' } },
      "Expected `probes.host` to be an address, got '' (string). Pass '0.0.0.0' or so.",
    ],
    [
      'probes',
      { probes: { livePath: '/up', readyPath: '/up' } },
      "Expected `probes` to be three different paths, got '/up, /up, /health/startup' (string). " +
        'A path can answer for one probe only: liveness and readiness mean opposite things during a shutdown.',
    ],
    [
      'sidecars[0]',
      { sidecars: ['itsio'] },
      "Expected `sidecars[0]` to be one of 'istio', 'linkerd', 'cloud-sql-proxy', 'dapr', or the URL to POST to, got 'itsio' (string). " +
        "Did you mean 'istio'? Pass one such as 'istio' or 'http://127.0.0.1:15020/quitquitquit'.",
    ],
    [
      'warmUp',
      { warmUp: ['/products'] },
      "Expected `warmUp` to be an object, got an array of 1. Pass { requests: ['GET /products'] } or the like.",
    ],
    [
      'warmUp.requests',
      { warmUp: { requests: '/products' } },
      "Expected `warmUp.requests` to be an array of requests, got '/products' (string). Put it into [ ].",
    ],
    [
      'warmUp.requests[0]',
      { warmUp: { requests: ['products'] } },
      "Expected `warmUp.requests[0]` to be a method and a path, got 'products' (string). " +
        "Pass one such as 'GET /products?page=1' or { path: '/products', times: 20 }.",
    ],
    [
      'warmUp.requests[1].times',
      { warmUp: { requests: ['/a', { path: '/b', times: 0 }] } },
      'Expected `warmUp.requests[1].times` to be a whole number from 1 to 100000, got 0 (number). Pass such a number.',
    ],
    [
      'warmUp.requests[0].method',
      { warmUp: { requests: [{ path: '/b', method: 'post' }] } },
      "Expected `warmUp.requests[0].method` to be a method in capitals, got 'post' (string). " +
        "Pass one such as 'GET /products?page=1' or { path: '/products', times: 20 }.",
    ],
  ])('%s: %j', (name, options, message) => {
    expect(errorOf(options)).toMatchObject({ name: 'InvalidOptionError', option: name, message });
  });

  it.each([
    'SIGKILL',
    'SIGSTOP',
    'SIGSEGV',
    'SIGBUS',
    'SIGFPE',
    'SIGILL',
    'SIGABRT',
    'SIGIOT',
    'SIGSYS',
  ])('%s is no signal to stop on', (signal) => {
    expect(messageOf({ signals: ['SIGTERM', signal] })).toBe(
      'Expected `signals` to be signals that a process can be stopped with in an orderly way, ' +
        `got '${signal}' (string). Leave it out: it is either a crash, after which JavaScript must not run, or can not be caught.`,
    );
  });

  it.each(['livePath', 'readyPath', 'startupPath'])('probes.%s is an absolute path', (name) => {
    for (const value of ['', 'live', '/live?full', '/live#x', '/a b', '/a\n', 7, null]) {
      expect(errorOf({ probes: { [name]: value } })).toMatchObject({ option: `probes.${name}` });
    }
    expect(() => resolve({ probes: { [name]: '/-/v1.0/über:live' } })).not.toThrow();
  });

  it.each(['grpcEndlessMethods', 'grpcFiniteMethods'])('%s are methods of gRPC', (name) => {
    const bad = [
      '',
      'Watch',
      'Orders.Watch',
      'shop.Orders/',
      '/shop.Orders',
      'shop.*/Watch',
      '*',
      '*/*',
    ];
    for (const value of [
      ...bad,
      'shop.Orders/Watch/More',
      'shop..Orders/Watch',
      'a b/C',
      7,
      null,
    ]) {
      expect(errorOf({ [name]: ['a.B/C', value] })).toMatchObject({ option: `${name}[1]` });
    }
    expect(errorOf({ [name]: 'shop.Orders/Watch' })).toMatchObject({ option: name });
    const good = ['shop.Orders/Watch', '/shop.v1.Orders/Watch', 'shop.Orders/*', 'Orders/Watch_2'];
    expect(() => resolve({ [name]: good })).not.toThrow();
  });

  it('a method of gRPC can not be endless and finite', () => {
    const grpcFiniteMethods = ['/shop.Orders/*', 'shop.Orders/List'];
    const grpcEndlessMethods = ['shop.Orders/Watch', '/shop.Orders/List'];
    expect(errorOf({ grpcEndlessMethods, grpcFiniteMethods })).toMatchObject({
      option: 'grpcEndlessMethods',
    });
    expect(() =>
      resolve({ grpcEndlessMethods: ['shop.Orders/Watch'], grpcFiniteMethods: ['shop.Orders/*'] }),
    ).not.toThrow();
  });

  it('that does not exist names those that do', () => {
    const error = errorOf({ gracePeriod: 30_000 });
    expect(error).toBeInstanceOf(UnknownOptionError);
    expect(error).toMatchObject({ code: 'GRACEFUL_UNKNOWN_OPTION', option: 'gracePeriod' });
    expect(error.message).toBe(
      'GracefulModule has no option `gracePeriod`. Did you mean `gracePeriodMs`? Remove it or use one of: platform, gracePeriodMs, exitMarginMs, ' +
        'announceTimeoutMs, propagationFloorMs, propagationQuietMs, propagationCapMs, propagationProbeFailures, drainTimeoutMs, flushTimeoutMs, ' +
        'closeTimeoutMs, phases, order, integrations, readinessOnShutdown, signals, exitProcess, exitCodeClean, ' +
        'exitCodeForced, exitCodeFatal, shutdownOnFatalError, fatalGracePeriodMs, drainSignal, resumeSignal, logPlan, ' +
        'logReport, onReport, terminationLog, retryAfterSeconds, sseRetryMs, sseLastEvent, sseEndlessPaths, sseFinitePaths, ' +
        'grpcEndlessMethods, grpcFiniteMethods, exemptPaths, exemptUserAgents, enabled, earlyAbort, lifeLog, awaitLastScrape, shortGracePeriodForTests, probes, warmUp, maxConnectionAgeMs, sidecars, onBusy, busyIntervalMs.',
    );
    expect(messageOf({ probes: { path: '/up' } })).toBe(
      'GracefulModule has no option `probes.path`. Remove it or use one of: probes.port, probes.host, probes.livePath, ' +
        'probes.readyPath, probes.startupPath, probes.metricsPath, probes.checkTimeoutMs.',
    );
  });

  it('is shown short and never throws itself, whatever it is', async () => {
    const names = Object.keys(resolve({}));
    await check(fc.tuple(fc.constantFrom(...names), fc.anything()), ([name, value]) => {
      const { code, message } = outcomeOf({ [name]: value });
      expect(code).toMatch(/^(fine$|GRACEFUL_)/);
      expect(message.length).toBeLessThan(600);
    });
    expect(messageOf({ platform: 'x'.repeat(500) })).toContain(`'${'x'.repeat(60)}' (string)`);
  });
});

describe('options that do not go together', () => {
  it('name every part of the sum', () => {
    const error = errorOf({ platform: 'kubernetes', drainTimeoutMs: 20_000 });
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error).toMatchObject({ code: 'GRACEFUL_BUDGET_EXCEEDED' });
    expect(error.message).toBe(
      "A grace period of 30000 ms can't hold this shutdown: announceTimeoutMs 2000 + propagationCapMs 10000 + " +
        'drainTimeoutMs 20000 + the last answers 250 + flushTimeoutMs 2000 + closeTimeoutMs 3000 + exitMarginMs 1000 = 38250 ms. ' +
        "Lower one of them, or raise `gracePeriodMs` together with the platform's own grace period (terminationGracePeriodSeconds on Kubernetes).",
    );
  });

  it.each([
    'announceTimeoutMs',
    'drainTimeoutMs',
    'flushTimeoutMs',
    'closeTimeoutMs',
    'exitMarginMs',
  ])('are found when %s alone is as long as the grace period', (name) => {
    expect(errorOf({ gracePeriodMs: 10_000, [name]: 10_000 })).toBeInstanceOf(BudgetExceededError);
  });

  it('go together to the last millisecond', () => {
    const parts = {
      announceTimeoutMs: 1,
      propagationCapMs: 2,
      flushTimeoutMs: 3,
      closeTimeoutMs: 4,
      exitMarginMs: 5,
    };
    const settleMs = 50;
    const sum = 15 + settleMs;
    const options = { gracePeriodMs: 1_000, drainTimeoutMs: 1_000 - sum, ...parts };
    expect(worstCase(resolve(options))).toBe(1_000);
    expect(errorOf({ ...options, announceTimeoutMs: 2 })).toBeInstanceOf(BudgetExceededError);
  });

  it.each(['propagationFloorMs', 'propagationQuietMs'])('%s is at most the cap', (name) => {
    expect(messageOf({ [name]: 1_000, propagationCapMs: 500 })).toBe(
      `Expected \`${name}\` to be at most \`propagationCapMs\` (500), got 1000 (number). Lower it, or raise the cap.`,
    );
    expect(() => resolve({ [name]: 500, propagationCapMs: 500 })).not.toThrow();
  });
});

describe('a grace period below a second', () => {
  const remedy =
    'Pass milliseconds, not seconds; a test that needs less sets `shortGracePeriodForTests: true`.';

  it.each([
    [30, 'Did you mean 30000 (30 s)? '],
    [1.5, 'Did you mean 1500 (1.5 s)? '],
    [300, 'Did you mean 300000 (300 s)? '],
    [500, ''],
    [999, ''],
  ])('%d ms is refused, with what was meant', (gracePeriodMs, guess) => {
    for (const platform of PLATFORMS) {
      expect(errorOf({ platform, gracePeriodMs })).toMatchObject({
        name: 'InvalidOptionError',
        option: 'gracePeriodMs',
        message: `Expected \`gracePeriodMs\` to be at least 1000 milliseconds, got ${gracePeriodMs} (number). ${guess}${remedy}`,
      });
    }
  });

  it('is refused from the environment, too', () => {
    const environment = { env: { GRACEFUL_GRACE_PERIOD_MS: '30' }, pid: 1 };
    expect(errorOf({}, environment)).toMatchObject({
      option: 'GRACEFUL_GRACE_PERIOD_MS',
      message: `Expected \`GRACEFUL_GRACE_PERIOD_MS\` to be at least 1000 milliseconds, got '30' (string). Did you mean 30000 (30 s)? ${remedy}`,
    });
    expect(resolve({ shortGracePeriodForTests: true }, environment).gracePeriodMs).toBe(30);
  });

  it('is what a test asks for by name', () => {
    expect(resolve({ gracePeriodMs: 30, shortGracePeriodForTests: true }).gracePeriodMs).toBe(30);
    expect(errorOf({ gracePeriodMs: 30, shortGracePeriodForTests: false })).toMatchObject({
      option: 'gracePeriodMs',
    });
    expect(errorOf({ gracePeriodMs: 30, shortGracePeriodForTests: 'true' })).toMatchObject({
      option: 'shortGracePeriodForTests',
    });
    expect(resolve({ gracePeriodMs: 1_000 }).gracePeriodMs).toBe(1_000);
  });

  it('is what it is when it is the kill_timeout of PM2, which boots as without this module', () => {
    const pm2 = { pm_id: '0', PM2_HOME: '/root/.pm2', kill_timeout: '400' };
    expect(resolve({}, { env: pm2, pid: 1 }).gracePeriodMs).toBe(400);
  });
});

describe('an option that was mistaken for another', () => {
  it.each([
    ['gracePeriod', 'gracePeriodMs'],
    ['graceperiodMs', 'gracePeriodMs'],
    ['gracePeriodSeconds', 'gracePeriodMs'],
    ['drainTimeout', 'drainTimeoutMs'],
    ['exitCode', 'exitCodeClean'],
    ['signal', 'signals'],
    ['integration', 'integrations'],
    ['propagationCap', 'propagationCapMs'],
  ])('%s is most likely %s', (name, meant) => {
    expect(messageOf({ [name]: 1 })).toContain(
      `has no option \`${name}\`. Did you mean \`${meant}\`? Remove it or use one of: platform, `,
    );
  });

  it.each(['x', 'timeout', 'constructor', 'kubernetes'])('%s is like none', (name) => {
    expect(messageOf({ [name]: 1 })).toContain(
      `has no option \`${name}\`. Remove it or use one of: platform, `,
    );
  });

  it('in an object inside is compared without the name of that', () => {
    expect(messageOf({ probes: { live: '/up' } })).toContain('Did you mean `probes.livePath`?');
    expect(messageOf({ probes: { path: '/up' } })).not.toContain('Did you mean');
    const phase = { name: 'audit', after: ['drain'], timeout: 1 };
    expect(messageOf({ phases: [phase] })).toContain('Did you mean `phases[0].timeoutMs`?');
  });

  it.each(['kubernets', 'Kubernetes', 'cloudrun', 'system-d'])('%s is no platform', (platform) => {
    expect(messageOf({ platform })).toMatch(
      /Did you mean '(kubernetes|cloud-run|systemd)'\? Pass one of them/,
    );
  });
});

describe('what has a type that is near', () => {
  class AuditService {
    name = 'audit';
  }

  it.each([
    ['phases[0].after[0]', { phases: [{ name: 'audit', after: [AuditService] }] }],
    ['phases[0].name', { phases: [{ name: AuditService, after: ['drain'] }] }],
    ['signals[0]', { signals: [AuditService] }],
    ['exemptUserAgents[0]', { exemptUserAgents: [AuditService] }],
  ])('%s is a name in quotes, no class', (option, options) => {
    expect(errorOf(options)).toMatchObject({
      option,
      message:
        `Expected \`${option}\` to be a non-empty string, got AuditService (function). ` +
        'Pass a name in quotes, not the class itself.',
    });
  });

  it('integrations[0] is an object, no class', () => {
    expect(messageOf({ integrations: [AuditService] })).toContain('Pass an instance of it');
  });

  it.each(['exitCodeFatal', 'retryAfterSeconds', 'propagationProbeFailures'])(
    '%s is a number, no text of one',
    (name) => {
      expect(messageOf({ [name]: '3' })).toMatch(
        /got '3' \(string\)\. Write Number\(…\) around it/,
      );
      expect(messageOf({ [name]: 'three' })).toMatch(/\(string\)\. Pass such a number\.$/);
    },
  );

  it('a time with a unit is a number, and Number() would not help', () => {
    expect(messageOf({ drainTimeoutMs: '30s' })).toMatch(/Pass a number such as 5000\.$/);
    expect(messageOf({ gracePeriodMs: '30000' })).toMatch(/Write Number\(…\) around it/);
  });
});

describe('GRACEFUL_GRACE_PERIOD_MS', () => {
  const withText = (text: string | undefined): OptionsEnvironment => ({
    env: { GRACEFUL_GRACE_PERIOD_MS: text, KUBERNETES_SERVICE_HOST: '10.0.0.1' },
    pid: 1,
  });

  it('sets the grace period, and everything derived from it', () => {
    expect(resolve({}, withText('60000'))).toMatchObject({
      platform: 'kubernetes',
      gracePeriodMs: 60_000,
      propagationCapMs: 20_000,
    });
  });

  it('gives way to the option, even when its text is bad', () => {
    expect(resolve({ gracePeriodMs: 20_000 }, withText('60000')).gracePeriodMs).toBe(20_000);
    expect(resolve({ gracePeriodMs: 20_000 }, withText('soon')).gracePeriodMs).toBe(20_000);
  });

  it.each([undefined, ''])('is absent when it is %p', (text) => {
    expect(resolve({}, withText(text)).gracePeriodMs).toBe(30_000);
  });

  it.each([
    '30s',
    '30_000',
    '3e4',
    '-1',
    '0',
    ' 30000',
    '30000\n',
    'NaN',
    'Infinity',
    '0x10',
    '1.5',
    '2147483648',
  ])('with the text %j is an error that names it', (text) => {
    expect(errorOf({}, withText(text))).toMatchObject({
      name: 'InvalidOptionError',
      option: 'GRACEFUL_GRACE_PERIOD_MS',
      message:
        'Expected `GRACEFUL_GRACE_PERIOD_MS` to be a whole number of milliseconds from 1000 to 2147483647, ' +
        `got '${text}' (string). Set it to 30000 or so, without a unit, or remove it.`,
    });
  });
});

describe('the phases', () => {
  it('have the times of the options', () => {
    const phases = phasesOf(resolve({ platform: 'kubernetes' }));
    expect(phases).toEqual([
      { name: 'announce', timeoutMs: 2_000, reserveMs: 0, settleMs: 0, onTimeout: 'continue' },
      {
        name: 'propagate',
        timeoutMs: 10_000,
        slackMs: 20,
        reserveMs: 0,
        settleMs: 0,
        onTimeout: 'continue',
        enabled: expect.any(Function),
      },
      { name: 'drain', timeoutMs: Infinity, reserveMs: 0, settleMs: 250, onTimeout: 'continue' },
      {
        name: 'flush',
        timeoutMs: Infinity,
        taskTimeoutMs: 2_000,
        reserveMs: 2_000,
        settleMs: 0,
        onTimeout: 'continue',
      },
      { name: 'close', timeoutMs: Infinity, reserveMs: 3_000, settleMs: 0, onTimeout: 'continue' },
    ]);
  });

  it('of the user have the time of flush, and are over before close', () => {
    const phases = [{ name: 'audit', after: ['drain'] }];
    const [audit] = phasesOf(resolve({ platform: 'kubernetes', phases })).slice(5);
    expect(audit).toMatchObject({
      name: 'audit',
      after: ['drain'],
      before: ['close'],
      timeoutMs: 2_000,
      reserveMs: 2_000,
      settleMs: 0,
      onTimeout: 'continue',
    });
    expect(audit.enabled?.({ kind: 'close' })).toBe(true);
  });

  it('of the user after close are not put before it', () => {
    const phases = [
      { name: 'files', after: ['close'] },
      { name: 'last', after: ['files'] },
      { name: 'first', before: ['drain'] },
    ];
    const before = phasesOf(resolve({ phases })).map((phase) => [phase.name, phase.before]);
    expect(before.slice(5)).toEqual([
      ['files', []],
      ['last', []],
      ['first', ['drain', 'close']],
    ]);
  });

  it('reserve a drain that has a time of its own', () => {
    const drain = phasesOf(resolve({ drainTimeoutMs: 4_000 })).find(({ name }) => name === 'drain');
    expect(drain).toMatchObject({ timeoutMs: 4_000, reserveMs: 4_000 });
  });
});

describe('enabled', () => {
  const enabled = (options: object, variable?: string) =>
    resolve(options, { env: { GRACEFUL_ENABLED: variable }, pid: 1 }).enabled;

  it.each<[object, string | undefined, boolean]>([
    [{}, undefined, true],
    [{}, '', true],
    [{}, 'true', true],
    [{}, 'false', false],
    [{ enabled: true }, 'false', false],
    [{ enabled: false }, 'true', false],
    [{ enabled: false }, undefined, false],
  ])('%j with the variable %j is %j', (options, variable, expected) => {
    expect(enabled(options, variable)).toBe(expected);
  });

  it.each(['0', 'no', 'False', 'toString'])('refuses the variable %j', (variable) => {
    const expected = `Expected \`GRACEFUL_ENABLED\` to be true or false, got '${variable}'`;
    expect(messageOf({}, { env: { GRACEFUL_ENABLED: variable }, pid: 1 })).toContain(expected);
  });
});
