import { Injectable } from '@nestjs/common';
import { safeReason, type ShutdownReason } from '../engine/reason.js';
import type { ShutdownRecord, ShutdownReport } from '../engine/record.js';
import { Shutdown } from '../engine/shutdown.js';
import { AWAITS_HOOKS, wrapClose, type Application } from '../nest/application.js';
import { closingOptionsOf } from '../nest/closing-options.js';
import { Planner } from '../plan/planner.js';
import { isAwaited } from '../process/awaited.js';
import { runTask } from '../process/own-work.js';
import { awaitedBy } from '../process/unfollowed-work.js';
import { signalsHandedOn } from '../process/signals-in-the-pipe.js';
import type { ShutdownPlan } from '../report/plan.js';
import { isWaitedFor, stepAsideOf } from '../sources/in-flight.js';
import { Sources } from '../sources/sources.js';
import { AwaitedPromise } from '../time/awaited-promise.js';
import { deferred } from '../time/waits.js';
import { Bootstrap } from './bootstrap.js';
import { Circles, type Circle } from './circles.js';
import { Departure } from './departure.js';
import { Discovery } from './discovery.js';
import { Life } from './life.js';
import { NestClose, type NestCloseOwner } from './nest-close.js';
import { OwnTasks } from './own-tasks.js';
import { PhaseWatch } from './phase-watch.js';
import { ProcessTies, type TiedApplication } from './process-ties.js';
import { Setting } from './setting.js';
import { ShutdownLog } from './shutdown-log.js';
import { Steps } from './steps.js';

/**
 * The shutdown of one application.
 *
 * ```
 * T0     a signal, a request, a fatal error, or Nest's own teardown comes to the door       begin()
 *        bootstrap, if it still goes on, is waited for
 *        announce, propagate, drain, flush, and phases of the user      Nest is held at the door
 * close  the hooks of all providers, dependents first; the door opens for what is Nest's own
 * end    report; the process exits, unless it was app.close()                               Departure
 * ```
 */
@Injectable()
export class Lifecycle implements NestCloseOwner, TiedApplication {
  readonly ties: ProcessTies;
  readonly nestClose: NestClose;
  private readonly shutdown: Shutdown;
  private readonly circles: Circles;
  private readonly steps: Steps;
  readonly watch: PhaseWatch;
  private readonly reported = deferred<ShutdownReport>();
  private wantedExitCode?: number;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly log: ShutdownLog,
    private readonly bootstrap: Bootstrap,
    private readonly discovery: Discovery,
    private readonly sources: Sources,
    private readonly planner: Planner,
    private readonly ownTasks: OwnTasks,
    private readonly departure: Departure,
  ) {
    const { clock, options } = setting;
    this.steps = new Steps((error) => log.failed(error));
    const { connections } = planner;
    this.watch = new PhaseWatch(life, log, clock, bootstrap, sources, connections, this.steps);
    this.shutdown = new Shutdown({
      phases: planner.graph,
      clock,
      totalMs: options.gracePeriodMs - options.exitMarginMs,
      observer: this.watch,
      call: runTask,
    });
    connections.leaveOut(this, setting, life, log, bootstrap, discovery, sources, planner);
    connections.leaveOut(ownTasks, departure);
    this.circles = new Circles(clock);
    this.nestClose = new NestClose(this, sources);
    this.ties = new ProcessTies(setting, life, log, this);
  }

  /** Finds and orders what there is to do; `quietly` leaves the warnings for the second time. */
  prepare(quietly?: 'quietly'): void {
    this.planner.prepare(this.ownTasks.ordered(this.nestClose), this.nestClose, quietly);
    if (!quietly) this.planner.watchLazyModules();
  }

  plan(): ShutdownPlan {
    return this.planner.plan({
      also: this.ownTasks.unordered(),
      parts: this.discovery.found(),
      complete: this.bootstrap.over,
    });
  }

  /** The plan of an application whose init hooks are not going to be run: for tools, which then throw it away. */
  planBeforeInit(): ShutdownPlan {
    this.discovery.all();
    this.prepare('quietly');
    return this.plan();
  }

  /** This is the application, and its `close()` comes through here. */
  follow(application: Application): void {
    if (!this.bootstrap.belongsTo(application)) return;
    this.nestClose.follow(application);
    wrapClose(application, (close, signal) => {
      const inHook = this.bootstrap.initialising && awaitedBy(AWAITS_HOOKS) > 0;
      const end = this.setting.port.notFollowed(() => this.nestClose.close(close, signal));
      // A hook of the bootstrap that awaits it: the bootstrap goes no further before this is over.
      if (inHook) return AwaitedPromise.of(end, () => this.bootstrap.settle());
      return this.circles.answered(end, () => undefined, this.circle);
    });
  }

  // -- what ends it ----------------------------------------------------------------------------------------------

  /** The application itself wants its end. */
  stop(detail: string, exitCode?: number): Promise<ShutdownReport> {
    const reason: ShutdownReason = { kind: 'request', detail };
    if (!this.life.begun) {
      this.wantedExitCode = exitCode;
      this.ties.request(reason);
    }
    this.begin(reason);
    const early = () => this.departure.reportSoFar(this.recordOf(reason));
    // At the end the process exits, and what follows the call would be cut: it has its time in the drain.
    const aside = this.ties.exits ? undefined : this.circle.aside;
    return this.circles.answered(this.reported.promise, early, { ...this.circle, aside });
  }

  nestHasCome(): void {
    this.begin({ kind: 'close' });
    // Closed without ever having been initialised: there is no bootstrap to wait for.
    if (!this.bootstrap.application && this.life.begun?.reason.kind === 'close') {
      this.bootstrap.settle();
    }
  }

  closeForHost(): void {
    this.bootstrap.application?.close().catch(() => undefined); // in the report
  }

  begin(given: ShutdownReason): void {
    if (this.life.begun) return;
    const reason = safeReason(given);
    const at = this.setting.clock.now();
    this.steps.now(() => this.life.begin(reason, at));
    this.ties.shutdownBegins(this.setting.graceFor(reason));
    this.sources.drainBegins(isAwaited(reason, this.setting.port));
    this.life.tell(reason);
    void this.run(reason, at);
  }

  /** Whether the shutdown runs its tasks; one that has begun may still wait for the bootstrap. */
  get runs(): boolean {
    return this.shutdown.reason !== undefined;
  }

  /** The application will never be: no signal finds it any more. */
  forget(): void {
    this.sources.forget();
    this.life.release();
  }

  soFar(): ShutdownRecord | undefined {
    return this.life.report ?? this.shutdown.snapshot();
  }

  // -- shutdown --------------------------------------------------------------------------------------------------

  /** Whatever fails in it, it comes to its end: the state, every promise and every listener depend on that. */
  private async run(reason: ShutdownReason, startedAt: number): Promise<void> {
    const { bootstrap, life, steps, ties } = this;
    const totalMs = this.setting.budgetFor(reason);
    steps.now(() => ties.guard());
    const unborn = !bootstrap.application && !bootstrap.underWay;
    if (!unborn) {
      const inFlight = bootstrap.underWay ? 'bootstrap is waited for' : this.watch.inFlight();
      this.log.begun(reason, totalMs, inFlight);
    }
    if (!bootstrap.over) await steps.wait(() => this.bootstrapEnds(totalMs));
    steps.now(() => life.drain());
    this.addTasks(reason);
    const record = await steps.wait(() => this.shutdown.run(reason, startedAt, totalMs));
    steps.now(() => this.planner.connections.disarm());
    // A short `app.close()` can be over in the turn in which it was called; a signal of that turn still ends the process.
    if (!ties.exits) await steps.wait(signalsHandedOn);
    const report = await this.departure.leave({
      record: record ?? this.recordOf(reason),
      wantedExitCode: this.wantedExitCode,
      unborn,
      ties,
      nestClose: this.nestClose,
      steps,
    });
    this.reported.resolve(report);
  }

  private async bootstrapEnds(totalMs: number): Promise<void> {
    await this.bootstrap.ends(totalMs / 2); // the other half is for what there is to end
    if (this.bootstrap.underWay && !this.bootstrap.initialising) this.log.leftBootstrap();
  }

  private addTasks({ kind }: ShutdownReason): void {
    const { bootstrap, nestClose, ownTasks, shutdown, steps } = this;
    const lives = bootstrap.application !== undefined;
    if (lives && !bootstrap.initialising) steps.now(() => this.discovery.all());
    const own = () => ownTasks.ordered(nestClose);
    // Where nothing was initialised, hooks run when Nest itself would run them.
    const hooks = lives || kind === 'close' || bootstrap.hooksEnabled;
    if (!hooks || !steps.now(() => this.planner.conduct(shutdown, own, nestClose))) {
      for (const { task } of own()) steps.now(() => shutdown.add(task));
    }
    ownTasks.addUnordered(shutdown, steps);
    steps.now(() => this.departure.begins(this.ties.exits));
  }

  /** What there is to say of a shutdown that is not over, or could not even be run. */
  private recordOf(reason: ShutdownReason): ShutdownRecord {
    const now = this.setting.clock.now();
    const { at: startedAt, reason: first } = this.life.begun ?? { at: now, reason };
    return (
      this.shutdown.snapshot() ?? {
        version: 2,
        reason: first,
        startedAt,
        durationMs: now - startedAt,
        outcome: 'forced',
        phases: [],
        unfinished: [],
      }
    );
  }

  /** Nest closes its server without waiting for requests, so that one which awaits the end comes to it. */
  private get isForced(): boolean {
    const { application } = this.bootstrap;
    return !!application && closingOptionsOf(application, undefined).forceCloseConnections;
  }

  /** What a call for the end is answered for that comes from what the end waits for. */
  private get circle(): Circle {
    return {
      mayEnd: () => this.watch.takesNothing,
      aside: {
        of: (piece) => stepAsideOf(this.sources.all, piece),
        isDrained: () => this.watch.isDrained,
        isWaitedFor: (piece) => !this.isForced && isWaitedFor(this.sources.all, piece),
      },
      inFlight: () => {
        let all: object[] = [this]; // what can't be listed is still there
        this.steps.now(() => {
          all = this.sources.inFlight();
        });
        return all;
      },
    };
  }
}
