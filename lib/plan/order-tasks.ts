import { resolveTarget } from '../decorators/ordering.js';
import { UnknownOrderTargetError } from '../errors/unknown-order-target.error.js';
import { UnknownPhaseError } from '../errors/unknown-phase.error.js';
import { CLOSE_STAGES } from './close-stages.js';
import type { HookOwner, PlacedOrdering } from './hook-owners.js';
import { ProviderPreferences } from './preferences.js';
import type { Line } from '../log/line.js';
import { orderWithoutEffect } from '../log/order-lines.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import { textOf } from '../nest/provider-node.js';
import type { OrderTarget } from '../engine/order-target.js';
import type { PhaseGraph } from '../engine/phase-graph.js';
import { TaskOrder } from '../engine/task-order.js';
import type { ShutdownTask } from '../engine/task.js';

/** In these everything begins at once: work ends everywhere at the same time, and waits for nobody's turn. */
const UNORDERED_PHASES = new Set(['announce', 'propagate', 'drain']);

/** What tasks are ordered by. */
export interface OrderSources {
  readonly phases: PhaseGraph;
  readonly owners: readonly HookOwner[];
  readonly graph: ProviderGraph;
  /** The tasks of this package, with the stage in `close` of those that have one. */
  readonly own: ReadonlyArray<{ readonly task: ShutdownTask; readonly stage?: number }>;
  readonly say: (line: Line) => void;
}

/**
 * Orders all tasks. By priority: the hooks of one object keep Nest's order; `before` and `after` of the user; decorated
 * methods come before their object's last hook; in `close` Nest's stages; and within a stage who injects whom, who calls
 * others by discovery, which module imports which, and where two share a user, the order in which Nest ends their modules.
 */
export class TaskOrdering {
  readonly order: TaskOrder;
  private isComplete = false;

  /**
   * Obeys the user, which is all that can fail.
   *
   * @throws UnknownPhaseError, UnknownOrderTargetError, OrderCycleError
   */
  constructor(private readonly sources: OrderSources) {
    const { phases, owners, own } = sources;
    for (const { task, ordering } of owners.flatMap((owner) => owner.tasks)) {
      if (!phases.has(task.phase)) {
        throw new UnknownPhaseError(task.phase, ordering?.place ?? task.name, phases.names);
      }
    }
    const tasks = [
      ...own.map(({ task }) => task),
      ...owners.flatMap((owner) => owner.tasks.map(({ task }) => task)),
    ];
    this.order = new TaskOrder(phases, tasks);
    for (const owner of owners) keepHooksInOrder(owner, this.order);
    obeyUser(sources, tasks, this.order);
  }

  /** Adds what the user has not said. It takes longer, so it is for who needs the whole order. */
  complete(): TaskOrder {
    if (this.isComplete) return this.order;
    this.isComplete = true;
    const { owners, graph } = this.sources;
    for (const owner of owners) keepHooksAround(owner, this.order);
    stageClose(this.sources, this.order);
    ProviderPreferences.apply(graph, owners, this.order, UNORDERED_PHASES);
    return this.order;
  }
}

function keepHooksInOrder({ tasks }: HookOwner, order: TaskOrder): void {
  if (tasks.length < 2) return;
  const hooks = tasks.filter(({ hook }) => hook);
  for (const [index, { task }] of hooks.entries()) {
    for (const { task: later } of hooks.slice(index + 1)) order.keep(task, later);
  }
}

/** Decorated methods of one object run side by side, between its hooks: the last of these closes what they need. */
function keepHooksAround({ tasks }: HookOwner, order: TaskOrder): void {
  for (const { task: method, hook: none } of tasks) {
    if (none || UNORDERED_PHASES.has(method.phase)) continue;
    for (const { task, hook } of tasks) {
      if (hook === 'onApplicationShutdown') order.prefer(method, task);
      else if (hook) order.prefer(task, method);
    }
  }
}

function obeyUser(sources: OrderSources, tasks: readonly ShutdownTask[], order: TaskOrder): void {
  let targets: Targets | undefined;
  for (const { task, ordering } of sources.owners.flatMap((owner) => owner.tasks)) {
    if (!ordering) continue;
    const find = (target: OrderTarget) => {
      targets ??= new Targets(tasks, sources);
      return targets.find(target, task, ordering);
    };
    for (const target of ordering.after ?? []) {
      for (const earlier of find(target)) order.require(earlier, task);
    }
    for (const target of ordering.before ?? []) {
      for (const later of find(target)) order.require(task, later);
    }
  }
}

/** The tasks that can be meant by a name: of a task, or of a class or token that has tasks. */
class Targets {
  private readonly byName = new Map<unknown, ShutdownTask[]>();
  private readonly byOwner = new Map<unknown, ShutdownTask[]>();

  constructor(
    readonly tasks: readonly ShutdownTask[],
    private readonly sources: OrderSources,
  ) {
    for (const task of tasks) put(this.byName, task.name, [task]);
    for (const { node, tasks: own } of sources.owners) {
      for (const name of node.names) {
        put(
          this.byOwner,
          name,
          own.map(({ task }) => task),
        );
      }
    }
  }

  /** What a target names: tasks by their name, or by their class or token; those in the same phase if there are any. */
  find(target: OrderTarget, task: ShutdownTask, { place }: PlacedOrdering): ShutdownTask[] {
    const { graph, say } = this.sources;
    const name = resolveTarget(target);
    const named = this.byName.get(name);
    if (named) return inSamePhase(named, task);
    const found = (this.byOwner.get(name) ?? []).filter((other) => other !== task);
    if (found.length > 0) return inSamePhase(found, task);
    if (!graph.knows(name)) {
      const known = this.tasks.map((one) => one.name);
      throw new UnknownOrderTargetError(name, place, known);
    }
    say(orderWithoutEffect({ place, target: textOf(name) }));
    return [];
  }
}

function put(map: Map<unknown, ShutdownTask[]>, name: unknown, tasks: ShutdownTask[]): void {
  const known = map.get(name);
  if (known) known.push(...tasks);
  else map.set(name, tasks);
}

function inSamePhase(found: ShutdownTask[], { phase }: ShutdownTask): ShutdownTask[] {
  const here = found.filter((other) => other.phase === phase);
  return here.length > 0 ? here : found;
}

function stageClose({ owners, own }: OrderSources, order: TaskOrder): void {
  const stages = new Map<ShutdownTask, number>();
  for (const { task, stage } of own) if (stage !== undefined) stages.set(task, stage);
  for (const { tasks } of owners) {
    for (const { task, hook = 'onApplicationShutdown' } of tasks) {
      stages.set(task, CLOSE_STAGES[hook]);
    }
  }
  order.stage('close', (task) => stages.get(task) ?? CLOSE_STAGES.onApplicationShutdown);
}
