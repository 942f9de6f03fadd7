import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { MarkedMethodExplorer } from './discovery/marked-method.explorer.js';
import { ShuttingDownError } from './errors/shutting-down.error.js';
import { GracefulAdvice } from './graceful.advice.js';
import { GracefulBuffers } from './graceful.buffers.js';
import { GracefulConductor, type OwnTask } from './graceful.conductor.js';
import { deferred, within } from './graceful.deferred.js';
import { GracefulEvents } from './graceful.events.js';
import { GracefulHttp } from './graceful.http.js';
import { GracefulLog } from './graceful.log.js';
import { CLOCK, PROCESS_PORT, RESOLVED_OPTIONS } from './graceful.module-definition.js';
import { GracefulProbes } from './graceful.probes.js';
import { Quiescence } from './graceful.quiescence.js';
import { GracefulReporter } from './graceful.reporter.js';
import { GracefulRotation } from './graceful.rotation.js';
import { GracefulSources } from './graceful.sources.js';
import { GracefulTail } from './graceful.tail.js';
import { NestTeardown, type TeardownOwner } from './graceful.teardown.js';
import { GracefulWork } from './graceful.work.js';
import { wrapClose, type Application, type ApplicationObserver } from './nest/application.js';
import { NestContainer } from './nest/nest-container.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { ProcessPort } from './process/process-port.js';
import { signalHubOf, type SignalHub, type SignalSubscriber } from './process/signal-hub.js';
import type { Clock } from './shutdown/clock.js';
import { describeReason, type FatalTrigger, type ShutdownReason } from './shutdown/reason.js';
import type { ShutdownRecord, ShutdownReport } from './shutdown/report.js';
import { Shutdown } from './shutdown/shutdown.js';
import type { ShutdownTask, TaskContext } from './shutdown/task.js';

/**
 * The wait for the load balancers ends at its cap by itself, which is no failure. The phase's own limit comes after it,
 * so that the two timers do not race.
 */
const CAP_SLACK_MS = 20;

/** Microservices that listen before the application is initialised: its `listen()` comes soon, or never. */
const INIT_COMES_WITHIN_MS = 1_000;

/** What a bootstrap that hangs leaves to the drain, which may have nothing to do, but must have the time to find out. */
const DRAIN_AT_LEAST_MS = 100;

/**
 * One application's life and shutdown.
 *
 * ```
 * T0     a signal, a request, a fatal error, or Nest's own teardown comes to the door       begin()
 *        bootstrap, if it still goes on, is waited for
 *        announce, propagate, drain, flush, and phases of the user      Nest is held at the door
 * close  the hooks of all providers, dependents first; the door opens for what is Nest's own
 * end    report; the process exits, unless it was app.close()                               finish()
 * ```
 */
@Injectable()
export class GracefulRuntime
  implements
    OnModuleInit,
    OnApplicationBootstrap,
    OnModuleDestroy,
    OnApplicationShutdown,
    ApplicationObserver,
    SignalSubscriber,
    TeardownOwner
{
  readonly events = new GracefulEvents();
  private readonly log = new GracefulLog();
  private readonly shutdown: Shutdown;
  private readonly teardown = new NestTeardown(this);
  private readonly hub: SignalHub;
  private readonly unsubscribes: Array<() => void> = [];
  private readonly initBegun = deferred();
  private readonly bootstrapSettled = deferred();
  private readonly reported = deferred<ShutdownReport>();
  private readonly drainOver = deferred();
  private readonly abort = new AbortController();
  private application?: Application;
  private begun?: { reason: ShutdownReason; at: number };
  private initOfPart = false;
  private hasInit = false;
  private hasDiscovered = false;
  private bootstrapOver = false;
  private stopWatchingExit?: () => void;
  private leaving = false;
  private wantedExitCode?: number;

  report?: ShutdownReport;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PROCESS_PORT) private readonly port: ProcessPort,
    nest: NestContainer,
    private readonly explorer: MarkedMethodExplorer,
    private readonly http: GracefulHttp,
    private readonly probes: GracefulProbes,
    private readonly work: GracefulWork,
    private readonly sources: GracefulSources,
    private readonly buffers: GracefulBuffers,
    private readonly quiescence: Quiescence,
    private readonly rotation: GracefulRotation,
    private readonly conductor: GracefulConductor,
    private readonly reporter: GracefulReporter,
    private readonly advice: GracefulAdvice,
    tail: GracefulTail,
  ) {
    this.shutdown = new Shutdown({
      phases: conductor.phases.map((phase) =>
        phase.name === 'propagate'
          ? {
              ...phase,
              timeoutMs: phase.timeoutMs + CAP_SLACK_MS,
              enabled: (reason) => this.waitsFor(reason),
            }
          : phase,
      ),
      clock,
      totalMs: options.gracePeriodMs - options.exitMarginMs,
      observer: {
        phaseStarted: (phase, deadline) => {
          if (phase === 'close') this.closing(deadline);
          this.log.phaseStarted(phase, deadline - clock.now(), () => this.inFlight);
          this.events.phaseStarted(phase, deadline);
        },
        phaseEnded: (report) => this.events.phaseEnded(report),
      },
    });
    conductor.leaveOut(this, tail);
    conductor.teardown = this.teardown;
    tail.onFirstInit = () => this.beforeInit();
    tail.onLastShutdown = () => this.teardown.lastHook();
    nest.observeApplication(this);
    sources.drained = () => (this.begun ? this.drainOver.promise : Promise.resolve());
    this.hub = signalHubOf(port, clock);
    this.unsubscribes.push(this.hub.subscribe(this), ...this.listenToActions());
  }

  get signals(): readonly NodeJS.Signals[] {
    return this.options.signals;
  }

  get actionSignals(): readonly string[] {
    const { drainSignal, resumeSignal } = this.options;
    return [drainSignal, resumeSignal].filter((signal) => signal !== false);
  }

  get catchesFatalErrors(): boolean {
    return this.options.shutdownOnFatalError;
  }

  get reason(): ShutdownReason | undefined {
    return this.begun?.reason;
  }

  /** Aborts when the shutdown begins. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  // -- bootstrap -------------------------------------------------------------------------------------------------

  initStarting(application: Application): void {
    this.initOfPart = this.http.isPart(application);
    if (this.initOfPart || this.application) return;
    this.application = application;
    this.teardown.follow(application);
    wrapClose(application, (close, signal) => this.teardown.close(close, signal));
  }

  /** The application will never be ready. Whoever holds it may still close it. */
  async initFailed(): Promise<void> {
    this.settleBootstrap();
    if (this.begun) return;
    this.unsubscribe();
    await this.probes.close();
  }

  /** The first of all `onModuleInit`: a wrong order fails here, before anything of the user's has begun. */
  private async beforeInit(): Promise<void> {
    if (!this.initOfPart) this.initBegun.resolve();
    if (this.hasInit) return; // the hooks of a part have been run before those of the whole
    this.hasInit = true;
    if (!this.shutdown.reason) {
      this.sources.discoverEarly();
      this.conductor.prepare(this.ownTasks(), 'quietly');
    }
    await this.probes.open();
  }

  /** The last of all `onModuleInit`: everything the user has is there, and nothing serves yet. */
  onModuleInit(): void {
    if (this.shutdown.reason) return; // bootstrap took longer than a shutdown can wait for it
    if (this.hasDiscovered) return;
    this.hasDiscovered = true;
    this.work.discover();
    this.sources.discover();
    this.probes.discover(this.explorer);
  }

  /** The last of all `onApplicationBootstrap`; libraries have put their hooks onto their objects by now. */
  onApplicationBootstrap(): void {
    if (this.initOfPart) return;
    if (!this.shutdown.reason) {
      this.conductor.prepare(this.ownTasks());
      this.conductor.watchLazyModules();
    }
    this.http.attach(this.probes, () => this.teardown.enter());
    this.probes.bootstrapped();
    this.settleBootstrap();
    if (this.begun) return;
    this.events.state = this.rotation.out ? 'draining' : 'ready';
    this.log.ready(this.options);
    if (this.options.logPlan) this.log.plan(this.conductor.plan(this.unorderedTasks()));
    this.http.whenListening(() => this.advice.give(this.application));
  }

  private settleBootstrap(): void {
    this.bootstrapOver = true;
    this.bootstrapSettled.resolve();
  }

  // -- out of rotation and back ----------------------------------------------------------------------------------

  async drain(timeoutMs?: number): Promise<boolean> {
    if (this.begun) return false;
    const done = this.rotation.leave(timeoutMs);
    if (this.events.state === 'ready') this.events.state = 'draining';
    return done;
  }

  resume(): boolean {
    if (this.begun) return false;
    this.rotation.enter();
    if (this.events.state === 'draining') this.events.state = 'ready';
    return true;
  }

  private listenToActions(): Array<() => void> {
    const { drainSignal, resumeSignal } = this.options;
    const leave = (signal: string) => {
      this.log.drained(signal);
      void this.drain();
    };
    const enter = (signal: string) => {
      this.log.resumed(signal);
      this.resume();
    };
    const listen = (signal: NodeJS.Signals | false, action: (signal: string) => void) =>
      signal === false
        ? []
        : [this.hub.subscribeAction(signal, () => !this.begun && action(signal))];
    if (drainSignal === resumeSignal) {
      return listen(drainSignal, (signal) => (this.rotation.out ? enter : leave)(signal));
    }
    return [...listen(drainSignal, leave), ...listen(resumeSignal, enter)];
  }

  // -- what ends it ----------------------------------------------------------------------------------------------

  onSignal(signal: NodeJS.Signals): void {
    this.begin({ kind: 'signal', signal });
  }

  onRequest(reason: ShutdownReason): void {
    this.begin(reason);
  }

  onFatalError(trigger: FatalTrigger, error: unknown, further: boolean): void {
    this.log.fatalError(trigger, error, further);
  }

  onForced(signal: NodeJS.Signals): void {
    this.stopWatchingExit?.();
    this.log.forced(signal, this.shutdown.snapshot());
  }

  /** The application itself wants its end. */
  stop(detail: string, exitCode?: number): Promise<ShutdownReport> {
    const reason: ShutdownReason = { kind: 'request', detail };
    if (!this.begun) this.wantedExitCode = exitCode;
    if (!this.begun && this.options.exitProcess) this.hub.request(this, reason);
    this.begin(reason);
    return this.reported.promise;
  }

  /** The first of all `onModuleDestroy`: Nest's teardown waits here until nothing is in flight any more. */
  onModuleDestroy(): Promise<void> {
    return this.teardown.firstHook();
  }

  /** The first of all `onApplicationShutdown`: Nest has closed its servers, gateways and clients. */
  onApplicationShutdown(): void {
    this.teardown.disposed();
  }

  nestHasCome(): void {
    this.begin({ kind: 'close' });
    // Closed without ever having been initialised: there is no bootstrap to wait for.
    if (!this.application && this.reason?.kind === 'close') this.settleBootstrap();
  }

  serversClosed(context: TaskContext): void {
    this.http.destroyLeftovers(context);
  }

  isLeaving(): boolean {
    return this.leaving;
  }

  // -- shutdown --------------------------------------------------------------------------------------------------

  private begin(reason: ShutdownReason): void {
    if (this.begun) return;
    this.begun = { reason, at: this.clock.now() };
    this.events.reason = reason;
    this.probes.stopping(publicReason(reason));
    this.rotation.stop();
    this.abort.abort(new ShuttingDownError(describeReason(reason)));
    this.run(reason, this.begun.at).catch((error: unknown) => {
      this.log.failed(error);
      this.end(this.exits, this.options.exitCodeForced);
    });
  }

  private async run(reason: ShutdownReason, startedAt: number): Promise<void> {
    const unshield = this.port.shieldOutput();
    this.stopWatchingExit = this.port.onExit((code) =>
      this.log.exitedByOthers(code, this.report ?? this.shutdown.snapshot()),
    );
    const totalMs = Math.max(0, this.graceFor(reason) - this.options.exitMarginMs);
    this.log.begun(reason, totalMs, this.bootstrapOver ? this.inFlight : 'bootstrap is waited for');
    if (!this.bootstrapOver) {
      const keptMs = Math.min(this.conductor.reservedMs + DRAIN_AT_LEAST_MS, totalMs / 2);
      await this.bootstrapEnds(totalMs - keptMs);
    }
    this.events.state = 'draining';
    this.conductor.conduct(this.shutdown, () => this.ownTasks());
    for (const task of this.unorderedTasks()) this.shutdown.add(task);
    if (this.exits) this.buffers.watch();
    const record = await this.shutdown.run(reason, startedAt, totalMs);
    this.conductor.connections.disarm();
    this.stopWatchingExit();
    await this.finish(record);
    if (!this.leaving) unshield(); // else until the end: the last lines may still be on their way
  }

  private async bootstrapEnds(limitMs: number): Promise<void> {
    const startedAt = this.clock.now();
    if (this.sources.hasServers) {
      const soonMs = Math.min(INIT_COMES_WITHIN_MS, limitMs);
      const comes = await within(soonMs, this.initBegun.promise, this.clock);
      if (!comes) return this.settleBootstrap();
    }
    const leftMs = limitMs - (this.clock.now() - startedAt);
    await within(leftMs, this.bootstrapSettled.promise, this.clock);
  }

  private async finish(record: ShutdownRecord): Promise<void> {
    const { exits } = this;
    const report = this.reporter.create(record, exits ? this.exitCodeOf(record) : undefined);
    this.report = report;
    await this.probes.close();
    this.work.deactivate();
    this.log.over(report, this.options.logReport);
    const end = record.startedAt + this.graceFor(record.reason);
    const warn = (text: string) => this.log.warn(text);
    await this.reporter.hand(report, end, warn);
    await this.teardown.settle();
    this.events.closed(report);
    await this.buffers.flush(end, warn);
    this.end(exits, report.exitCode, this.buffers.lastStep(end));
    this.reported.resolve(report);
  }

  /** Whatever has happened: nobody waits for this application any longer. */
  private end(exits: boolean, exitCode: number | undefined, lastStep?: () => Promise<void>): void {
    this.leaving = exits;
    this.drainOver.resolve();
    if (exits) this.hub.finished(this, exitCode, lastStep);
    this.unsubscribe();
    this.teardown.finish();
  }

  /** Whether the process ends with this shutdown. */
  private get exits(): boolean {
    return this.options.exitProcess && this.hub.awaits(this);
  }

  /** What has no order, and is there or not. */
  unorderedTasks(): ShutdownTask[] {
    return [...this.sources.tasks(), ...this.buffers.tasks()];
  }

  /** The tasks of this package. */
  private ownTasks(): OwnTask[] {
    const { http } = this;
    const waitForQuiet = ({ signal }: TaskContext) =>
      http.waitForQuiet(this.begun?.at ?? this.clock.now(), signal, () => this.sources.lastArrival);
    return [
      { task: { name: 'readiness', phase: 'announce', run: (context) => this.announce(context) } },
      { task: { name: 'load balancers', phase: 'propagate', run: waitForQuiet } },
      {
        task: {
          name: 'http',
          phase: 'drain',
          run: (context) => this.quiescence.outside(http.finish(context)),
        },
      },
      {
        task: { name: 'tracked work', phase: 'drain', run: (context) => this.work.finish(context) },
      },
      ...this.teardown.tasks(),
    ];
  }

  private announce(context: TaskContext): void {
    if (!this.bootstrapOver) {
      const ageMs = this.clock.now() - (this.begun?.at ?? this.clock.now());
      context.unfinished({ kind: 'hook', name: 'bootstrap', ageMs, fate: 'abandoned' });
    }
    this.http.announce();
  }

  private closing(deadline: number): void {
    this.events.state = 'closing';
    this.drainOver.resolve();
    this.conductor.connections.arm(deadline);
  }

  private unsubscribe(): void {
    for (const undo of this.unsubscribes.splice(0)) undo();
  }

  private get inFlight(): string {
    const texts = [...this.sources.inFlightText(), ...this.work.inFlightText()];
    return [this.http.inFlightText(), ...texts].join(', ');
  }

  private graceFor({ kind }: ShutdownReason): number {
    const { gracePeriodMs, fatalGracePeriodMs } = this.options;
    return kind === 'fatal' ? fatalGracePeriodMs : gracePeriodMs;
  }

  private exitCodeOf({ reason, outcome }: ShutdownRecord): number {
    const { exitCodeClean, exitCodeForced, exitCodeFatal } = this.options;
    if (reason.kind === 'fatal') return exitCodeFatal;
    return this.wantedExitCode ?? (outcome === 'clean' ? exitCodeClean : exitCodeForced);
  }

  /**
   * No wait for `app.close()` and for Ctrl-C: a developer's restart stays instant. And none after a fatal error, for what
   * is served then can't be trusted.
   */
  private waitsFor(reason: ShutdownReason): boolean {
    if (this.options.propagationCapMs === 0) return false;
    if (reason.kind === 'close' || reason.kind === 'fatal') return false;
    const atTheKeyboard = reason.kind === 'signal' && reason.signal === 'SIGINT';
    if (atTheKeyboard && this.port.interactive) return false;
    return this.http.listening || this.sources.serving;
  }
}

/** What a probe may tell anybody: not what an error or the application's code says. */
function publicReason(reason: ShutdownReason): string {
  if (reason.kind === 'fatal') return reason.trigger;
  return reason.kind === 'request' ? 'shutdown()' : describeReason(reason);
}
