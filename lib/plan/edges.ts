import type { TaskOrder } from '../engine/task-order.js';
import type { ShutdownTask } from '../engine/task.js';

export type TaskPair = readonly [first: ShutdownTask, second: ShutdownTask];

/** Tasks that many come before, and other fronts of such. */
export interface Front {
  readonly tasks: readonly ShutdownTask[];
  readonly behind: readonly Front[];
}

/** Pairs that are being collected, with gates where many tasks come before many. Not between two tasks of `apart`. */
export class Edges {
  readonly pairs: TaskPair[] = [];
  private readonly entered = new Map<Front, readonly ShutdownTask[]>();

  constructor(
    private readonly order: TaskOrder,
    readonly apart: ReadonlySet<ShutdownTask>,
  ) {}

  /** Puts each of some tasks of a layer before each of others of that layer. */
  link(before: readonly ShutdownTask[], after: readonly ShutdownTask[]): void {
    if (before.length === 0 || after.length === 0) return;
    if (this.apart.size === 0) {
      this.linkAll(before, after);
      return;
    }
    const isApart = (task: ShutdownTask) => this.apart.has(task);
    const bound = before.filter((task) => !isApart(task));
    this.linkAll(bound, after);
    this.linkAll(
      before.filter(isApart),
      after.filter((task) => !isApart(task)),
    );
  }

  /** What stands in front of all of a front: its tasks, or when they are many, one gate, made when it is first asked for. */
  enter(front: Front): readonly ShutdownTask[] {
    const known = this.entered.get(front);
    if (known) return known;
    let tasks = [...front.tasks, ...front.behind.flatMap((one) => this.enter(one))];
    if (tasks.length > FEW) {
      const gate = this.order.gate(tasks[0].phase);
      for (const task of tasks) this.pairs.push([gate, task]);
      tasks = [gate];
    }
    this.entered.set(front, tasks);
    return tasks;
  }

  private linkAll(before: readonly ShutdownTask[], after: readonly ShutdownTask[]): void {
    if (before.length * after.length <= 2 * (before.length + after.length)) {
      for (const first of before) for (const second of after) this.pairs.push([first, second]);
      return;
    }
    const gate = this.order.gate(before[0].phase);
    for (const first of before) this.pairs.push([first, gate]);
    for (const second of after) this.pairs.push([gate, second]);
  }
}

/** So many tasks are put in order one by one; a gate is a step more to go, and something more to run. */
const FEW = 4;
