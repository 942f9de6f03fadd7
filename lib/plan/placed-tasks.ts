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
  const after = new Map(tasks.map((task) => [task, order.predecessors(task)]));
  const refused = new Set<ShutdownTask>();
  for (const one of owned) if (one.takeOver?.() === false) refused.add(one.task);
  const left = [
    ...owners.flatMap((owner) => owner.leftToNest),
    ...[...refused].map(({ name }) => name),
  ].map((name): ShutdownTask => {
    return { name, phase: 'close', leftToNest: true, run: () => undefined };
  });
  const idle = idleTasks(own, left.length);
  const waitsFor = refused.size === 0 ? after : withoutRefused(after, refused);
  return [
    ...tasks
      .filter((task) => !refused.has(task) && !idle.has(task))
      .map((task) => ({ task, after: waitsFor.get(task), strictly: order.strictly(task) })),
    ...left.map((task) => ({ task })),
  ];
}

/** A task that comes after a refused hook comes after what that would have come after. */
function withoutRefused(
  after: ReadonlyMap<ShutdownTask, readonly ShutdownTask[]>,
  refused: ReadonlySet<ShutdownTask>,
): ReadonlyMap<ShutdownTask, readonly ShutdownTask[]> {
  const found = new Map<ShutdownTask, readonly ShutdownTask[]>();
  for (const [task, before] of after) {
    const all = new Set(before);
    // A Set grows under its iteration.
    for (const one of all)
      if (refused.has(one)) for (const far of after.get(one) ?? []) all.add(far);
    found.set(
      task,
      [...all].filter((one) => !refused.has(one)),
    );
  }
  return found;
}
