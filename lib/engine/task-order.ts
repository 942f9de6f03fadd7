import { OrderCycleError } from '../errors/order-cycle.error.js';
import type { Pair } from './fitting-wishes.js';
import { PartialOrder } from './partial-order.js';
import type { PhaseGraph } from './phase-graph.js';
import type { ShutdownTask } from './task.js';

/** A wish for each pair of tasks, in two forms: what is wanted by few is cheap to add, and hard to refuse a part of. */
export interface Preferences {
  /**
   * Pairs, also with gates between many and many, from which all wishes follow but those between two tasks of `apart`.
   * Other tasks follow from these pairs also where one of `apart` would stand between them.
   */
  compact(apart: ReadonlySet<ShutdownTask>): Array<Pair<ShutdownTask>>;
  /** The wishes between two tasks of `apart`, one by one, the most important first. */
  each(apart: ReadonlySet<ShutdownTask>): Iterable<Pair<ShutdownTask>>;
}

const NONE: readonly ShutdownTask[] = [];

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
  private readonly layers = new Map<string, Map<number | undefined, string>>();
  /** By the stage that begins behind it. */
  private readonly gateBefore = new Map<number, ShutdownTask>();
  private readonly gateOf = new Map<ShutdownTask, readonly ShutdownTask[]>();
  private readonly alone = new Map<ShutdownTask, readonly ShutdownTask[]>();
  private readonly strict = new Map<ShutdownTask, Set<ShutdownTask>>();
  /** Between many tasks and many: pairs would grow with the square. */
  private readonly points: ShutdownTask[] = [];
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
    this.isStrict(first, second);
  }

  /** Like `require()`, but yields: does nothing if it contradicts the order so far, or if the phases are different. */
  keep(first: ShutdownTask, second: ShutdownTask): void {
    if (this.prefer(first, second)) this.isStrict(first, second);
  }

  /** Like `keep()`, but it is enough that the first task stands aside. Whether the two are in this order now. */
  prefer(first: ShutdownTask, second: ShutdownTask): boolean {
    if (first.phase !== second.phase) return false;
    const [one, other] = [this.stages.get(first), this.stages.get(second)];
    if (one !== undefined && other !== undefined && one !== other) return one < other;
    return this.order.add(first, second) === undefined;
  }

  /**
   * Prefers each of many pairs, all of them of one layer, as `prefer()` would one after the other. Linear, but for the
   * tasks whose wishes contradict each other or the order. Whether none did.
   */
  preferEach(wishes: Preferences): boolean {
    const apart = new Set<ShutdownTask>();
    let pairs = wishes.compact(apart);
    let circles = this.order.addAll(pairs);
    const agrees = !circles;
    for (let known = -1; circles && apart.size > known;) {
      known = apart.size;
      // Who is in no circle is refused nothing, and decides nothing about those who are.
      for (const item of circles) if ('run' in item) apart.add(item);
      const items = new Set([...circles, ...apart]);
      pairs = [...wishes.compact(apart), ...this.fitting(items, wishes.each(apart))];
      circles = this.order.addAll(pairs);
    }
    return agrees;
  }

  /** The given pairs without those that contradict the order so far. */
  withoutContradictions(pairs: ReadonlyArray<Pair<ShutdownTask>>): Array<Pair<ShutdownTask>> {
    return this.order.withoutContradictions(pairs) as Array<Pair<ShutdownTask>>;
  }

  /** Tasks of one layer can be put in order by preference: those of a phase, or of a stage if it has any. */
  layerOf(task: ShutdownTask): string {
    const stage = this.stages.get(task);
    if (stage === undefined) return task.phase;
    let names = this.layers.get(task.phase);
    if (!names) this.layers.set(task.phase, (names = new Map()));
    let name = names.get(stage);
    if (name === undefined) names.set(stage, (name = `${task.phase}, stage ${stage}`));
    return name;
  }

  /** A point that tasks of a phase can stand before and after. */
  gate(phase: string): ShutdownTask {
    const gate: ShutdownTask = { name: 'a gate', phase, gate: true, run: () => undefined };
    this.points.push(gate);
    this.order.addPoint(gate);
    return gate;
  }

  /**
   * Runs the tasks of a phase in stages: one begins only when all of a lower stage are settled. Where the order so far
   * says otherwise it wins: what comes after a task of a higher stage moves up to that stage. What is preferred from now
   * on holds within a stage.
   */
  stage(phase: string, stageOf: (task: ShutdownTask) => number): void {
    // Tasks of other phases have no stage, but may stand between two that do.
    const elsewhere = new Map<ShutdownTask | Boundary, number>();
    const reached = (item: ShutdownTask | Boundary): number =>
      this.stages.get(item as ShutdownTask) ?? elsewhere.get(item) ?? -Infinity;
    for (const task of this.order.inOrder()) {
      if (!('run' in task)) continue;
      let stage = task.phase === phase ? stageOf(task) : -Infinity;
      for (const earlier of this.order.before(task)) stage = Math.max(stage, reached(earlier));
      (task.phase === phase ? this.stages : elsewhere).set(task, stage);
    }
    this.setGates(phase);
  }

  /** The tasks one comes right after by the order, without its stage; for a plan. */
  comesAfter(task: ShutdownTask): ShutdownTask[] {
    return this.order.directlyBefore(task).filter((item) => 'run' in item);
  }

  /** Tasks and gates that must be settled before one begins; with those before them, all there are. */
  predecessors(task: ShutdownTask): readonly ShutdownTask[] {
    const stageOfGate = this.gateOf.get(task);
    if (stageOfGate) return stageOfGate;
    const gate = this.gateBefore.get(this.stages.get(task) ?? NaN);
    const before = this.order.before(task);
    const right = before.length === 0 ? NONE : before.filter((item) => this.runs(item));
    const strict = this.strict.get(task);
    if (!gate && !strict) return right;
    if (right.length === 0 && !strict && gate) return this.gateAlone(gate);
    // One that must really be over may stand behind another for which less is enough.
    return [...new Set([...right, ...(strict ?? [])]), ...(gate ? [gate] : [])];
  }

  /** Those of the predecessors that must really be over. */
  strictly(task: ShutdownTask): ReadonlySet<ShutdownTask> | undefined {
    return this.strict.get(task);
  }

  /** What stands between tasks, to be run with them. */
  get gates(): readonly ShutdownTask[] {
    return [...this.points.filter((gate) => this.runs(gate)), ...this.gateOf.keys()];
  }

  /** The tasks of a phase, each after those it waits for. */
  sorted(phase: string): ShutdownTask[] {
    return this.order
      .sorted()
      .filter((item) => 'run' in item)
      .filter((task) => task.phase === phase)
      .toSorted((a, b) => (this.stages.get(a) ?? 0) - (this.stages.get(b) ?? 0));
  }

  /** The same list for all tasks behind a gate. */
  private gateAlone(gate: ShutdownTask): readonly ShutdownTask[] {
    let alone = this.alone.get(gate);
    if (!alone) this.alone.set(gate, (alone = [gate]));
    return alone;
  }

  /** A gate that nothing is before opens nothing, and a boundary is no task. */
  private runs(item: ShutdownTask | Boundary): item is ShutdownTask {
    return 'run' in item && (!item.gate || this.order.isUsed(item));
  }

  private fitting(
    items: ReadonlySet<ShutdownTask | Boundary>,
    wishes: Iterable<Pair<ShutdownTask>>,
  ): Array<Pair<ShutdownTask>> {
    return this.order.fitting(items, wishes) as Array<Pair<ShutdownTask>>;
  }

  private isStrict(first: ShutdownTask, second: ShutdownTask): void {
    const known = this.strict.get(second);
    if (known) known.add(first);
    else this.strict.set(second, new Set([first]));
  }

  /** A gate and not pairs of tasks: those would grow with the square. */
  private setGates(phase: string): void {
    const byStage = new Map<number, ShutdownTask[]>();
    for (const [task, stage] of this.stages) {
      const known = byStage.get(stage);
      if (known) known.push(task);
      else byStage.set(stage, [task]);
    }
    const stages = [...byStage.keys()].toSorted((a, b) => a - b);
    for (const [index, stage] of stages.slice(1).entries()) {
      const name = `the end of stage ${stages[index]} of ${phase}`;
      const gate = { name, phase, gate: true, run: () => undefined };
      this.gateBefore.set(stage, gate);
      this.gateOf.set(gate, byStage.get(stages[index]) ?? []);
    }
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
