import type { ShutdownTask } from '../engine/task.js';
import type { TaskOrder } from '../engine/task-order.js';
import type { ProviderNode } from '../nest/provider-node.js';
import type { HookOwner } from './hook-owners.js';

/** Tasks that can be ordered by preference among each other: those of one phase, or of one stage of it. */
export type Layer = ReadonlyMap<ProviderNode, readonly ShutdownTask[]>;

const NO_TASKS: readonly ShutdownTask[] = [];

/** The layers that have anything to order; tasks of providers in a phase of `except` begin at once. */
export function layersOf(
  owners: readonly HookOwner[],
  order: TaskOrder,
  except: ReadonlySet<string>,
): Layer[] {
  const layers = new Map<string, Map<ProviderNode, ShutdownTask[]>>();
  for (const { node, tasks } of owners) {
    for (const { task } of tasks) {
      if (except.has(task.phase)) continue;
      const name = order.layerOf(task);
      const layer = layers.get(name) ?? new Map<ProviderNode, ShutdownTask[]>();
      layers.set(name, layer);
      const known = layer.get(node);
      if (known) known.push(task);
      else layer.set(node, [task]);
    }
  }
  return [...layers.values()].filter(({ size }) => size > 1);
}

/** The tasks of some providers. */
export function tasksOf(layer: Layer, nodes: readonly ProviderNode[]): readonly ShutdownTask[] {
  if (nodes.length === 1) return layer.get(nodes[0]) ?? NO_TASKS; // as nearly always, thousands of times
  const tasks: ShutdownTask[] = [];
  for (const node of nodes) tasks.push(...(layer.get(node) ?? NO_TASKS));
  return tasks;
}
