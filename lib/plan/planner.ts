import { Inject, Injectable, Logger } from '@nestjs/common';
import { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { checkOrdering, checkTarget, resolveTarget } from '../decorators/ordering.js';
import { shutdownMark } from '../decorators/shutdown.decorators.js';
import { phaseMarkOf } from '../decorators/shutdown-phase.decorator.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { UnknownOrderTargetError } from '../errors/unknown-order-target.error.js';
import { UnknownPhaseError } from '../errors/unknown-phase.error.js';
import { ClosingConnections } from './connections.js';
import { findHookOwners, type HookOwner, type HookOrdering, type NestSide } from './hook-owners.js';
import { CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { CLOSE_STAGES, type OwnTask } from './close-stages.js';
import { orderTasks } from './order-tasks.js';
import { PhasePlan } from './phase-plan.js';
import { NestContainer } from '../nest/nest-container.js';
import { textOf, type ProviderGraph } from '../nest/provider-graph.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import type { PhaseGraph } from '../engine/phase-graph.js';
import type { Phase } from '../engine/phase.js';
import { createPlan, type PlannedPhase, type ShutdownPlan } from '../report/plan.js';
import type { Shutdown } from '../engine/shutdown.js';
import type { TaskOrder } from '../engine/task-order.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';

/** A task with those it comes after, and those of them that must really be over. */
interface PlacedTask {
  readonly task: ShutdownTask;
  readonly after?: readonly ShutdownTask[];
  readonly strictly?: ReadonlySet<ShutdownTask>;
}

/** Nest's own teardown, whose hooks are taken over. */
interface NestTakenOver extends NestSide {
  tookOver(giveBack: () => void): void;
}

/** What was found out at boot. */
interface Prepared {
  readonly owners: readonly HookOwner[];
  readonly order: TaskOrder;
  readonly own: readonly OwnTask[];
  readonly after: ReadonlyMap<ShutdownTask, readonly ShutdownTask[]>;
}

/** Finds what there is to do at shutdown, puts it in order, and hands it to the engine when the time has come. */
@Injectable()
export class Planner {
  readonly phases: readonly Phase[];
  private readonly logger = new Logger('Graceful');
  private readonly graph: PhaseGraph;
  private readonly except = new Set<object>();
  /** The longest way through the phases, and the least time it needs, in milliseconds. */
  private readonly criticalPath: ShutdownPlan['criticalPath'];
  private prepared?: Prepared;
  readonly connections: ClosingConnections;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    private readonly nest: NestContainer,
    private readonly explorer: MarkedMethodExplorer,
    @Inject(CLOCK) clock: Clock,
    { phases, graph, criticalPath }: PhasePlan,
  ) {
    const warn = (text: string) => this.logger.warn(text);
    this.connections = new ClosingConnections(clock, nest, warn);
    this.phases = phases;
    this.graph = graph;
    this.criticalPath = criticalPath;
  }

  /** Objects whose hooks are not taken over: those of this package. */
  leaveOut(...objects: readonly object[]): void {
    for (const object of objects) this.except.add(object);
  }

  /**
   * Finds and orders everything. To be called when all providers exist, and again when they are initialised, for the
   * hooks that came with that; `quietly` leaves the warnings for then.
   *
   * @throws UnknownPhaseError, UnknownOrderTargetError, OrderCycleError, InvalidOptionError, UnknownOptionError
   */
  prepare(ofThisPackage: readonly OwnTask[], nest: NestSide, quietly?: 'quietly'): void {
    const own = this.withConnections(ofThisPackage);
    const graph = this.nest.graph();
    const entries = this.orderEntries();
    const owners = findHookOwners({
      graph,
      methods: this.explorer.explore(shutdownMark),
      orderOf: orderingsIn(entries, graph),
      except: this.except,
      nest,
      rooms: this.connections,
    });
    const warn = (text: string) => quietly ?? this.logger.warn(text);
    this.checkEntries(entries, graph, owners, warn);
    const order = orderTasks({ phases: this.graph, owners, graph, own, warn });
    const tasks = [
      ...[...own, ...owners.flatMap((owner) => owner.tasks)].map(({ task }) => task),
      ...order.gates,
    ];
    // Now, and not when the shutdown begins: with a thousand hooks it takes some time.
    const after = new Map(tasks.map((task) => [task, order.predecessors(task)]));
    this.prepared = { owners, order, own, after };
    if (quietly) return;
    for (const owner of owners) for (const { task } of owner.tasks) this.warnIfTooLong(task);
    this.warnOfIdleMarks(graph, owners);
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
    const leftToNest = this.prepared ? this.leftToNest(this.prepared) : [];
    const idle = idleTasks(this.prepared?.own ?? [], leftToNest.length);
    return createPlan({
      version: 1,
      gracePeriodMs: this.options.gracePeriodMs,
      criticalPath: this.criticalPath,
      phases: this.graph.phases.map((phase) => this.plannedPhase(phase, also, idle)),
      leftToNest,
    });
  }

  /** Warns of what came with a lazily loaded module: Nest calls no hooks there, and neither do we. */
  watchLazyModules(): void {
    const known = new Set(this.nest.graph().objects());
    this.nest.onLazyModule(() => {
      const graph = this.nest.graph();
      const late = findHookOwners({
        graph,
        methods: this.explorer.explore(shutdownMark),
        orderOf: () => undefined,
        except: known,
        nest: { opened: true },
        rooms: this.connections,
      });
      for (const { object, tasks } of late) {
        known.add(object);
        for (const { task, hook } of tasks) {
          const what = hook ? 'Nest does not call its hook' : 'it is left out';
          this.logger.warn(
            `${task.name} is in a module that was loaded lazily (${task.site}): ${what} at shutdown. Import the module eagerly.`,
          );
        }
      }
    });
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
      if (!this.prepared) this.prepare(own(), nest);
      return this.inOrder(this.prepared as Prepared, nest);
    } catch (error) {
      this.logger.error(`Shutting down without the hooks of providers: ${String(error)}`);
      return own().map(({ task }) => ({ task }));
    }
  }

  private inOrder(prepared: Prepared, nest: NestTakenOver): PlacedTask[] {
    const { owners, own, after, order } = prepared;
    const ownedTasks = owners.flatMap((owner) => owner.tasks);
    const tasks = [...[...own, ...ownedTasks].map(({ task }) => task), ...order.gates];
    // Last, so that nothing can go wrong any more once a hook is no longer Nest's to call.
    const refused = new Set<ShutdownTask>();
    for (const { task, takeOver } of ownedTasks) if (takeOver && !takeOver()) refused.add(task);
    nest.tookOver(() => ownedTasks.forEach(({ giveBack }) => giveBack?.()));
    // Whoever waits for one that was refused waits for what that would have waited for.
    const waitsFor = (task: ShutdownTask): ShutdownTask[] =>
      (after.get(task) ?? []).flatMap((one) => (refused.has(one) ? waitsFor(one) : [one]));
    const left = this.leftToNest(prepared, refused).map((name): ShutdownTask => {
      return { name, phase: 'close', leftToNest: true, run: () => undefined };
    });
    const idle = idleTasks(own, left.length);
    return [
      ...tasks
        .filter((task) => !refused.has(task) && !idle.has(task))
        .map((task) => {
          return { task, after: [...new Set(waitsFor(task))], strictly: order.strictly(task) };
        }),
      ...left.map((task) => ({ task })),
    ];
  }

  private leftToNest(
    { owners }: Prepared,
    refused: ReadonlySet<ShutdownTask> = new Set(),
  ): string[] {
    return [
      ...owners.flatMap((owner) => owner.leftToNest),
      ...[...refused].map(({ name }) => name),
    ];
  }

  private plannedPhase(
    { name, timeoutMs, reserveMs, onTimeout }: Phase,
    also: readonly ShutdownTask[],
    idle: ReadonlySet<ShutdownTask>,
  ): PlannedPhase {
    const { order } = this.prepared ?? {};
    const ordered = order?.sorted(name).filter((task) => !idle.has(task) && !task.quiet) ?? [];
    const tasks = [...ordered, ...also.filter(({ phase }) => phase === name)];
    return {
      name,
      after: this.graph.directlyBefore(name),
      ...(Number.isFinite(timeoutMs) ? { timeoutMs } : {}),
      reserveMs,
      onTimeout,
      tasks: tasks.map((task) => ({
        name: task.name,
        ...(task.site === undefined ? {} : { site: task.site }),
        ...(task.timeoutMs === undefined ? {} : { timeoutMs: task.timeoutMs }),
        critical: task.critical ?? false,
        after: also.includes(task)
          ? []
          : (order?.comesAfter(task).map((earlier) => earlier.name) ?? []),
      })),
    };
  }

  /** The option `order`, each entry checked by itself. */
  private orderEntries(): OrderEntry[] {
    return this.options.order.map((entry, index) => {
      const place = `order[${index}]`;
      checkOrdering(place, entry, ENTRY_KEYS);
      checkTarget(`${place}.provider`, entry.provider);
      if (entry.phase !== undefined && typeof entry.phase !== 'string') {
        throw new InvalidOptionError(
          `${place}.phase`,
          'the name of a phase',
          entry.phase,
          'Pass one.',
        );
      }
      return { token: resolveTarget(entry.provider), ordering: { ...entry, place } };
    });
  }

  /** An entry for nothing is a mistake, or the rest of one that was changed. */
  private checkEntries(
    entries: readonly OrderEntry[],
    graph: ProviderGraph,
    owners: readonly HookOwner[],
    warn: (text: string) => void,
  ): void {
    for (const { token, ordering } of entries) {
      const { place, phase } = ordering;
      if (!graph.knows(token)) {
        const known = owners.flatMap((owner) => owner.tasks.map(({ task }) => task.name));
        throw new UnknownOrderTargetError(token, `${place}.provider`, known);
      }
      if (phase !== undefined && !this.graph.has(phase)) {
        throw new UnknownPhaseError(phase, place, this.graph.names);
      }
      if (owners.some(({ node }) => node.names.has(token))) continue;
      warn(
        `${place} orders ${textOf(token)}, which has nothing to do at shutdown; it has no effect.`,
      );
    }
  }

  /** `@ShutdownPhase()` of a class without hooks is most often a hook with a typing mistake. */
  private warnOfIdleMarks(graph: ProviderGraph, owners: readonly HookOwner[]): void {
    const busy = new Set(owners.map(({ object }) => object));
    for (const object of graph.objects()) {
      const mark = busy.has(object) ? undefined : phaseMarkOf(object);
      if (!mark) continue;
      this.logger.warn(
        `@ShutdownPhase() of ${graph.nodeOf(object)?.name} (${mark.site}) orders nothing: ` +
          `the class has neither a shutdown hook of Nest nor a decorated method.`,
      );
    }
  }

  /** A limit that can never be used is a wish that nobody fulfils. Not on a laptop, where the grace period is another. */
  private warnIfTooLong({ name, phase, timeoutMs, site }: ShutdownTask): void {
    const found = this.phases.find((one) => one.name === phase);
    const { gracePeriodMs, exitMarginMs, platform } = this.options;
    if (!found || timeoutMs === undefined || platform === 'none') return;
    const reserved = this.graph.reservedAfter(phase) + found.settleMs;
    const most = Math.min(found.timeoutMs, gracePeriodMs - exitMarginMs - reserved);
    if (timeoutMs <= most) return;
    this.logger.warn(
      `${name} (${site}) has timeoutMs ${timeoutMs}, but the phase '${phase}' never has more than ${Math.round(most)} ms. ` +
        `Lower it, or give the phase more time.`,
    );
  }
}

/** Those of our own that have nothing to do when no hook is left to Nest. */
function idleTasks(own: readonly OwnTask[], leftToNest: number): ReadonlySet<ShutdownTask> {
  const idle = leftToNest > 0 ? [] : own.filter(({ ifLeftToNest }) => ifLeftToNest);
  return new Set(idle.map(({ task }) => task));
}

/** An entry of the option `order`. */
interface OrderEntry {
  readonly token: unknown;
  readonly ordering: HookOrdering;
}

const ENTRY_KEYS = ['provider', 'phase', 'timeoutMs', 'critical', 'after', 'before'];

/** Says which entry is meant for an object. */
function orderingsIn(
  entries: readonly OrderEntry[],
  graph: ProviderGraph,
): (object: object) => HookOrdering | undefined {
  return (object) => {
    const names = graph.nodeOf(object)?.names;
    const [found, second] = entries.filter(({ token }) => names?.has(token));
    if (!second) return found?.ordering;
    throw new InvalidOptionError(
      `${second.ordering.place}.provider`,
      `another provider than that of ${found.ordering.place}`,
      textOf(second.token),
      'Make one entry of the two.',
    );
  };
}
