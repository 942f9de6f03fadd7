import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { Server } from 'node:net';
import { applicationDescribed } from './copies/applications.js';
import { copyPath } from './copies/copy-path.js';
import { aliasesOf, announceInjectables } from './copies/injectables.js';
import { markModule, moduleCopyOf } from './copies/module-mark.js';
import { MarkedMethodExplorer } from './decorators/marked-method.explorer.js';
import { UnprovidedMarks } from './decorators/unprovided-marks.js';
import { DuplicateModuleError } from './errors/duplicate-module.error.js';
import { MissingForRootError } from './errors/missing-for-root.error.js';
import { Backstage } from './lifecycle/backstage.js';
import { BootAdvice } from './lifecycle/boot-advice.js';
import { Buffers } from './buffers/buffers.js';
import { PhasePlan } from './plan/phase-plan.js';
import { Planner } from './plan/planner.js';
import { Graceful } from './graceful.js';
import { HttpSource } from './http/http-source.js';
import {
  ConfigurableModuleClass,
  refuseNoFactory,
  MODULE_OPTIONS_TOKEN,
  type GracefulOptionsFactory,
} from './graceful.module-definition.js';
import {
  ASKED_THROUGH,
  BACKSTAGE,
  BUILT_IN,
  CLOCK,
  FAREWELLS,
  GRPC_METHODS,
  OWN_SOURCES,
  PLAN_FOR_TOOLS,
  PORTS,
  PROCESS_PORT,
  RESOLVED_OPTIONS,
} from './tokens.js';
import { ProbeSetup, logCheckChange } from './health/probe-setup.js';
import { Boot } from './lifecycle/boot.js';
import { Bootstrap } from './lifecycle/bootstrap.js';
import { Departure } from './lifecycle/departure.js';
import { Discovery } from './lifecycle/discovery.js';
import { Inert } from './lifecycle/inert.js';
import { Progress } from './lifecycle/progress.js';
import { Busy } from './lifecycle/busy.js';
import { LifeLog } from './lifecycle/life-log.js';
import { WorkSignals } from './lifecycle/work-signals.js';
import { SourceStatus } from './sources/source-status.js';
import { Evidence } from './lifecycle/evidence.js';
import { Life } from './lifecycle/life.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { Opening } from './lifecycle/opening.js';
import { OwnTasks } from './lifecycle/own-tasks.js';
import { Setting } from './lifecycle/setting.js';
import { ShutdownLog } from './lifecycle/shutdown-log.js';
import { Sidecars } from './lifecycle/sidecars.js';
import type { Source } from './sources/source.js';
import { Quiescence } from './sources/quiescence.js';
import { ReportDelivery } from './lifecycle/report-delivery.js';
import { Rotation } from './lifecycle/rotation.js';
import { Sources, type Farewells } from './sources/sources.js';
import { goAwayWithinMs, Http2Sessions } from './http/http2-sessions.js';
import { EdgeHooksModule, InnerHooks } from './lifecycle/edge-hooks.js';
import { TrackedWork } from './sources/tracked-work.js';
import { BUILT_IN_INTEGRATIONS, noticeEarlyWork } from './integrations/built-in.js';
import { GracefulHealthIndicator } from './health/graceful-health.indicator.js';
import { Probes } from './health/probes.js';
import { SaidOfMethods } from './integrations/microservices/grpc-methods.js';
import { NestContainer } from './nest/nest-container.js';
import { Log } from './log/log.js';
import { NestLog } from './nest/nest-log.js';
import { refuseOldNest } from './nest/nest-version.js';
import type { GracefulOptions } from './options/graceful-options.js';
import { resolveOptions, type ResolvedOptions } from './options/resolve-options.js';
import { isAwaited } from './process/awaited.js';
import { portsOfNext, type Ports } from './process/ports.js';
import type { ProcessPort } from './process/process-port.js';
import type { Clock } from './time/clock.js';
import { WorkRegister } from './sources/work-register.js';
import { WarmUp } from './warm-up/warm-up.js';

const providers: Provider[] = [
  { provide: PORTS, useFactory: portsOfNext },
  { provide: CLOCK, useFactory: ({ clock }: Ports) => clock, inject: [PORTS] },
  { provide: PROCESS_PORT, useFactory: ({ port }: Ports) => port, inject: [PORTS] },
  { provide: Log, useClass: NestLog },
  {
    provide: BUILT_IN,
    useFactory: (nest: NestContainer, { enabled }: ResolvedOptions) => {
      if (!enabled) return [];
      noticeEarlyWork(nest.moduleClasses());
      return BUILT_IN_INTEGRATIONS;
    },
    inject: [NestContainer, RESOLVED_OPTIONS],
  },
  {
    provide: FAREWELLS,
    useFactory:
      (options: ResolvedOptions, clock: Clock): Farewells =>
      (server) =>
        new Http2Sessions(server as Server, clock, goAwayWithinMs(options)),
    inject: [RESOLVED_OPTIONS, CLOCK],
  },
  {
    provide: GRPC_METHODS,
    useFactory: ({ grpcEndlessMethods, grpcFiniteMethods }: ResolvedOptions) =>
      new SaidOfMethods(grpcEndlessMethods, grpcFiniteMethods),
    inject: [RESOLVED_OPTIONS],
  },
  {
    provide: RESOLVED_OPTIONS,
    useFactory: (options: GracefulOptions, port: ProcessPort) => resolveOptions(options, port),
    inject: [MODULE_OPTIONS_TOKEN, PROCESS_PORT],
  },
  {
    provide: Probes,
    useFactory: (options: ResolvedOptions, clock: Clock, log: Log) =>
      new Probes(options.readinessOnShutdown, clock, (...change) => logCheckChange(log, ...change)),
    inject: [RESOLVED_OPTIONS, CLOCK, Log],
  },
  {
    // No wait for `app.close()` and for Ctrl-C: a developer's restart stays instant. And none after a fatal error, for what
    // is served then can't be trusted.
    provide: PhasePlan,
    useFactory: (options: ResolvedOptions, port: ProcessPort, sources: Sources) =>
      new PhasePlan(options, (reason) => !isAwaited(reason, port) && sources.serving),
    inject: [RESOLVED_OPTIONS, PROCESS_PORT, Sources],
  },
  { provide: ASKED_THROUGH, useValue: Graceful },
  {
    provide: OWN_SOURCES,
    useFactory: (...sources: Source[]) => sources,
    inject: [HttpSource, TrackedWork],
  },
  MarkedMethodExplorer,
  UnprovidedMarks,
  HttpSource,
  ProbeSetup,
  Quiescence,
  TrackedWork,
  Sources,
  SourceStatus,
  Buffers,
  {
    provide: WorkRegister,
    useFactory: (work: TrackedWork) => work.register,
    inject: [TrackedWork],
  },
  Setting,
  Life,
  ShutdownLog,
  Bootstrap,
  Discovery,
  OwnTasks,
  Evidence,
  Progress,
  LifeLog,
  Busy,
  WorkSignals,
  ReportDelivery,
  Sidecars,
  Departure,
  Rotation,
  Planner,
  BootAdvice,
  WarmUp,
  Lifecycle,
  {
    provide: PLAN_FOR_TOOLS,
    useFactory: (lifecycle: Lifecycle) => (stage: 'now' | 'before-init') =>
      stage === 'now' ? lifecycle.plan() : lifecycle.planBeforeInit(),
    inject: [Lifecycle],
  },
  Opening,
  { provide: BACKSTAGE, useClass: Backstage },
  Boot,
  Inert,
  InnerHooks,
  GracefulHealthIndicator,
  Graceful,
];

/** What `forRootAsync()` takes. */
export type GracefulAsyncOptions = Parameters<typeof ConfigurableModuleClass.forRootAsync>[0];

/**
 * Makes the application stop without dropping anything: `imports: [GracefulModule.forRoot()]` in AppModule.
 *
 * @publicApi
 */
@Module({
  imports: [DiscoveryModule, EdgeHooksModule],
  providers: [NestContainer],
})
export class GracefulModule extends ConfigurableModuleClass {
  /**
   * Every option has a default; most applications give none, some `gracePeriodMs`.
   *
   * @throws UnsupportedNestError at once; InvalidOptionError, UnknownOptionError, BudgetExceededError and
   *   DuplicateModuleError at boot
   */
  static forRoot(options: GracefulOptions = {}): DynamicModule {
    refuseOldNest(copyPath);
    return configured(super.forRoot(options));
  }

  /**
   * The same, with options from elsewhere: `useFactory`, `useClass` or `useExisting`, with `imports` and `inject`.
   *
   * @throws InvalidOptionError without one of the three, at once; and all that `forRoot()` throws
   */
  static forRootAsync(options: GracefulAsyncOptions): DynamicModule {
    refuseOldNest(copyPath);
    refuseNoFactory(options);
    return configured(super.forRootAsync(options));
  }

  constructor(
    nest: NestContainer,
    @Optional() @Inject(RESOLVED_OPTIONS) options?: unknown,
    @Optional() private readonly http?: HttpSource,
  ) {
    super();
    refuseOldNest(copyPath);
    const isModule = (metatype: unknown) => moduleCopyOf(metatype) !== undefined;
    const { count, importers, metatypes } = nest.registrationsOf(isModule);
    if (count > 1) {
      const copies = metatypes.flatMap((metatype) => moduleCopyOf(metatype) ?? []);
      throw new DuplicateModuleError(count, importers, copies);
    }
    if (options === undefined) throw new MissingForRootError();
    nest.placeFirst(GracefulModule);
    nest.placeLast(EdgeHooksModule);
  }

  /** Nest asks for middleware here, of which there is none, before any route is registered. */
  configure(): void {
    this.http?.beforeRoutes();
  }
}

markModule(GracefulModule, copyPath);

const injectables = { nest: DiscoveryModule, classes: [Graceful, GracefulHealthIndicator] };
announceInjectables(injectables);

function configured(module: DynamicModule): DynamicModule {
  // Who injects the class of another copy, such as a library with a version of its own, gets the one there is.
  const aliases = aliasesOf(injectables).map(([provide, useExisting]) => ({
    provide: provide as Type,
    useExisting,
  }));
  noticeEarlyWork();
  applicationDescribed();
  return {
    ...module,
    global: true,
    providers: [...(module.providers ?? []), ...providers, ...aliases],
    exports: [Graceful, GracefulHealthIndicator, ...aliases.map(({ provide }) => provide)],
  };
}

export type { GracefulOptionsFactory };
