import { resolveTarget } from '../decorators/ordering.js';
import { UnknownOrderTargetError } from '../errors/unknown-order-target.error.js';
import { UnknownPhaseError } from '../errors/unknown-phase.error.js';
import { CLOSE_STAGES } from './close-stages.js';
import type { HookOwner, PlacedOrdering } from './hook-owners.js';
import { textOf, type ProviderGraph } from '../nest/provider-graph.js';
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
  readonly warn: (text: string) => void;
}

/**
 * Orders all tasks. By priority: the hooks of one object keep Nest's order; `before` and `after` of the user; decorated
 * methods come before their object's last hook; in `close` Nest's stages; and within a stage who injects whom, who calls
 * others by discovery, which module imports which, and where two share a user, the order in which Nest ends their modules.
 *
 * @throws UnknownPhaseError, UnknownOrderTargetError, OrderCycleError
 */
export function orderTasks(sources: OrderSources): TaskOrder {
  const { phases, owners, graph, own } = sources;
  for (const { task, ordering } of owners.flatMap((owner) => owner.tasks)) {
    if (!phases.has(task.phase)) {
      throw new UnknownPhaseError(task.phase, ordering?.place ?? task.name, phases.names);
    }
  }
  const tasks = [
    ...own.map(({ task }) => task),
    ...owners.flatMap((owner) => owner.tasks.map(({ task }) => task)),
  ];
  const order = new TaskOrder(phases, tasks);
  for (const owner of owners) keepHooksInOrder(owner, order);
  obeyUser(sources, tasks, order);
  for (const owner of owners) keepHooksAround(owner, order);
  stageClose(sources, order);
  const byObject = new Map(owners.map((owner) => [owner.object, owner]));
  graph.relate([...byObject.keys()], (first, second) => {
    preferOwner(byObject.get(first) as HookOwner, byObject.get(second) as HookOwner, order);
  });
  return order;
}

function keepHooksInOrder({ tasks }: HookOwner, order: TaskOrder): void {
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
  for (const { task, ordering } of sources.owners.flatMap((owner) => owner.tasks)) {
    if (!ordering) continue;
    const find = (target: OrderTarget) => tasksOf(target, task, ordering, tasks, sources);
    for (const target of ordering.after ?? []) {
      for (const earlier of find(target)) order.require(earlier, task);
    }
    for (const target of ordering.before ?? []) {
      for (const later of find(target)) order.require(task, later);
    }
  }
}

/** What a target names: tasks by their name, or by their class or token; those in the same phase if there are any. */
function tasksOf(
  target: OrderTarget,
  task: ShutdownTask,
  { place }: PlacedOrdering,
  tasks: readonly ShutdownTask[],
  { owners, graph, warn }: OrderSources,
): ShutdownTask[] {
  const name = resolveTarget(target);
  const named = tasks.filter((other) => other.name === name);
  if (named.length > 0) return inSamePhase(named, task);
  const found = owners
    .filter(({ node }) => node.names.has(name))
    .flatMap((owner) => owner.tasks.map((one) => one.task))
    .filter((other) => other !== task);
  if (found.length === 0) {
    if (!graph.knows(name))
      throw new UnknownOrderTargetError(
        name,
        place,
        tasks.map((one) => one.name),
      );
    warn(`${place} names ${textOf(name)}, which has nothing to do at shutdown; it has no effect.`);
  }
  return inSamePhase(found, task);
}

function inSamePhase(found: ShutdownTask[], { phase }: ShutdownTask): ShutdownTask[] {
  const here = found.filter((other) => other.phase === phase);
  return here.length > 0 ? here : found;
}

function preferOwner(first: HookOwner, second: HookOwner, order: TaskOrder): void {
  for (const { task } of first.tasks) {
    if (UNORDERED_PHASES.has(task.phase)) continue;
    for (const { task: later } of second.tasks) order.prefer(task, later);
  }
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
