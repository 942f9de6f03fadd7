import { sentence } from './line.js';

/** What is said of probes, checks, and the load balancers that ask them. */

const REMEDY =
  'Let that route ask GracefulHealthIndicator, keep the path out of it, or give the probes a separate port: ' +
  'GracefulModule.forRoot({ probes: { port: 9000 } }).';

export const probesListen = sentence(
  { id: 'probes-listen', level: 'log', means: 'The probes answer on a separate port.' },
  (at: { readonly host: string; readonly port: number }) => `Probes on ${at.host}:${at.port}`,
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
