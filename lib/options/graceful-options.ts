import type { Integration } from '../engine/integration.js';
import type { ShutdownReport } from '../engine/record.js';
import type { EarlyAbortOptions } from './early-abort.js';
import type { OrderOptions, PhaseOptions } from './phase-options.js';
import type { Platform } from './platform.js';
import type { ProbeOptions } from './probe-options.js';
import type { RolloutOptions } from './rollout-options.js';

/** What `GracefulModule.forRoot()` takes. Every option has a default; most apps set none, some set `gracePeriodMs`. */
export interface GracefulOptions extends RolloutOptions {
  /**
   * What stops the process, and with which habits. `auto` recognises it by its environment variables.
   * @default 'auto'
   */
  platform?: 'auto' | Platform;

  /**
   * From the stop signal to SIGKILL, in milliseconds; the environment variable `GRACEFUL_GRACE_PERIOD_MS` sets it too.
   * The option wins. It is the one number to know: everything else is derived from it. On Kubernetes it is
   * `terminationGracePeriodSeconds` times 1000, minus the time of a preStop hook if there is one. At least 1000.
   * @default the platform's (docs/platforms.md): 30000 on Kubernetes, ECS, Heroku, Render and Azure Container Apps, 10000 on Cloud Run, 5000 on Nomad, Fly.io and Azure App Service, Railway's draining seconds or 3000, PM2's kill_timeout or 1600, 300 on Lambda, 90000 under systemd, otherwise 10000
   */
  gracePeriodMs?: number;

  /**
   * Kept free at the end of the grace period, in milliseconds: the process has ended before it.
   * @default a thirtieth of the grace period, between 100 and 2000; a tenth when that is less than 100
   */
  exitMarginMs?: number;

  /**
   * How long tasks of the phase `announce` may take, in milliseconds.
   * @default a fifteenth of the grace period, at most 2000
   */
  announceTimeoutMs?: number;

  /**
   * The load balancers are waited for at least this long, in milliseconds.
   * @default 5000 on Kubernetes (less in a short grace period), 1000 on Heroku, Nomad, Fly.io and Azure App Service, otherwise 0
   */
  propagationFloorMs?: number;

  /**
   * The wait ends when no request and no new connection came for this long, in milliseconds, and for longer, up to the
   * floor, where requests come rarely. So much quiet is no evidence there: it is ten mean gaps between them, up to
   * `propagationFloorMs`. Probes don't count.
   * @default 2000 on Kubernetes, 1000 on ECS and Heroku, 500 on Cloud Run and Nomad (less in a short grace period), otherwise 0
   */
  propagationQuietMs?: number;

  /**
   * The load balancers are never waited for longer than this, in milliseconds; 0 means no wait at all.
   * @default a third of the grace period on Kubernetes, ECS, Heroku and Nomad, a fifth on Cloud Run, otherwise 0
   */
  propagationCapMs?: number;

  /**
   * A load balancer that asks the readiness probe itself is waited for until it has been told no so many times in a row;
   * 0 waits for none. It asks at a steady period, and is waited for up to `propagationCapMs`. The kubelet is none:
   * Kubernetes takes a deleted pod out by itself.
   * @default 3 (HAProxy's `fall`, nginx Plus, and Kubernetes' `failureThreshold`; clouds have 2 or 3)
   */
  propagationProbeFailures?: number;

  /**
   * How long requests in flight may take to finish, in milliseconds; `Infinity` is all that the budget leaves.
   * @default Infinity
   */
  drainTimeoutMs?: number;

  /**
   * Reserved for the phase `flush`, in milliseconds, so that a slow drain can't eat it; and the limit of its tasks that
   * have none of their own. One that has may use all that is free.
   * @default a fifteenth of the grace period, at most 5000
   */
  flushTimeoutMs?: number;

  /**
   * Reserved for the phase `close` (the hooks of your providers), in milliseconds; a slow drain can't eat it.
   * @default a tenth of the grace period, at most 10000
   */
  closeTimeoutMs?: number;

  /**
   * Phases of your own, beside the built-in `announce`, `propagate`, `drain`, `flush` and `close`.
   * @default []
   */
  phases?: readonly PhaseOptions[];

  /**
   * Orders the hooks of providers whose classes you can't edit, as `@ShutdownPhase()` does for those you can.
   * @default []
   */
  order?: readonly OrderOptions[];

  /**
   * Support for sources of work of your own, beside the built-in ones.
   * @default []
   */
  integrations?: readonly Integration[];

  /**
   * What readiness says once the shutdown has begun: `fail` answers 503, `hold` goes on telling the service's real state.
   * `hold` lets Kubernetes use a terminating pod as its last resort (KEP-1669); deletion alone takes it out of rotation.
   * @default 'fail'
   */
  readinessOnShutdown?: 'fail' | 'hold';

  /**
   * The signals that stop the process; SIGSEGV and its like can not be among them. Those that the application names in `enableShutdownHooks([...])` take the place of
   * the default; what is given here wins over both.
   * @default ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']
   */
  signals?: readonly NodeJS.Signals[];

  /**
   * Ends the process after a shutdown that a signal began; `app.close()` never ends it.
   * @default true
   */
  exitProcess?: boolean;

  /**
   * The exit code when everything finished.
   * @default 0
   */
  exitCodeClean?: number;

  /**
   * The exit code when something was cut, timed out or failed critically.
   * @default 1
   */
  exitCodeForced?: number;

  /**
   * The exit code after a fatal error, with `shutdownOnFatalError`.
   * @default 1
   */
  exitCodeFatal?: number;

  /**
   * Takes an `uncaughtException` or `unhandledRejection` as a reason to shut down. That is readiness down, no wait for load
   * balancers, requests in flight, flush, close, and the exit code `exitCodeFatal`. Otherwise Node ends the process at once.
   * @default false
   */
  shutdownOnFatalError?: boolean;

  /**
   * How long that shutdown may take, in milliseconds: what an application does after such an error is not to be trusted.
   * @default a third of the grace period, at most 5000
   */
  fatalGracePeriodMs?: number;

  /**
   * A signal that takes the service out of rotation without stopping it, such as `'SIGUSR2'`, as `Graceful.drain()` does;
   * `false` for none.
   * @default false
   */
  drainSignal?: NodeJS.Signals | false;

  /**
   * A signal that takes that back, as `Graceful.resume()` does; the same as `drainSignal` to go back and forth.
   * @default false
   */
  resumeSignal?: NodeJS.Signals | false;

  /**
   * Prints the plan of the shutdown at boot: phases, tasks, their order and times.
   * @default false
   */
  logPlan?: boolean;

  /**
   * How the report is logged: as one `line` of text, as an `object` with the whole report, or by what the logger is. `auto`
   * is an object for Nest's ConsoleLogger with `json: true`, otherwise a line.
   * @default 'auto'
   */
  logReport?: 'auto' | 'line' | 'object';

  /**
   * Is given the report, and waited for within what is left of the grace period.
   * @default none
   */
  onReport?: (report: ShutdownReport) => unknown;

  /**
   * The file that gets the report as JSON, at most 4096 bytes, when it exists; Kubernetes shows it in the pod's status.
   * `false` for none.
   * @default false, and '/dev/termination-log' on Kubernetes
   */
  terminationLog?: string | false;

  /**
   * `Retry-After` of the 503 that a request gets when it is still unanswered at the drain's deadline, in seconds.
   * @default 1
   */
  retryAfterSeconds?: number;

  /**
   * Clients of server-sent events are told to come back after a random time up to this and at least half of it, in
   * milliseconds; 0 leaves it to them. So they do not all come at once (`retry:`, WHATWG HTML "Server-sent events"). An
   * `EventSource` that is told nothing waits for 3 s.
   * @default 3000
   */
  sseRetryMs?: number;

  /**
   * The last event of every stream of server-sent events that a shutdown ends, such as `{ type: 'bye', data: '' }` or
   * `{ comment: 'bye' }`. It has `data`, or is a comment, which no client hands on. Clients that speak a protocol in their events, as those of MCP do, get the comment in any case.
   * @default none
   */
  sseLastEvent?: { readonly type?: string; readonly data: string } | { readonly comment: string };

  /**
   * Streams of server-sent events that last for ever, by their paths, such as `/rooms/:id/events`: their clients are told to
   * come back as the drain begins. `:name` or `*` stands for one segment. Of other streams that answer a GET, those that are older than a minute are told
   * so then, and the younger ones after three quarters of the drain, unless they end by themselves.
   * @default []
   */
  sseEndlessPaths?: readonly string[];

  /**
   * Streams of server-sent events that end by themselves, by their paths: they are waited for like any other response.
   * `:name` or `*` stands for one segment. Those that answer a POST always are.
   * @default []
   */
  sseFinitePaths?: readonly string[];

  /**
   * Methods of gRPC whose streams last for ever, such as `shop.Orders/Watch` or `shop.Orders/*`: their clients are told to
   * come back as the drain begins. They are streams of answers, and are told so by UNAVAILABLE. A stream of another method is told so
   * then if it is older than a minute, and after a quarter of the drain in silence or three quarters of it otherwise.
   * @default []
   */
  grpcEndlessMethods?: readonly string[];

  /**
   * Methods of gRPC whose streams end by themselves, named in the same way: they are waited for like any other answer. That
   * is so however old or silent they are. A method goes before all of its service; the same entry in both lists is an error.
   * @default []
   */
  grpcFiniteMethods?: readonly string[];

  /**
   * Requests to these paths are no work: they neither lengthen the wait for the load balancers nor hold the drain; the
   * probes' own paths are always among them.
   * @default ['/metrics']
   */
  exemptPaths?: readonly string[];

  /**
   * Requests whose `User-Agent` begins with one of these are no work either.
   * @default ['kube-probe/', 'ELB-HealthChecker/', 'GoogleHC/', 'Consul Health Check', 'Prometheus/']
   */
  exemptUserAgents?: readonly string[];

  /**
   * `false`, here or in the environment variable `GRACEFUL_ENABLED`, leaves the shutdown to Nest: nothing is waited for;
   * probes are answered, and decorated methods called with Nest's hooks. Those of the phase `close` with the last
   * `onApplicationShutdown`, all others with the first `onModuleDestroy`.
   * @default true
   */
  enabled?: boolean;

  /**
   * Work that learns of a shutdown before the deadline of the drain, by source or route, such as
   * `{ route: 'GET /exports/:id', at: 0.5 }`. `Graceful.workSignal()` has the signal of a request or a source; running
   * BullMQ jobs get it as the signal of their processor. The first entry that fits counts.
   * @default []
   */
  earlyAbort?: readonly EarlyAbortOptions[];

  /**
   * A directory that outlives the process, in which a life leaves a marker: the next start reports one that was killed.
   * It says in which phase that was, with what in flight, and how much memory. `false` for none.
   * @default false
   */
  lifeLog?: string | false;

  /**
   * Serves the metrics on `probes.port`, and keeps that open at the end until each scraper that came has the last counters. It
   * waits for the interval that it has seen each come in, and within the grace period. It needs `probes.port`: the
   * application's own port is closed by then. The metrics are those of `startTelemetry()` in `nestjs-graceful/telemetry`.
   * @default false
   */
  awaitLastScrape?: boolean;

  /**
   * For tests only: allows a `gracePeriodMs` below 1000, which is else refused as a number of seconds. With it, the
   * environment variable may be as short.
   * @default false
   */
  shortGracePeriodForTests?: boolean;

  /**
   * The probes, each at a path of its own; `false` leaves them out.
   * @default {}
   */
  probes?: false | ProbeOptions;
}
