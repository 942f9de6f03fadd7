import { OrderCycleError } from '../errors/order-cycle.error.js';
import { PartialOrder } from './order.js';
import type { PhaseGraph } from './phase-graph.js';
import type { ShutdownTask } from './task.js';

/** The beginning or the end of a phase, as a point that tasks can stand before or after. */
interface Boundary {
  readonly name: string;
}

/**
 * The order of all tasks of a shutdown. What a user asks for must hold; everything else gives in where it contradicts
 * what is there already, so it is added later.
 */
export class TaskOrder {
  private readonly order: PartialOrder<ShutdownTask | Boundary>;
  private readonly begins: ReadonlyMap<string, Boundary>;
  private readonly ends: ReadonlyMap<string, Boundary>;
  private readonly stages = new Map<ShutdownTask, number>();
  private hasBoundaries = false;

  constructor(
    private readonly graph: PhaseGraph,
    private readonly tasks: readonly ShutdownTask[],
  ) {
    const boundaries = (what: string) =>
      new Map(
        graph.names.map((name): [string, Boundary] => [name, { name: `${what} of ${name}` }]),
      );
    this.begins = boundaries('the beginning');
    this.ends = boundaries('the end');
    this.order = new PartialOrder([...tasks, ...this.begins.values(), ...this.ends.values()]);
  }

  /**
   * The second task begins when the first is settled.
   *
   * @throws OrderCycleError when it can't be
   */
  require(first: ShutdownTask, second: ShutdownTask): void {
    if (this.graph.precedes(first.phase, second.phase)) return;
    if (first.phase !== second.phase) this.addBoundaries();
    const contradiction = this.order.add(first, second);
    if (contradiction) throw new OrderCycleError('tasks', namesOf([first, ...contradiction]));
  }

  /** The same, unless it contradicts what is there, or is of no use: the two have phases of their own. */
  prefer(first: ShutdownTask, second: ShutdownTask): boolean {
    return first.phase === second.phase && this.order.add(first, second) === undefined;
  }

  /**
   * Runs the tasks of a phase in stages: one begins only when all of a lower stage are settled. Where the order says
   * otherwise it wins: what comes after a task of a higher stage moves up to that stage.
   */
  stage(phase: string, stageOf: (task: ShutdownTask) => number): void {
    // Tasks of other phases have no stage, but may stand between two that do.
    const reached = new Map<ShutdownTask, number>();
    for (const task of this.order.sorted().filter((item) => 'run' in item)) {
      const before = this.comesAfter(task).map((earlier) => reached.get(earlier) ?? -Infinity);
      const own = task.phase === phase ? stageOf(task) : -Infinity;
      const stage = Math.max(own, ...before);
      reached.set(task, stage);
      if (task.phase === phase) this.stages.set(task, stage);
    }
  }

  /** The tasks one comes right after by the order, without its stage. */
  comesAfter(task: ShutdownTask): ShutdownTask[] {
    return this.order.directlyBefore(task).filter((item) => 'run' in item);
  }

  /** All tasks that must be settled before one begins. */
  predecessors(task: ShutdownTask): ShutdownTask[] {
    const before = new Set(this.comesAfter(task));
    for (const earlier of this.previousStage(task)) before.add(earlier);
    return [...before];
  }

  /** The tasks of a phase, each after those it waits for. */
  sorted(phase: string): ShutdownTask[] {
    return this.order
      .sorted()
      .filter((item) => 'run' in item)
      .filter((task) => task.phase === phase)
      .toSorted((a, b) => (this.stages.get(a) ?? 0) - (this.stages.get(b) ?? 0));
  }

  private previousStage(task: ShutdownTask): ShutdownTask[] {
    const stage = this.stages.get(task);
    if (stage === undefined) return [];
    const lower = [...this.stages].filter(([, other]) => other < stage);
    const previous = Math.max(...lower.map(([, other]) => other));
    return lower.filter(([, other]) => other === previous).map(([earlier]) => earlier);
  }

  /** Only between phases that run side by side can tasks wait for one another across phases, and only there can it jam. */
  private addBoundaries(): void {
    if (this.hasBoundaries) return;
    this.hasBoundaries = true;
    for (const phase of this.graph.names) {
      const [begin, end] = [this.begins.get(phase) as Boundary, this.ends.get(phase) as Boundary];
      for (const before of this.graph.directlyBefore(phase)) {
        this.order.add(this.ends.get(before) as Boundary, begin);
      }
      this.order.add(begin, end);
      for (const task of this.tasks.filter((one) => one.phase === phase)) {
        this.order.add(begin, task);
        this.order.add(task, end);
      }
    }
  }
}

function namesOf(items: ReadonlyArray<{ readonly name: string }>): string[] {
  return items.map(({ name }) => name);
}
