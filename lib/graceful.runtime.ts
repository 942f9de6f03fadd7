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
import { Bootstrap } from './graceful.bootstrap.js';
import { GracefulBuffers } from './graceful.buffers.js';
import { Circles } from './graceful.circles.js';
import { GracefulConductor, type OwnTask } from './graceful.conductor.js';
import { deferred } from './graceful.deferred.js';
import { GracefulEvents } from './graceful.events.js';
import { GracefulHttp } from './graceful.http.js';
import { GracefulLog } from './graceful.log.js';
import {
  CLOCK,
  MODULE_OPTIONS_TOKEN,
  PROCESS_PORT,
  RESOLVED_OPTIONS,
} from './graceful.module-definition.js';
import { GracefulProbes } from './graceful.probes.js';
import { Quiescence } from './graceful.quiescence.js';
import { GracefulReporter } from './graceful.reporter.js';
import { GracefulRotation } from './graceful.rotation.js';
import { GracefulSources } from './graceful.sources.js';
import { StopSignals } from './graceful.signals.js';
import { Supervisors } from './graceful.supervisors.js';
import { GracefulTail } from './graceful.tail.js';
import { Steps } from './graceful.steps.js';
import { NestTeardown, type TeardownOwner } from './graceful.teardown.js';
import { GracefulWork } from './graceful.work.js';
import { wrapClose, type Application, type ApplicationObserver } from './nest/application.js';
import type { LifeObserver } from './nest/life-signs.js';
import { NestContainer } from './nest/nest-container.js';
import type { GracefulOptions } from './options/graceful-options.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { ProcessPort, SignalListener } from './process/process-port.js';
import { sharedProcessOf, type SharedProcess } from './process/shared-process.js';
import { signalHubOf, type SignalHub, type SignalSubscriber } from './process/signal-hub.js';
import type { Clock } from './shutdown/clock.js';
import { describeReason, type FatalTrigger, type ShutdownReason } from './shutdown/reason.js';
import type { PropagationReport, ShutdownRecord, ShutdownReport } from './shutdown/report.js';
import { Shutdown } from './shutdown/shutdown.js';
import type { ShutdownTask, TaskContext } from './shutdown/task.js';
import { setImmediate } from './process/real-timers.js';
import { signalsHandedOn } from './process/signals-in-the-pipe.js';
import { followOwnWork, runAsOwnWork } from './work/own-work.js';

/**
 * The wait for the load balancers ends at its cap by itself, which is no failure. The phase's own limit comes after it,
 * so that the two timers do not race.
 */
const CAP_SLACK_MS = 20;

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
    LifeObserver,
    SignalSubscriber,
    TeardownOwner
{
  readonly events = new GracefulEvents();
  private readonly log = new GracefulLog();
  private readonly shutdown: Shutdown;
  private readonly teardown = new NestTeardown(this);
  private readonly hub: SignalHub;
  private readonly stopSignals: StopSignals;
  private readonly supervisors = new Supervisors();
  private readonly unsubscribes: Array<() => void> = [];
  private readonly bootstrap: Bootstrap;
  private readonly shared: SharedProcess;
  private readonly reported = deferred<ShutdownReport>();
  private readonly drainOver = deferred();
  private readonly abort = new AbortController();
  private application?: Application;
  private begun?: { reason: ShutdownReason; at: number };
  private initOfPart = false;
  private hasInit = false;
  private hasDiscovered = false;
  /** It has been told of at boot. */
  private hasBegun = false;
  /** Nest would run its hooks at a signal. */
  private hasHooks = false;
  private stopWatchingExit?: () => void;
  private readonly circles: Circles;
  private readonly steps = new Steps((error) => this.log.failed(error));
  private leaving = false;
  /** Nothing was initialised, nor about to be, when the end came. */
  private unborn = false;
  private wantedExitCode?: number;
  private propagation?: PropagationReport;

  report?: ShutdownReport;
  /** The class by which the application can call for its shutdown. */
  askedThrough?: unknown;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PROCESS_PORT) private readonly port: ProcessPort,
    private readonly nest: NestContainer,
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
    @Inject(MODULE_OPTIONS_TOKEN) given: GracefulOptions = {},
  ) {
    this.stopSignals = new StopSignals(options.signals, given.signals !== undefined);
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
          if (this.lives) {
            this.log.phaseStarted(phase, deadline - clock.now(), () => this.inFlight);
          }
          this.events.phaseStarted(phase, deadline);
        },
        phaseEnded: (report) => this.events.phaseEnded(report),
        phaseFailed: (_, error) => this.log.failed(error),
      },
      call: asTask,
    });
    conductor.leaveOut(this, tail);
    conductor.teardown = this.teardown;
    tail.onFirstInit = () => this.beforeInit();
    tail.onLastShutdown = () => this.teardown.lastHook();
    nest.observeApplication(this);
    nest.observeLife(this);
    this.bootstrap = new Bootstrap(clock, () => nest.isBeingCreated);
    sources.drained = () => (this.begun ? this.drainOver.promise : Promise.resolve());
    this.circles = new Circles(clock, () => this.countInFlight());
    this.shared = sharedProcessOf(port);
    this.hub = signalHubOf(port, clock);
    this.unsubscribes.push(
      this.hub.subscribe(this),
      ...this.listenToActions(),
      this.supervisors.listen(port, {
        stopFor: (detail, others) => this.stopFor(detail, others),
        close: () => void this.application?.close().catch(() => undefined), // in the report
        endsProcess: options.exitProcess,
      }),
    );
  }

  get signals(): readonly NodeJS.Signals[] {
    return this.stopSignals.current;
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

  created(): void {
    this.bootstrap.advance();
  }

  /** It will never be: no signal finds it any more. */
  creationFailed(): void {
    void this.initFailed();
  }

  hooksEnabled(): void {
    this.hasHooks = true;
  }

  initCalled(): void {
    this.bootstrap.initIsCalled();
  }

  /**
   * They serve now, and if `init()` is not what comes next, it may never come: then this is the life of the application.
   */
  microservicesStarted(application: Application): void {
    if (this.initOfPart) this.bootstrap.partIsOver();
    if (this.bootstrap.initialising || this.bootstrap.over || this.begun) return;
    this.follow(application);
    setImmediate(() => {
      if (!this.bootstrap.initialising && !this.begun) this.live();
    });
  }

  initStarting(application: Application): void {
    this.bootstrap.advance();
    this.initOfPart = this.http.isPart(application);
    if (!this.initOfPart) this.follow(application);
  }

  private follow(application: Application): void {
    if (this.application) return;
    this.application = application;
    this.teardown.follow(application);
    wrapClose(application, (close, signal) =>
      this.circles.answered(
        this.port.notFollowed(() => this.teardown.close(close, signal)),
        () => undefined,
      ),
    );
  }

  shutdownSignalsNamed(names: readonly string[]): void {
    this.stopSignals.name(names.filter((name) => !this.actionSignals.includes(name)));
    this.hub.signalsChanged(this);
  }

  shutdownListener(listener: SignalListener): (run: () => void) => void {
    this.hub.leads(listener);
    return (run) => this.port.notFollowed(run);
  }

  /** Whether it has come so far that anything can have been begun that has to be ended. */
  private get lives(): boolean {
    return this.application !== undefined;
  }

  /** Whether anything can call for the shutdown, and so await it while the shutdown waits for that. */
  private get follows(): boolean {
    return this.askedThrough !== undefined && this.nest.graph().isInjected(this.askedThrough);
  }

  /** The application will never be ready. Whoever holds it may still close it. */
  async initFailed(): Promise<void> {
    this.bootstrap.settle();
    if (this.begun) return;
    this.unsubscribe();
    this.work.deactivate();
    await this.probes.close();
  }

  /** The first of all `onModuleInit`: a wrong order fails here, before anything of the user's has begun. */
  private async beforeInit(): Promise<void> {
    if (this.hasInit) return; // the hooks of a part have been run before those of the whole
    this.hasInit = true;
    if (this.follows) followOwnWork();
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
    this.http.followsRequests = this.follows;
    this.http.attach(this.probes, () => this.teardown.enter());
    this.probes.bootstrapped();
    this.bootstrap.settle();
    if (!this.begun) this.live();
  }

  private live(): void {
    this.events.state = this.rotation.out ? 'draining' : 'ready';
    if (this.hasBegun) return;
    this.hasBegun = true;
    if (this.port.mainThread) this.log.ready(this.options);
    else this.log.workerThread();
    this.advice.nameListeners(this.othersOnSignals());
    if (this.options.logPlan) this.log.plan(this.conductor.plan(this.unorderedTasks()));
    this.http.whenListening(() => {
      this.advice.give(this.application, this.othersOnSignals());
      if (!this.begun) this.supervisors.ready(this.port);
    });
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

  /** A supervisor wants the end of the process, by another way than a signal. */
  private stopFor(detail: string, others: number): void {
    if (this.begun) return;
    void this.stop(detail);
    if (others > 0) this.hub.followOthers();
  }

  private othersOnSignals(): Map<NodeJS.Signals, SignalListener[]> {
    return new Map(this.signals.map((signal) => [signal, this.hub.othersOn(signal)]));
  }

  onRepeated(signal: NodeJS.Signals, endsNow: NodeJS.Signals): void {
    this.log.repeated(signal, endsNow);
  }

  onListenersCut(): void {
    this.log.listenersCut();
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
    return this.circles.answered(this.reported.promise, () => this.reportSoFar(reason));
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
    if (!this.application && this.reason?.kind === 'close') this.bootstrap.settle();
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
    this.supervisors.leaving();
    this.probes.stopping(publicReason(reason));
    this.rotation.stop();
    this.abort.abort(new ShuttingDownError(describeReason(reason)));
    void this.run(reason, this.begun.at);
  }

  /** Whatever fails in it, it comes to its end: the state, every promise and every listener depend on that. */
  private async run(reason: ShutdownReason, startedAt: number): Promise<void> {
    const { steps } = this;
    let unshield = (): void => undefined;
    steps.now(() => (unshield = this.shared.shieldOutput()));
    steps.now(() => this.watchExit());
    const totalMs = Math.max(0, this.graceFor(reason) - this.options.exitMarginMs);
    this.unborn = !this.lives && !this.bootstrap.underWay;
    steps.now(() => this.sayBegun(reason, totalMs));
    if (!this.bootstrap.over) await steps.wait(() => this.bootstrapEnds(totalMs));
    this.events.state = 'draining';
    this.addTasks(reason);
    const running = await steps.wait(() => this.shutdown.run(reason, startedAt, totalMs));
    steps.now(() => this.conductor.connections.disarm());
    // A short `app.close()` can be over in the turn in which it was called; a signal of that turn still ends the process.
    if (!this.exits) await steps.wait(signalsHandedOn);
    await this.finish(running ?? this.failedRecord(reason, startedAt));
    if (!this.leaving) unshield(); // else until the end: the last lines may still be on their way
  }

  private watchExit(): void {
    this.stopWatchingExit = this.shared.onExit((code, caller) =>
      this.log.exitedByOthers(code, caller, this.report ?? this.shutdown.snapshot()),
    );
  }

  /** One that was closed before it lived says nothing: it may have been made to read its configuration. */
  private sayBegun(reason: ShutdownReason, totalMs: number): void {
    if (this.unborn) return;
    const { underWay } = this.bootstrap;
    this.log.begun(reason, totalMs, underWay ? 'bootstrap is waited for' : this.inFlight);
  }

  private async bootstrapEnds(totalMs: number): Promise<void> {
    await this.bootstrap.ends(totalMs / 2); // the other half is for what there is to end
    if (this.bootstrap.underWay && !this.bootstrap.initialising) this.log.leftBootstrap();
  }

  private addTasks({ kind }: ShutdownReason): void {
    const { steps } = this;
    if (this.lives && !this.bootstrap.initialising) steps.now(() => this.onModuleInit());
    // Where nothing was initialised, hooks run when Nest itself would run them.
    const hooks = this.lives || kind === 'close' || this.hasHooks;
    const conduct = () => this.conductor.conduct(this.shutdown, () => this.ownTasks());
    if (!hooks || !steps.now(conduct)) {
      for (const { task } of this.ownTasks()) steps.now(() => this.shutdown.add(task));
    }
    for (const tasks of [() => this.sources.tasks(), () => this.buffers.tasks()]) {
      steps.now(() => tasks().forEach((task) => this.shutdown.add(task)));
    }
    if (this.exits) steps.now(() => this.buffers.watch());
  }

  private async finish(record: ShutdownRecord): Promise<void> {
    const { exits, steps } = this;
    const end = record.startedAt + this.graceFor(record.reason);
    const warn = (text: string) => this.log.warn(text);
    const whole = await steps.wait(() => this.buffers.handOver(record, end));
    const report = this.reportOf(whole ?? record);
    this.report = report;
    this.stopWatchingExit?.();
    await steps.wait(() => this.probes.close());
    steps.now(() => this.work.deactivate());
    if (!this.unborn || report.outcome === 'forced') {
      steps.now(() => this.log.over(report, this.options.logReport));
      await steps.wait(() => this.reporter.hand(report, end, warn));
    }
    await steps.wait(() => this.teardown.settle());
    steps.now(() => this.events.closed(report));
    await steps.wait(() => this.buffers.flush(end, warn));
    const leaveBy = end - this.options.exitMarginMs / 4;
    steps.now(() => this.end(exits, report.exitCode, this.buffers.lastStep(end), leaveBy));
    this.reported.resolve(report);
  }

  private reportOf(done: ShutdownRecord): ShutdownReport {
    const record: ShutdownRecord = this.steps.failed ? { ...done, outcome: 'forced' } : done;
    const exitCode = this.exits ? this.exitCodeOf(record) : undefined;
    return this.reporter.create(record, exitCode, this.propagation);
  }

  /** For who awaits the end of what waits for it. */
  private reportSoFar(reason: ShutdownReason): ShutdownReport {
    const { at, reason: first } = this.begun ?? { at: this.clock.now(), reason };
    const now = this.shutdown.snapshot() ?? this.failedRecord(first, at);
    return this.report ?? this.reporter.create(now, undefined, this.propagation);
  }

  /** What is left to say of a shutdown that could not even be run. */
  private failedRecord(reason: ShutdownReason, startedAt: number): ShutdownRecord {
    const durationMs = this.clock.now() - startedAt;
    const phases = this.shutdown.snapshot()?.phases ?? [];
    return {
      version: 1,
      reason,
      startedAt,
      durationMs,
      outcome: 'forced',
      phases,
      unfinished: [],
    };
  }

  /** Whatever has happened: nobody waits for this application any longer. */
  private end(
    exits: boolean,
    exitCode = this.options.exitCodeForced,
    lastStep?: () => Promise<void>,
    leaveBy?: number,
  ): void {
    this.leaving = exits;
    this.drainOver.resolve();
    if (exits) this.hub.finished(this, exitCode, lastStep, leaveBy);
    else this.supervisors.stays();
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
    const waitForQuiet = async ({ signal }: TaskContext) => {
      this.propagation = await this.waitForLoadBalancers(signal);
    };
    return [
      { task: { name: 'readiness', phase: 'announce', run: (context) => this.announce(context) } },
      { task: { name: 'load balancers', phase: 'propagate', run: waitForQuiet } },
      {
        task: {
          name: 'http',
          phase: 'drain',
          run: (context) =>
            this.quiescence.outside(
              http.finish(context, { hurry: this.isAwaited(context.reason) }),
            ),
        },
      },
      {
        task: { name: 'tracked work', phase: 'drain', run: (context) => this.work.finish(context) },
      },
      ...this.teardown.tasks(),
    ];
  }

  private async waitForLoadBalancers(signal: AbortSignal): Promise<PropagationReport> {
    const { balancers } = this.probes;
    const wait = await this.http.waitForQuiet(this.begun?.at ?? this.clock.now(), signal, {
      elsewhereAt: () => this.sources.lastArrival,
      knownBy: () => balancers.learnedBy(),
    });
    const { state } = balancers;
    return state.known === 0 ? wait : { ...wait, balancers: state };
  }

  private announce(context: TaskContext): void {
    if (this.bootstrap.initialising) {
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
    this.http.release();
    for (const undo of this.unsubscribes.splice(0)) undo();
  }

  private get inFlight(): string {
    let texts = ['what is in flight is not known'];
    this.steps.now(() => {
      const others = [...this.sources.inFlightText(), ...this.work.inFlightText()];
      texts = [this.http.inFlightText(), ...others];
    });
    return texts.join(', ');
  }

  private countInFlight(): number {
    let count = Infinity; // what can't be counted is still there
    this.steps.now(() => {
      count = this.http.inFlight + this.sources.inFlight + this.work.register.count;
    });
    return count;
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
    if (this.isAwaited(reason)) return false;
    return this.http.serving || this.sources.serving;
  }

  /** Whether somebody waits for the end: the code that has called `app.close()`, a person at the keyboard, or after an error. */
  private isAwaited(reason: ShutdownReason): boolean {
    if (reason.kind === 'close' || reason.kind === 'fatal') return true;
    return reason.kind === 'signal' && reason.signal === 'SIGINT' && this.port.interactive;
  }
}

/** Runs a task of the shutdown, which may itself call for the shutdown. */
function asTask(run: () => unknown): unknown {
  return runAsOwnWork('task', (end) => new Promise((settle) => settle(run())).finally(end));
}

/** What a probe may tell anybody: not what an error or the application's code says. */
function publicReason(reason: ShutdownReason): string {
  if (reason.kind === 'fatal') return reason.trigger;
  return reason.kind === 'request' ? 'shutdown()' : describeReason(reason);
}
