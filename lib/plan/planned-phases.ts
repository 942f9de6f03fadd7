import type { PhaseGraph } from '../engine/phase-graph.js';
import type { Phase } from '../engine/phase.js';
import type { TaskOrder } from '../engine/task-order.js';
import type { ShutdownTask } from '../engine/task.js';
import type { PlannedPhase } from '../report/plan.js';
import type { OwnTask } from './close-stages.js';

/** What a plan shows of a phase. */
interface Shown {
  /** Undefined before there is one. */
  readonly order: TaskOrder | undefined;
  /** Tasks that the order knows nothing of. */
  readonly also: readonly ShutdownTask[];
  /** Those that will not run. */
  readonly idle: ReadonlySet<ShutdownTask>;
}

/** A phase as a plan shows it, its tasks in an order in which they can run. */
export function plannedPhase(
  { name, timeoutMs, taskTimeoutMs, reserveMs, onTimeout }: Phase,
  graph: PhaseGraph,
  { order, also, idle }: Shown,
): PlannedPhase {
  const ordered = order?.sorted(name).filter((task) => !idle.has(task) && !task.quiet) ?? [];
  const tasks = [...ordered, ...also.filter(({ phase }) => phase === name)];
  return {
    name,
    after: graph.directlyBefore(name),
    ...(Number.isFinite(timeoutMs) ? { timeoutMs } : {}),
    ...(taskTimeoutMs === undefined ? {} : { taskTimeoutMs }),
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

/** Those of our own that have nothing to do when no hook is left to Nest. */
export function idleTasks(own: readonly OwnTask[], leftToNest: number): ReadonlySet<ShutdownTask> {
  const idle = leftToNest > 0 ? [] : own.filter(({ ifLeftToNest }) => ifLeftToNest);
  return new Set(idle.map(({ task }) => task));
}
