import { Inject, Injectable } from '@nestjs/common';
import { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { shutdownMark } from '../decorators/shutdown.decorators.js';
import { phaseMarksAreUsed } from '../decorators/shutdown-phase.decorator.js';
import { ClosingConnections } from './connections.js';
import { checkEntries, checkLimit, orderEntries, orderingsIn, warnOfIdleMarks } from './checks.js';
import { findHookOwners, type HookOwner, type NestSide } from './hook-owners.js';
import { isSameSurvey, surveyHooks, type HookSurvey } from './hook-survey.js';
import { CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { CLOSE_STAGES, type OwnTask } from './close-stages.js';
import { watchLazyHooks } from './lazy-hooks.js';
import { TaskOrdering } from './order-tasks.js';
import { idleTasks, plannedPhase } from './planned-phases.js';
import { inOrder, type PlacedTask } from './placed-tasks.js';
import { PhasePlan } from './phase-plan.js';
import type { Line } from '../log/line.js';
import { Log } from '../log/log.js';
import { hooksLost } from '../log/order-lines.js';
import { NestContainer } from '../nest/nest-container.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import type { PhaseGraph } from '../engine/phase-graph.js';
import { createPlan, type ShutdownPlan } from '../report/plan.js';
import type { Shutdown } from '../engine/shutdown.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';

/** Nest's own teardown, whose hooks are taken over. */
interface NestTakenOver extends NestSide {
  tookOver(giveBack: () => void): void;
}

/** What there is, as of boot: lazily loaded modules come later, and take no part. */
interface Boot {
  readonly graph: ProviderGraph;
  readonly own: readonly OwnTask[];
  readonly nest: NestSide;
}

/** What was found at a look, and its order. */
interface Found {
  readonly boot: Boot;
  readonly survey: HookSurvey;
  readonly owners: readonly HookOwner[];
  readonly ordering: TaskOrdering;
  readonly warnings: readonly Line[];
}

/** Finds what there is to do at shutdown, puts it in order, and hands it to the engine when the time has come. */
@Injectable()
export class Planner {
  readonly connections: ClosingConnections;
  private readonly say = (line: Line): void => this.log.say(line);
  readonly graph: PhaseGraph;
  private readonly except = new Set<object>();
  /** The longest way through the phases, and the least time it needs, in milliseconds. */
  private readonly criticalPath: ShutdownPlan['criticalPath'];
  private boot?: Boot;
  private found?: Found;
  /** The engine has the tasks, so that nothing is looked for any more. */
  private isConducted = false;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly nest: NestContainer,
    private readonly explorer: MarkedMethodExplorer,
    @Inject(CLOCK) clock: Clock,
    { graph, criticalPath }: PhasePlan,
    private readonly log: Log,
  ) {
    this.connections = new ClosingConnections(clock, nest, log);
    this.graph = graph;
    this.criticalPath = criticalPath;
  }

  /** Objects whose hooks are not taken over: those of this package. */
  leaveOut(...objects: readonly object[]): void {
    for (const object of objects) this.except.add(object);
  }

  /**
   * Checks what the user has said of the order, so that a mistake fails the boot. Everything else waits until the order is
   * needed: an application of thousands of providers starts without it. To be called when all providers exist, and again
   * when they are initialised, for the hooks that came with that; `quietly` leaves the warnings for then.
   *
   * @throws UnknownPhaseError, UnknownOrderTargetError, OrderCycleError, InvalidOptionError, UnknownOptionError
   */
  prepare(ofThisPackage: readonly OwnTask[], nest: NestSide, quietly?: 'quietly'): void {
    this.boot = { graph: this.nest.graph(), own: this.withConnections(ofThisPackage), nest };
    if (!this.userHasSaidSomething) return;
    const { owners, warnings } = this.look(this.boot);
    const say = quietly ? () => undefined : this.say;
    for (const { task } of owners.flatMap((owner) => owner.tasks)) {
      checkLimit(task, this.graph, this.options, say);
    }
    if (quietly) return;
    warnings.forEach(this.say);
    warnOfIdleMarks(this.boot.graph, owners, this.say);
  }

  /**
   * Takes the hooks over and gives all tasks to the engine. Never throws: by now it would be too late. `own` is asked
   * when nothing was prepared, because the shutdown has not waited for the end of bootstrap.
   */
  conduct(shutdown: Shutdown, own: () => readonly OwnTask[], nest: NestTakenOver): void {
    for (const { task, after, strictly } of this.score(own, nest)) {
      shutdown.add(task, after, strictly);
    }
  }

  /**
   * How the application will stop; before its bootstrap is over, the phases only. `also` are tasks that the order knows
   * nothing of.
   */
  plan(also: readonly ShutdownTask[] = []): ShutdownPlan {
    const found = this.boot && this.lookAgain(this.boot);
    const order = found?.ordering.complete();
    const leftToNest = found?.owners.flatMap((owner) => owner.leftToNest) ?? [];
    const idle = idleTasks(found?.boot.own ?? [], leftToNest.length);
    return createPlan({
      version: 1,
      gracePeriodMs: this.options.gracePeriodMs,
      criticalPath: this.criticalPath,
      phases: this.graph.phases.map((phase) =>
        plannedPhase(phase, this.graph, { order, also, idle }),
      ),
      leftToNest,
    });
  }

  /** Warns of what came with a lazily loaded module: Nest calls no hooks there, and neither do we. */
  watchLazyModules(): void {
    watchLazyHooks(this.nest, {
      find: (graph) =>
        findHookOwners({
          graph,
          hooks: surveyHooks(graph, this.except),
          methods: this.explorer.explore(shutdownMark),
          orderOf: () => undefined,
          nest: { opened: true },
          rooms: this.connections,
        }),
      say: this.say,
    });
  }

  private get userHasSaidSomething(): boolean {
    return this.options.order.length > 0 || shutdownMark.isUsed || phaseMarksAreUsed();
  }

  /** What there is to do now; the same as before, unless objects have got other hooks since. */
  private look(boot: Boot): Found {
    const { graph, own, nest } = boot;
    const survey = surveyHooks(graph, this.except);
    const before = this.found;
    if (before?.boot.graph === graph && isSameSurvey(before.survey, survey)) {
      return before;
    }
    const entries = orderEntries(this.options);
    const owners = findHookOwners({
      graph,
      hooks: survey,
      methods: this.explorer.explore(shutdownMark),
      orderOf: orderingsIn(entries, graph),
      nest,
      rooms: this.connections,
    });
    const warnings: Line[] = [];
    const say = (line: Line) => warnings.push(line);
    checkEntries(entries, graph, owners, this.graph, say);
    const ordering = new TaskOrdering({ phases: this.graph, owners, graph, own, say });
    this.found = { boot, survey, owners, ordering, warnings };
    return this.found;
  }

  /** A hook that came after boot may make a circle with what the user has said: then it is left to Nest. */
  private lookAgain(boot: Boot): Found {
    if (this.isConducted && this.found) return this.found;
    try {
      return this.look(boot);
    } catch (error) {
      if (!this.found) throw error;
      return this.found;
    }
  }

  /** Those that run in `close` may be waited for before a connection is closed, and one ends when all of these are. */
  private withConnections(own: readonly OwnTask[]): OwnTask[] {
    const inRooms = own.map((one): OwnTask => {
      const { name, phase, run } = one.task;
      if (phase !== 'close') return one;
      const { connections } = this;
      const inTask = (context: TaskContext) =>
        one.isOfNest
          ? connections.inNestTask(name, context, () => run(context))
          : connections.inTask(name, context, () => run(context));
      return { ...one, task: { ...one.task, run: inTask } };
    });
    return [...inRooms, { task: this.connections.task(), stage: CLOSE_STAGES.connections }];
  }

  private score(own: () => readonly OwnTask[], nest: NestTakenOver): PlacedTask[] {
    try {
      if (!this.boot) this.prepare(own(), nest);
      const { owners, ordering, boot } = this.lookAgain(this.boot as Boot);
      const tasks = owners.flatMap((owner) => owner.tasks);
      const order = ordering.complete();
      nest.tookOver(() => tasks.forEach((owned) => owned.giveBack?.()));
      this.isConducted = true;
      return inOrder(owners, order, boot.own);
    } catch (error) {
      this.log.say(hooksLost(error));
      return own().map(({ task }) => ({ task }));
    }
  }
}
