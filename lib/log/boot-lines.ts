import { limitText, rangeText } from '../report/text.js';
import { sentence } from './line.js';

/** What is said at boot: how the application will stop, and what is set up in a way that will hurt then. */

/** The times that matter at the end, in milliseconds; Infinity for what has none of its own. */
interface Limits {
  readonly platform: string;
  readonly gracePeriodMs: number;
  readonly propagationFloorMs: number;
  readonly propagationCapMs: number;
  readonly drainTimeoutMs: number;
  readonly flushTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

export const ready = sentence(
  {
    id: 'ready',
    level: 'log',
    means: 'The application is up. These are the limits of its shutdown.',
  },
  (limits: Limits) => {
    const { propagationFloorMs, propagationCapMs, drainTimeoutMs } = limits;
    const wait =
      propagationCapMs === 0
        ? 'no wait for load balancers'
        : `load balancers ${rangeText(propagationFloorMs, propagationCapMs)}`;
    const drain = Number.isFinite(drainTimeoutMs)
      ? limitText(drainTimeoutMs)
      : 'as long as the rest allows';
    return (
      `Ready to drain on ${limits.platform}: ${limitText(limits.gracePeriodMs)} of grace, ${wait}, drain ${drain}, ` +
      `flush ${limitText(limits.flushTimeoutMs)}, close ${limitText(limits.closeTimeoutMs)}`
    );
  },
);

export const shutdownPlan = sentence(
  {
    id: 'shutdown-plan',
    level: 'log',
    means: 'What the shutdown will do, in its order. Printed with `logPlan: true`.',
  },
  (plan: { toString(): string }) => `Shutdown plan\n${String(plan)}`,
);

export const hooksNotEnabled = sentence(
  {
    id: 'hooks-not-enabled',
    level: 'log',
    means: 'Signals are handled; without this module, Nest would not run the shutdown hooks.',
  },
  () =>
    'app.enableShutdownHooks() was not called. Signals are handled all the same; add `app.enableShutdownHooks();` ' +
    'after NestFactory.create() in main.ts, so that the hooks also run without this module.',
);

export const forceCloseConnections = sentence(
  {
    id: 'force-close-connections',
    level: 'warn',
    means:
      'The option only cuts upgraded sockets, such as WebSockets, before their owner closes them.',
    toDo: 'Remove `forceCloseConnections` from the options of `NestFactory.create()` or of the Fastify adapter.',
  },
  () =>
    'forceCloseConnections is not needed: idle connections end with the drain, and busy ones at its deadline. It only ' +
    'cuts upgraded sockets, such as WebSockets, before their owner closes them. Remove it.',
);

export const return503OnClosing = sentence(
  {
    id: 'return-503-on-closing',
    level: 'warn',
    means:
      'Nest would answer 503 from the start of its own teardown, when the drain is already over.',
    toDo: 'Remove `return503OnClosing` from the options of `NestFactory.create()`.',
  },
  () =>
    'return503OnClosing has no effect: Nest closes only after the drain, when no client is left to get a 503. Remove it.',
);

export const runtimeGaps = sentence(
  {
    id: 'runtime-gaps',
    level: 'warn',
    means: "This runtime's HTTP server lacks something that Node's has.",
    toDo: 'Run on Node, or let clients send such a request again.',
  },
  (of: {
    readonly runtime: string;
    readonly closesIdle: boolean;
    readonly dropsHalfHeads: boolean;
  }) => {
    const gaps = [
      ...(of.closesIdle ? ['idle connections are closed at the same moment as the listener'] : []),
      ...(of.dropsHalfHeads
        ? ['on a kept connection, a request whose head is incomplete is not waited for']
        : []),
    ];
    return (
      `On ${of.runtime} requests in flight are finished as on Node, but ${gaps.join(', and ')}: ` +
      'a client may have to send such a request again at a restart.'
    );
  },
);

/** How long the server keeps an idle connection, and how long what is in front of it does. */
interface KeepAlive {
  readonly keepAliveTimeoutMs: number;
  readonly platform: string;
  readonly adapter: 'express' | 'fastify';
  readonly enoughMs: number;
}

const KEEP_ALIVE_TO_DO =
  "Set the server's keep-alive timeout to more than the idle timeout of the load balancer, as the line says.";

export const keepAliveDefault = sentence(
  {
    id: 'keep-alive-default',
    level: 'log',
    means: `The default keep-alive timeout is shorter than that of load balancers. ${KEEP_ALIVE_TO_DO}`,
  },
  keepAliveText,
);

export const keepAliveTooShort = sentence(
  {
    id: 'keep-alive-too-short',
    level: 'warn',
    means:
      'The keep-alive timeout was set, and is shorter than that of load balancers: expect 502 at any time.',
    toDo: KEEP_ALIVE_TO_DO,
  },
  keepAliveText,
);

function keepAliveText({ keepAliveTimeoutMs, platform, adapter, enoughMs }: KeepAlive): string {
  const balancers =
    platform === 'heroku'
      ? "Heroku's router keeps idle connections for 90 s"
      : 'load balancers keep idle connections for 60 s (AWS ALB, nginx), 600 s (Google Cloud) or 1 h (Envoy)';
  const remedy =
    adapter === 'fastify'
      ? `new FastifyAdapter({ keepAliveTimeout: ${grouped(enoughMs)} })`
      : `app.getHttpServer().keepAliveTimeout = ${grouped(enoughMs)}`;
  return (
    `The server ends idle connections after ${limitText(keepAliveTimeoutMs)} (keepAliveTimeout), and ${balancers}: ` +
    `a request that meets the end of its connection is a 502, at any time. Outlast your balancer: ${remedy}`
  );
}

export const terminusDelayRemoved = sentence(
  {
    id: 'terminus-delay-removed',
    level: 'log',
    means: 'Load balancers are waited for once, by this module.',
  },
  (delayMs: number) =>
    `Terminus' gracefulShutdownTimeoutMs (${delayMs} ms) is not waited for: it would come after the wait of this module.`,
);

export const grpcMethodUnknown = sentence(
  {
    id: 'grpc-method-unknown',
    level: 'warn',
    means: 'An entry of `grpcEndlessMethods` or `grpcFiniteMethods` has no effect.',
    toDo: 'Correct the name, or remove the entry.',
  },
  (of: { readonly option: string; readonly method: string }) =>
    `${of.option} names ${of.method}, which no gRPC server of this application answers by a stream. ` +
    'Check its package, service and method against the .proto file, or remove it.',
);

export const serverNotFollowed = sentence(
  {
    id: 'server-not-followed',
    level: 'warn',
    means:
      'The process has a server that may lead to the application, and its requests are not counted.',
    toDo: 'Call `app.get(Graceful).follow(server)` if it serves this application; ignore the line if it does not.',
  },
  (address: string) =>
    `A server of your own listens on ${address} and is not followed: if it serves this application, its requests in ` +
    'flight are not waited for. Call app.get(Graceful).follow(server).',
);

export const bootRefused = sentence(
  {
    id: 'boot-refused',
    level: 'error',
    means:
      'What you have said of the order, or a decorator, can not be: the application does not start.',
    toDo: 'Mend what the line names. docs/errors.md has each error by its code.',
  },
  (error: { readonly name: string; readonly message: string }) => `${error.name}: ${error.message}`,
);

export const requestScopedMethod = sentence(
  {
    id: 'request-scoped-method',
    level: 'warn',
    means: 'A decorated method is on a request-scoped provider and will not be called.',
    toDo: 'Move the method to a provider of the default scope.',
  },
  (place: string) =>
    `${place} is request-scoped: outside a request there is no instance to call it on, so it is left out.`,
);

/** How many places are named; who has more has seen what it is about. */
const MOST_PLACES = 5;

export const decoratedInNoModule = sentence(
  {
    id: 'decorated-in-no-module',
    level: 'warn',
    means:
      'A class with decorators of this package is loaded, and no application of the process has it: its methods are never called.',
    toDo: 'Add the class to the `providers` of a module, or remove its import. Ignore the line if another application provides it.',
  },
  (
    places: ReadonlyArray<{
      readonly decorator: string;
      readonly className: string;
      readonly method?: string;
      readonly site?: string;
    }>,
  ) => {
    const named = places.slice(0, MOST_PLACES).map(({ decorator, className, method, site }) => {
      const place = method === undefined ? className : `${className}@${method}`;
      return `@${decorator}() of ${place}${site === undefined ? '' : ` (${site})`}`;
    });
    const more = places.length - named.length;
    if (more > 0) named.push(`${more} more`);
    const classes = new Set(places.map(({ className }) => className));
    const [only] = classes;
    const remedy =
      classes.size === 1
        ? `${only} is in no module. Add it`
        : 'their classes are in no module. Add them';
    return `Never called: ${named.join(', ')}; ${remedy} to the providers of one.`;
  },
);

/** 65000 as `65_000`. */
function grouped(ms: number): string {
  return `${Math.floor(ms / 1000)}_${String(ms % 1000).padStart(3, '0')}`;
}

export const switchedOff = sentence(
  {
    id: 'switched-off',
    level: 'warn',
    means:
      'The module is switched off, by the option `enabled` or the environment variable `GRACEFUL_ENABLED`.',
    toDo: 'Nothing, if that is wanted: the shutdown is that of Nest. Otherwise remove the one that says false.',
  },
  () =>
    "The module is switched off (`enabled`, GRACEFUL_ENABLED): nothing is waited for, the shutdown is Nest's own",
);
