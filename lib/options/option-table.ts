import { partOfGrace, propagationOf, upToCap } from './derived-defaults.js';
import { checkEarlyAbort } from './early-abort.js';
import type { GracefulOptions } from './graceful-options.js';
import { isEnabledBy } from './enabled.js';
import { defaultGraceMs, checkGracePeriod } from './grace-period.js';
import { checkGrpcMethod } from './grpc-methods.js';
import {
  checkArray,
  checkDirectory,
  checkFilePath,
  checkFunction,
  checkMilliseconds,
  checkPath,
  checkSignals,
  checkString,
} from './option-checks.js';
import { flag, milliseconds, oneOf, strings, wholeNumber, type OptionTable } from './option-row.js';
import { checkEvent, checkIntegrations } from './option-values.js';
import { resolvePhases } from './phase-options.js';
import { detectPlatform, PLATFORMS } from './platform.js';
import { checkProbes, resolveProbes } from './probe-options.js';
import type { ResolvedOptions } from './resolved-options.js';
import { ROLLOUT_TABLE } from './rollout-table.js';

/**
 * Every option of `forRoot()`: its type, default, unit, check, and one sentence. Options are resolved by it, and the table
 * of docs/options.md is made from it; a test holds the docstrings of `GracefulOptions` against it.
 */
export const OPTION_TABLE: OptionTable<GracefulOptions, ResolvedOptions> = {
  platform: {
    ...oneOf(['auto', ...PLATFORMS], 'auto', 'What stops the process, and with which habits.'),
    type: "'auto' | Platform",
    resolve: (chosen: 'auto' | ResolvedOptions['platform'], { env, pid }) =>
      chosen === 'auto' ? detectPlatform(env, pid) : chosen,
  },
  gracePeriodMs: {
    ...milliseconds(
      1,
      defaultGraceMs,
      'From the stop signal to SIGKILL, in milliseconds; the environment variable `GRACEFUL_GRACE_PERIOD_MS` sets it too.',
    ),
    check: checkGracePeriod,
  },
  exitMarginMs: milliseconds(
    0,
    ({ gracePeriodMs: grace }) =>
      Math.round(Math.min(Math.max(grace / 30, 100), grace / 10, 2_000)),
    'Kept free at the end of the grace period, in milliseconds: the process has ended before it.',
  ),
  announceTimeoutMs: milliseconds(
    0,
    partOfGrace(15, 2_000),
    'How long tasks of the phase `announce` may take, in milliseconds.',
  ),
  propagationFloorMs: milliseconds(
    0,
    upToCap('floorMs'),
    'The load balancers are waited for at least this long, in milliseconds.',
  ),
  propagationQuietMs: milliseconds(
    0,
    upToCap('quietMs'),
    'The wait ends when no request and no new connection came for this long, in milliseconds, and for longer, up to the floor, where requests come rarely.',
  ),
  propagationCapMs: milliseconds(
    0,
    (context) => Math.round(propagationOf(context).capMs),
    'The load balancers are never waited for longer than this, in milliseconds; 0 means no wait at all.',
  ),
  propagationProbeFailures: wholeNumber(
    0,
    100,
    3,
    'A load balancer that asks the readiness probe itself is waited for until it has been told no so many times in a row; 0 waits for none.',
  ),
  drainTimeoutMs: {
    ...milliseconds(
      0,
      Infinity,
      'How long requests in flight may take to finish, in milliseconds; `Infinity` is all that the budget leaves.',
    ),
    check: (name, value) => {
      if (value !== Infinity) checkMilliseconds(name, value, 0);
    },
  },
  flushTimeoutMs: milliseconds(
    0,
    partOfGrace(15, 5_000),
    "Reserved for the phase `flush`, in milliseconds, so that a slow drain can't eat it; and the limit of its tasks that have none of their own.",
  ),
  closeTimeoutMs: milliseconds(
    1,
    partOfGrace(10, 10_000, 1),
    "Reserved for the phase `close` (the hooks of your providers), in milliseconds; a slow drain can't eat it.",
  ),
  phases: {
    type: 'readonly PhaseOptions[]',
    byDefault: () => [],
    check: () => undefined, // each entry has a table of its own
    resolve: resolvePhases,
    about:
      'Phases of your own, beside the built-in `announce`, `propagate`, `drain`, `flush` and `close`.',
  },
  order: {
    type: 'readonly OrderOptions[]',
    byDefault: () => [],
    // Each entry is checked where it is used, with the providers at hand.
    check: (name, value) =>
      void checkArray(name, value, 'an array of { provider, after } or the like'),
    about:
      "Orders the hooks of providers whose classes you can't edit, as `@ShutdownPhase()` does for those you can.",
  },
  integrations: {
    type: 'readonly Integration[]',
    byDefault: () => [],
    check: checkIntegrations,
    about: 'Support for sources of work of your own, beside the built-in ones.',
  },
  readinessOnShutdown: oneOf(
    ['fail', 'hold'],
    'fail',
    "What readiness says once the shutdown has begun: `fail` answers 503, `hold` goes on telling the service's real state.",
  ),
  signals: {
    type: 'readonly NodeJS.Signals[]',
    byDefault: () => ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'],
    check: (name, value) => checkSignals(name, checkArray(name, value)),
    resolve: (signals: readonly NodeJS.Signals[]) => [...new Set(signals)],
    about: 'The signals that stop the process; SIGSEGV and its like can not be among them.',
  },
  exitProcess: flag(
    true,
    'Ends the process after a shutdown that a signal began; `app.close()` never ends it.',
  ),
  exitCodeClean: wholeNumber(0, 255, 0, 'The exit code when everything finished.'),
  exitCodeForced: wholeNumber(
    0,
    255,
    1,
    'The exit code when something was cut, timed out or failed critically.',
  ),
  exitCodeFatal: wholeNumber(
    0,
    255,
    1,
    'The exit code after a fatal error, with `shutdownOnFatalError`.',
  ),
  shutdownOnFatalError: flag(
    false,
    'Takes an `uncaughtException` or `unhandledRejection` as a reason to shut down.',
  ),
  fatalGracePeriodMs: milliseconds(
    1,
    partOfGrace(3, 5_000, 1),
    'How long that shutdown may take, in milliseconds: what an application does after such an error is not to be trusted.',
  ),
  drainSignal: actionSignal(
    "A signal that takes the service out of rotation without stopping it, such as `'SIGUSR2'`, as `Graceful.drain()` does; `false` for none.",
  ),
  resumeSignal: actionSignal(
    'A signal that takes that back, as `Graceful.resume()` does; the same as `drainSignal` to go back and forth.',
  ),
  logPlan: flag(
    false,
    'Prints the plan of the shutdown at boot: phases, tasks, their order and times.',
  ),
  logReport: oneOf(
    ['auto', 'line', 'object'],
    'auto',
    'How the report is logged: as one `line` of text, as an `object` with the whole report, or by what the logger is.',
  ),
  onReport: {
    type: '(report: ShutdownReport) => unknown',
    byDefault: () => undefined,
    check: (name, value) => {
      if (value !== undefined) checkFunction(name, value);
    },
    about: 'Is given the report, and waited for within what is left of the grace period.',
  },
  terminationLog: {
    type: 'string | false',
    byDefault: ({ platform }) => (platform === 'kubernetes' ? '/dev/termination-log' : false),
    check: (name, value) => {
      if (value !== false) checkFilePath(name, value);
    },
    about:
      "The file that gets the report as JSON, at most 4096 bytes, when it exists; Kubernetes shows it in the pod's status.",
  },
  retryAfterSeconds: {
    ...wholeNumber(
      0,
      86_400,
      1,
      "`Retry-After` of the 503 that a request gets when it is still unanswered at the drain's deadline, in seconds.",
    ),
    unit: 'seconds',
  },
  sseRetryMs: milliseconds(
    0,
    3_000,
    'Clients of server-sent events are told to come back after a random time up to this and at least half of it, in milliseconds; 0 leaves it to them.',
  ),
  sseLastEvent: {
    type: '{ readonly type?: string; readonly data: string } | { readonly comment: string }',
    byDefault: () => undefined,
    check: checkEvent,
    about:
      "The last event of every stream of server-sent events that a shutdown ends, such as `{ type: 'bye', data: '' }` or `{ comment: 'bye' }`.",
  },
  sseEndlessPaths: strings(
    checkPath,
    [],
    'Streams of server-sent events that last for ever, by their paths, such as `/rooms/:id/events`: their clients are told to come back as the drain begins.',
  ),
  sseFinitePaths: strings(
    checkPath,
    [],
    'Streams of server-sent events that end by themselves, by their paths: they are waited for like any other response.',
  ),
  grpcEndlessMethods: strings(
    checkGrpcMethod,
    [],
    'Methods of gRPC whose streams last for ever, such as `shop.Orders/Watch` or `shop.Orders/*`: their clients are told to come back as the drain begins.',
  ),
  grpcFiniteMethods: strings(
    checkGrpcMethod,
    [],
    'Methods of gRPC whose streams end by themselves, named in the same way: they are waited for like any other answer.',
  ),
  exemptPaths: strings(
    checkPath,
    ['/metrics'],
    "Requests to these paths are no work: they neither lengthen the wait for the load balancers nor hold the drain; the probes' own paths are always among them.",
  ),
  exemptUserAgents: strings(
    checkString,
    ['kube-probe/', 'ELB-HealthChecker/', 'GoogleHC/', 'Consul Health Check', 'Prometheus/'],
    'Requests whose `User-Agent` begins with one of these are no work either.',
  ),
  enabled: {
    ...flag(
      true,
      "`false`, here or in the environment variable `GRACEFUL_ENABLED`, leaves the shutdown to Nest: nothing is waited for; probes are answered, and decorated methods called with Nest's hooks.",
    ),
    resolve: (enabled: boolean, { env }) => isEnabledBy(env) && enabled,
  },
  earlyAbort: {
    type: 'readonly EarlyAbortOptions[]',
    byDefault: () => [],
    check: checkEarlyAbort,
    about:
      "Work that learns of a shutdown before the deadline of the drain, by source or route, such as `{ route: 'GET /exports/:id', at: 0.5 }`.",
  },
  lifeLog: {
    type: 'string | false',
    byDefault: () => false,
    check: (name, value) => {
      if (value !== false) checkDirectory(name, value);
    },
    about:
      'A directory that outlives the process, in which a life leaves a marker: the next start reports one that was killed.',
  },
  awaitLastScrape: flag(
    false,
    'Serves the metrics on `probes.port`, and keeps that open at the end until each scraper that came has the last counters.',
  ),
  shortGracePeriodForTests: flag(
    false,
    'For tests only: allows a `gracePeriodMs` below 1000, which is else refused as a number of seconds.',
  ),
  probes: {
    type: 'false | ProbeOptions',
    byDefault: () => ({}),
    check: checkProbes,
    resolve: resolveProbes,
    about: 'The probes, each at a path of its own; `false` leaves them out.',
  },
  ...ROLLOUT_TABLE,
};

/** Settled before all others: the defaults of others derive from them, or their check does. */
export const SETTLED_FIRST = [
  'shortGracePeriodForTests',
  'platform',
  'gracePeriodMs',
  'propagationCapMs',
] as const;

function actionSignal(about: string) {
  return {
    type: 'NodeJS.Signals | false',
    byDefault: () => false as const,
    check: (name: string, value: unknown) => {
      if (value !== false) checkSignals(name, [value]);
    },
    about,
  };
}
