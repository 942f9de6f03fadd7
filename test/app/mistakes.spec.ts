import {
  Controller,
  Get,
  Injectable,
  Scope,
  type ModuleMetadata,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import {
  GracefulModule,
  LivenessCheck,
  OnAnnounce,
  OnFlush,
  OnShutdown,
  ReadinessCheck,
  ShutdownPhase,
  Tracked,
  type GracefulOptions,
} from '../../lib/index.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { HttpApp } from '../support/http-app.js';
import { bootError, stopped } from '../support/teardown-app.js';

// What somebody new gets wrong, and what is said then: what came, what was expected, what to do. Those that are refused
// are refused at boot.

/** What `forRoot()` is given, as JavaScript would let it through. */
const options =
  (given: object, ...classes: Array<new () => object>) =>
  async (): Promise<string> => {
    const setup = { options: given as GracefulOptions, providers: classes };
    const error = await bootError(setup).catch((refused: Error) => refused);
    return error.message;
  };

const environment = (env: NodeJS.ProcessEnv) => (): string => {
  try {
    resolveOptions({}, { env, pid: 1 });
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing is said';
};

const providers =
  (...classes: Array<new () => object>) =>
  async (): Promise<string> =>
    (await bootError({ providers: classes })).message;

const module = (metadata: ModuleMetadata) => async (): Promise<string> => {
  const compiling = Test.createTestingModule(metadata).compile();
  return compiling.then(
    () => 'nothing is said',
    (error: Error) => error.message,
  );
};

/** What is thrown where the code is loaded. */
const loading = (load: () => unknown) => (): string => {
  try {
    load();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing is said';
};

/** The warning that is given. */
const warned = (setup: Parameters<typeof stopped>[0]) => async (): Promise<string> =>
  (await stopped(setup)).warnings.join('\n');

/** The line in the log that has these words. */
const logged =
  (words: RegExp, module_: ModuleMetadata, path?: string) => async (): Promise<string> => {
    const app = await HttpApp.start({ platform: 'Express', module: module_ });
    if (path !== undefined) await fetch(`http://127.0.0.1:${app.port}${path}`);
    const line = await app.log.until(words);
    await app.close();
    return line;
  };

@Injectable()
class Outbox {
  @OnFlush()
  send(): void {}
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @ReadinessCheck()
  ready(): unknown {
    return {};
  }
}

@Injectable({ scope: Scope.REQUEST })
class Basket {
  @OnFlush()
  save(): void {}
}

@Injectable()
class Yes {
  @ReadinessCheck({ name: 'database' })
  ready(): unknown {
    return true;
  }
}

@Controller('health')
class OwnReadiness {
  @Get('ready')
  ready(): string {
    return 'ok';
  }
}

@Injectable()
class Misspelt {
  @OnShutdown('drian')
  end(): void {}
}

@Injectable()
class AfterNobody {
  @OnFlush({ after: ['Outbox@sent'] })
  end(): void {}
}

@Injectable()
class AfterItself {
  @OnFlush({ after: ['AfterItself@end'] })
  end(): void {}
}

@Injectable()
class TooPatient {
  @OnAnnounce({ timeoutMs: 60_000 })
  leave(): void {}
}

@Injectable()
@ShutdownPhase('close')
class Typo {
  onModuleDestory(): void {}
}

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {}
}

const kubernetes = { platform: 'kubernetes' };

describe('a mistake is answered with what came, what was expected and what to do', () => {
  it.each<[mistake: string, said: () => string | Promise<string>, expected: string]>([
    [
      'gracePeriodMs: 30',
      options({ gracePeriodMs: 30 }),
      'Expected `gracePeriodMs` to be at least 1000 milliseconds, got 30 (number). Did you mean 30000 (30 s)? Pass milliseconds, not seconds; a test that needs less sets `shortGracePeriodForTests: true`.',
    ],
    [
      'GRACEFUL_GRACE_PERIOD_MS=30',
      environment({ GRACEFUL_GRACE_PERIOD_MS: '30' }),
      "Expected `GRACEFUL_GRACE_PERIOD_MS` to be at least 1000 milliseconds, got '30' (string). Did you mean 30000 (30 s)? Pass milliseconds, not seconds; a test that needs less sets `shortGracePeriodForTests: true`.",
    ],
    [
      'GRACEFUL_GRACE_PERIOD_MS=30s',
      environment({ GRACEFUL_GRACE_PERIOD_MS: '30s' }),
      "Expected `GRACEFUL_GRACE_PERIOD_MS` to be a whole number of milliseconds from 1000 to 2147483647, got '30s' (string). Set it to 30000 or so, without a unit, or remove it.",
    ],
    [
      "gracePeriodMs: '30000', from ConfigService",
      options({ gracePeriodMs: '30000' }),
      "Expected `gracePeriodMs` to be a number of milliseconds from 1000 to 2147483647, got '30000' (string). Write Number(…) around it: what ConfigService and process.env give is text.",
    ],
    [
      "exitProcess: 'false', from the environment",
      options({ exitProcess: 'false' }),
      "Expected `exitProcess` to be true or false, got 'false' (string). Write … === 'true' instead: what ConfigService and process.env give is text.",
    ],
    [
      'an unknown option',
      options({ gracePeriod: 30_000 }),
      'GracefulModule has no option `gracePeriod`. Did you mean `gracePeriodMs`? Remove it or use one of: platform, gracePeriodMs, exitMarginMs, announceTimeoutMs, propagationFloorMs, propagationQuietMs, propagationCapMs, propagationProbeFailures, drainTimeoutMs, flushTimeoutMs, closeTimeoutMs, phases, order, integrations, readinessOnShutdown, signals, exitProcess, exitCodeClean, exitCodeForced, exitCodeFatal, shutdownOnFatalError, fatalGracePeriodMs, drainSignal, resumeSignal, logPlan, logReport, onReport, terminationLog, retryAfterSeconds, sseRetryMs, sseLastEvent, sseEndlessPaths, sseFinitePaths, grpcEndlessMethods, grpcFiniteMethods, exemptPaths, exemptUserAgents, enabled, earlyAbort, lifeLog, awaitLastScrape, shortGracePeriodForTests, probes, warmUp, maxConnectionAgeMs, sidecars, onBusy, busyIntervalMs.',
    ],
    [
      'an unknown option of the probes',
      options({ probes: { prot: 9_000 } }),
      'GracefulModule has no option `probes.prot`. Did you mean `probes.port`? Remove it or use one of: probes.port, probes.host, probes.livePath, probes.readyPath, probes.startupPath, probes.metricsPath, probes.checkTimeoutMs.',
    ],
    [
      'an unknown platform',
      options({ platform: 'k8s' }),
      "Expected `platform` to be one of 'auto', 'azure-container-apps', 'kubernetes', 'ecs', 'cloud-run', 'aws-lambda', 'app-runner', 'azure-app-service', 'heroku', 'railway', 'render', 'fly', 'nomad', 'pm2', 'systemd', 'docker', 'none', got 'k8s' (string). Pass one of them, or leave it out.",
    ],
    [
      "signals: 'SIGTERM'",
      options({ signals: 'SIGTERM' }),
      "Expected `signals` to be an array of strings, got 'SIGTERM' (string). Put it into [ ].",
    ],
    [
      "signals: ['TERM']",
      options({ signals: ['TERM'] }),
      "Expected `signals` to be signal names such as 'SIGTERM', got 'TERM' (string). Use the full name, in capitals.",
    ],
    [
      "signals: ['SIGKILL']",
      options({ signals: ['SIGKILL'] }),
      "Expected `signals` to be signals that a process can be stopped with in an orderly way, got 'SIGKILL' (string). Leave it out: it is either a crash, after which JavaScript must not run, or can not be caught.",
    ],
    [
      "drainSignal: 'SIGTERM'",
      options({ drainSignal: 'SIGTERM' }),
      "Expected `drainSignal` to be a signal that does not stop the process, got 'SIGTERM' (string). Use SIGUSR2, or take it out of `signals`. (Node keeps SIGUSR1 for its debugger.)",
    ],
    [
      'times that do not fit',
      options({ ...kubernetes, gracePeriodMs: 30_000, drainTimeoutMs: 40_000 }),
      "A grace period of 30000 ms can't hold this shutdown: announceTimeoutMs 2000 + propagationCapMs 10000 + drainTimeoutMs 40000 + the last answers 250 + flushTimeoutMs 2000 + closeTimeoutMs 3000 + exitMarginMs 1000 = 58250 ms. Lower one of them, or raise `gracePeriodMs` together with the platform's own grace period (terminationGracePeriodSeconds on Kubernetes).",
    ],
    [
      'a floor above the cap',
      options({ ...kubernetes, propagationFloorMs: 30_000 }),
      'Expected `propagationFloorMs` to be at most `propagationCapMs` (20000), got 30000 (number). Lower it, or raise the cap.',
    ],
    [
      'probes: true',
      options({ probes: true }),
      'Expected `probes` to be an object or false, got true (boolean). Pass { port: 9000 } or the like, or false to leave the probes out.',
    ],
    [
      'a probe without a slash',
      options({ probes: { livePath: 'live' } }),
      "Expected `probes.livePath` to be a path that begins with '/' and has no query, got 'live' (string). Pass one such as '/health/ready'.",
    ],
    [
      'one path for two probes',
      options({ probes: { livePath: '/health', readyPath: '/health' } }),
      "Expected `probes` to be three different paths, got '/health, /health, /health/startup' (string). A path can answer for one probe only: liveness and readiness mean opposite things during a shutdown.",
    ],
    [
      'a relative termination log',
      options({ terminationLog: 'report.json' }),
      "Expected `terminationLog` to be the absolute path of a file, or false, got 'report.json' (string). Pass one such as '/dev/termination-log'.",
    ],
    [
      'onReport: true',
      options({ onReport: true }),
      'Expected `onReport` to be a function, got true (boolean). Pass one, or leave it out.',
    ],
    [
      'exitCodeForced: 256',
      options({ exitCodeForced: 256 }),
      'Expected `exitCodeForced` to be a whole number from 0 to 255, got 256 (number). Pass such a number.',
    ],
    [
      'a phase without a place',
      options({ phases: [{ name: 'audit' }] }),
      "Expected `phases[0]` to be a place among the other phases, got 'audit' (string). Say `after: ['drain']` or `before: ['flush']` or the like.",
    ],
    [
      'a phase with a name that is taken',
      options({ phases: [{ name: 'drain', after: ['announce'] }] }),
      "There are two phases named 'drain'. Give yours another name in `phases`; to change the time of a built-in phase, use its own option, such as `flushTimeoutMs`.",
    ],
    [
      'a phase after one that does not exist',
      options({ phases: [{ name: 'audit', after: ['drian'] }] }),
      "The phase 'audit' names the phase 'drian' (string), which does not exist. Did you mean 'drain'? Use one of: announce, propagate, drain, flush, close, audit.",
    ],
    [
      'an order of a class in quotes',
      options({ order: [{ provider: 'Pool', after: [] }] }, Pool),
      "order[0].provider names 'Pool' (string), which is no provider, token or task of this application. Did you mean the class Pool, without quotes? Name a class, a token or one of the tasks: Pool.onModuleDestroy.",
    ],
    [
      'an integration that is none',
      options({ integrations: [{}] }),
      'Expected `integrations[0]` to be an object with `name` and `attach(host)`, got an object. See the interface Integration.',
    ],
    [
      'forRootAsync({})',
      loading(() => GracefulModule.forRootAsync({})),
      'Expected `the options of forRootAsync()` to be an object with `useFactory`, `useClass` or `useExisting`, got an object. Write forRootAsync({ useFactory: () => ({ … }) }), or forRoot() when there is nothing to wait for.',
    ],
    [
      'the class without forRoot()',
      module({ imports: [GracefulModule] }),
      'GracefulModule was imported without forRoot(). Write GracefulModule.forRoot() in the imports of AppModule; every option has a default.',
    ],
    [
      'forRoot() twice',
      module({ imports: [GracefulModule.forRoot(), GracefulModule.forRoot({ logPlan: true })] }),
      'GracefulModule is registered 2 times (in RootTestModule), but one application has one shutdown. Keep the one in AppModule; it is global, so the other modules need no import.',
    ],
    [
      '@OnFlush() on a class',
      loading(() => OnFlush()(Outbox as never, undefined as never, undefined as never)),
      '@OnFlush() on class Outbox: a class is no method. Put it on an instance method of a provider, controller or module class.',
    ],
    [
      "@OnFlush({ timeoutMs: '2s' })",
      loading(() => OnFlush({ timeoutMs: '2s' as never })),
      "Expected `timeoutMs of @OnFlush()` to be a positive number of milliseconds, got '2s' (string). Pass a number such as 2000, or leave it out.",
    ],
    [
      '@OnFlush({ timeout: 2000 })',
      loading(() => OnFlush({ timeout: 2_000 } as never)),
      '@OnFlush() has no option `timeout`. Did you mean `timeoutMs`? Remove it or use one of: timeoutMs, critical, name, after, before.',
    ],
    [
      '@Tracked() on a property',
      loading(() => Tracked()(new Pool(), 'name', undefined as never)),
      '@Tracked() on Pool.name: it is not a method. Put it on an instance method of a provider, controller or module class.',
    ],
    [
      '@LivenessCheck({ timeoutMs: -1 })',
      loading(() => LivenessCheck({ timeoutMs: -1 })),
      'Expected `timeoutMs of @LivenessCheck()` to be a positive number of milliseconds, got -1 (number). Pass a number such as 2000, or leave it out.',
    ],
    [
      "@OnShutdown('drian')",
      providers(Misspelt),
      "Misspelt@end names the phase 'drian' (string), which does not exist. Did you mean 'drain'? Use one of: announce, propagate, drain, flush, close.",
    ],
    [
      'after a task that does not exist',
      providers(Outbox, AfterNobody),
      "AfterNobody@end names 'Outbox@sent' (string), which is no provider, token or task of this application. Did you mean Outbox@send? Name a class, a token or one of the tasks: load balancers, readiness, http, tracked work, servers and gateways, what is left to Nest, connections, Outbox@send, AfterNobody@end.",
    ],
    [
      'after itself',
      providers(AfterItself),
      'The order of the tasks is a circle: AfterItself@end -> AfterItself@end ("->" means "comes before"). Take out one of the `before`, `after` or phases that make it.',
    ],
    [
      'a limit that can never be reached',
      async () =>
        (await bootError({ options: kubernetes as GracefulOptions, providers: [TooPatient] }))
          .message,
      "Expected `timeoutMs of TooPatient@leave (RootTestModule, test/app/mistakes.spec.ts)` to be at most 2000, which is all that the phase 'announce' can have, got 60000 (number). The phase 'announce' is over then. Lower it, or raise `announceTimeoutMs`.",
    ],
    [
      'a check that is request-scoped',
      providers(PerRequest),
      '@ReadinessCheck() on PerRequest@ready: its class is request-scoped, so there is no instance to ask, and the probe would answer without it. Put it on a provider of the default scope.',
    ],
    [
      'a task that is request-scoped',
      warned({ providers: [Basket] }),
      'Basket@save is request-scoped: outside a request there is no instance to call it on, so it is left out. [request-scoped-method]',
    ],
    [
      'a hook with a typing mistake',
      warned({ providers: [Typo] }),
      '@ShutdownPhase() of Typo (test/app/mistakes.spec.ts) orders nothing: the class has neither a shutdown hook of Nest nor a decorated method. [phase-without-hook]',
    ],
    [
      'a check that returns true',
      logged(/is down/, { providers: [Yes] }, '/health/ready'),
      "The readiness check Yes@ready is down: the check returned no indicator result, but true: return health.check('database').up() or .down(), or { database: { status: 'up' } } [check-down]",
    ],
    [
      'a /health/ready of your own that never goes down',
      logged(/health\/ready stays/, { controllers: [OwnReadiness] }),
      'GET /health/ready stays with the route of the application, and nothing there asks whether it is shutting down: it will go on answering 200, and load balancers go on sending. Have your route ask GracefulHealthIndicator, or rename it. [readiness-route-unaware]',
    ],
  ])('%s', async (_mistake, said, expected) => {
    const text = await said();
    expect(text.replace(/(?<=\.spec\.ts):\d+/, '')).toBe(expected);
  });
});
