import type { TaskOrder } from '../engine/task-order.js';
import type { ShutdownTask } from '../engine/task.js';
import type { OwnTask } from './close-stages.js';
import type { HookOwner } from './hook-owners.js';
import { idleTasks } from './planned-phases.js';

/** A task with those it comes after, and those of them that must really be over. */
export interface PlacedTask {
  readonly task: ShutdownTask;
  readonly after?: readonly ShutdownTask[];
  readonly strictly?: ReadonlySet<ShutdownTask>;
}

/** Takes all hooks over, and gives back what there is to run, each with what it waits for. */
export function inOrder(
  owners: readonly HookOwner[],
  order: TaskOrder,
  own: readonly OwnTask[],
): PlacedTask[] {
  const owned = owners.flatMap((owner) => owner.tasks);
  const tasks = [...[...own, ...owned].map(({ task }) => task), ...order.gates];
  // A hook is no longer Nest's to call from here on, so all that can go wrong has been done before.
  const placed = tasks.map((task): PlacedTask => {
    return { task, after: order.predecessors(task), strictly: order.strictly(task) };
  });
  const refused = new Set<ShutdownTask>();
  for (const one of owned) if (one.takeOver?.() === false) refused.add(one.task);
  const left = [
    ...owners.flatMap((owner) => owner.leftToNest),
    ...[...refused].map(({ name }) => name),
  ].map((name): ShutdownTask => {
    return { name, phase: 'close', leftToNest: true, run: () => undefined };
  });
  const idle = idleTasks(own, left.length);
  const all = refused.size === 0 ? placed : withoutRefused(placed, refused);
  return [...all.filter(({ task }) => !idle.has(task)), ...left.map((task) => ({ task }))];
}

/** A task that comes after a refused hook comes after what that would have come after. */
function withoutRefused(
  placed: readonly PlacedTask[],
  refused: ReadonlySet<ShutdownTask>,
): PlacedTask[] {
  const after = new Map(placed.map((one) => [one.task, one.after]));
  return placed
    .filter(({ task }) => !refused.has(task))
    .map((one) => {
      const all = new Set(one.after);
      // A Set grows under its iteration.
      for (const before of all)
        if (refused.has(before)) for (const far of after.get(before) ?? []) all.add(far);
      return { ...one, after: [...all].filter((before) => !refused.has(before)) };
    });
}
