import { countText, durationText } from '../report/text.js';
import { sentence } from './line.js';

/** What is said of probes, checks, and the load balancers that ask them. */

const REMEDY =
  'Let that route ask GracefulHealthIndicator, keep the path out of it, or give the probes a separate port: ' +
  'GracefulModule.forRoot({ probes: { port: 9000 } }).';

export const probesListen = sentence(
  { id: 'probes-listen', level: 'log', means: 'The probes answer on a separate port.' },
  (at: { readonly host: string; readonly port: number }) => `Probes on ${at.host}:${at.port}`,
);

export const metricsListen = sentence(
  {
    id: 'metrics-listen',
    level: 'log',
    means:
      'The metrics answer on the port of the probes, which stays open until they were scraped once more at the end.',
  },
  (at: { readonly host: string; readonly port: number; readonly path: string }) =>
    `Metrics on ${at.host}:${at.port}${at.path}, until the last scrape: have Prometheus scrape this port, for the application's own ` +
    'is closed by then',
);

export const noMetrics = sentence(
  {
    id: 'no-metrics',
    level: 'warn',
    means: 'With `awaitLastScrape` on, nobody in the process has metrics to give.',
    toDo: 'Install `prom-client`, and call `startTelemetry()` of `nestjs-graceful/telemetry` before the application is created.',
  },
  () =>
    'awaitLastScrape: there are no metrics here. Install prom-client, and call startTelemetry() of nestjs-graceful/telemetry ' +
    'before NestFactory.create()',
);

export const scrapeIntervalTooLong = sentence(
  {
    id: 'scrape-interval-too-long',
    level: 'warn',
    means:
      'A scraper comes less often than a shutdown may take: its last scrape may not be in time.',
    toDo: 'Scrape this application more often, give it a longer grace period, or push its metrics with OpenTelemetry.',
  },
  (of: { readonly intervalMs: number; readonly mostMs: number }) =>
    `awaitLastScrape: a scraper comes each ${durationText(of.intervalMs)}, and a shutdown may take ${durationText(of.mostMs)}, so ` +
    'the last counters are not always collected',
);

export const lastScrapesCame = sentence(
  {
    id: 'last-scrape',
    level: 'log',
    means: 'Each scraper that came while the application lived has the last counters.',
  },
  (of: { readonly scrapers: number; readonly waitedMs: number }) =>
    of.scrapers === 0
      ? 'metrics: nobody scraped them while the application lived, so no scrape was waited for'
      : `metrics: scraped once more by ${countText(of.scrapers, 'scraper')} after ${durationText(of.waitedMs)}`,
);

export const lastScrapeMissed = sentence(
  {
    id: 'last-scrape-missed',
    level: 'warn',
    means:
      'A scraper did not come for the last counters, in its own interval and in the grace period.',
    toDo: 'See whether the target leaves its discovery too early, and whether its interval fits into the grace period.',
  },
  (of: {
    readonly scrapers: number;
    readonly missed: readonly number[];
    readonly waitedMs: number;
  }) =>
    `metrics: the last counters were not collected by ${of.missed.length} of ${countText(of.scrapers, 'scraper')} in ` +
    `${durationText(of.waitedMs)}; the last scrape was ${durationText(Math.max(...of.missed))} before the end`,
);

export const probePortTaken = sentence(
  {
    id: 'probe-port-taken',
    level: 'error',
    means: 'Application and probes were given the same port; Nest reports EADDRINUSE next.',
    toDo: 'Leave `probes.port` out, or choose another.',
  },
  (of: { readonly given: number | undefined; readonly port: number }) =>
    `The application can't listen on port ${of.port}, because its own probes do: \`probes.port\` is ${of.given}, and so is the ` +
    `port in app.listen(). Leave \`probes.port\` out to answer the probes on the application's port, or give them another.`,
);

export const probePathTaken = sentence(
  {
    id: 'probe-path-taken',
    level: 'log',
    means: 'The application has a route for this path, which goes before the probe.',
  },
  (of: { readonly path: string; readonly route?: string }) =>
    `GET ${of.path} stays with ${of.route === undefined ? 'the route of the application' : `the application's route ${of.route}`}.`,
);

export const readinessPathTaken = sentence(
  {
    id: 'readiness-path-taken',
    level: 'warn',
    means:
      'A wildcard route may answer the readiness probe, and would answer 200 during a shutdown.',
    toDo: 'Exclude the path from the route, answer it with `GracefulHealthIndicator`, or set `probes.port`.',
  },
  (of: { readonly path: string; readonly route: string }) =>
    `GET ${of.path} meets the application's route ${of.route} before the probe. If that answers, load balancers are not ` +
    `told of a shutdown. ${REMEDY}`,
);

export const readinessRouteUnaware = sentence(
  {
    id: 'readiness-route-unaware',
    level: 'warn',
    means:
      'A route of the application answers the readiness probe, and can not hear of a shutdown.',
    toDo: 'Have the route ask `GracefulHealthIndicator`, rename it, or set `probes.port`.',
  },
  (of: { readonly path: string }) =>
    `GET ${of.path} stays with the route of the application, and nothing there asks whether it is shutting down: it will ` +
    'go on answering 200, and load balancers go on sending. Have your route ask GracefulHealthIndicator, or rename it.',
);

export const readinessNotTold = sentence(
  {
    id: 'readiness-not-told',
    level: 'warn',
    means: 'A route of the application reported ready during a shutdown.',
    toDo: 'Exclude the path from the route, answer it with `GracefulHealthIndicator`, or set `probes.port`.',
  },
  (of: { readonly path: string; readonly statusCode: number }) =>
    `GET ${of.path} was answered with ${of.statusCode} by the application although the shutdown has begun, so load ` +
    `balancers go on sending. ${REMEDY}`,
);

/** A decorated check. */
interface Check {
  readonly kind: string;
  readonly place: string;
}

export const checkUp = sentence(
  { id: 'check-up', level: 'log', means: 'A check that was down succeeds again.' },
  (check: Check) => `The ${check.kind} check ${check.place} is up again`,
);

export const checkDown = sentence(
  {
    id: 'check-down',
    level: 'warn',
    means: 'A check failed, threw or took too long; its probe answers 503.',
    toDo: 'Look at what the check asks. Logged when it changes, not at every probe.',
  },
  (check: Check, problem: string) => `The ${check.kind} check ${check.place} is down: ${problem}`,
);

export const balancerOutlastsWait = sentence(
  {
    id: 'balancer-outlasts-wait',
    level: 'warn',
    means:
      'A load balancer asks the readiness probe so seldom that it learns too late of a shutdown.',
    toDo: 'Let it ask more often, or set `propagationCapMs`, or `propagationProbeFailures`, as the line says.',
  },
  (of: {
    readonly address: string;
    readonly periodMs: number;
    readonly failures: number;
    readonly neededMs: number;
    readonly capMs: number;
    readonly platform: string;
  }) => {
    const limit =
      of.capMs === 0
        ? `on the platform ${of.platform} it is not waited for`
        : `the wait for it ends after ${of.capMs} ms`;
    return (
      `${of.address} asks the readiness probe every ${Math.round(of.periodMs)} ms, as a load balancer does. After ` +
      `${of.failures} failures, up to ${of.neededMs} ms, it stops sending, but ${limit}: later requests are lost. Set ` +
      `propagationCapMs to ${of.neededMs} (and gracePeriodMs ${of.neededMs - of.capMs} ms higher, if the drain needs its ` +
      'time), or let it ask more often. If it needs fewer failures, set propagationProbeFailures; 0 if it is no load balancer.'
    );
  },
);
