import type { Components } from '../engine/components.js';
import type { ShutdownTask } from '../engine/task.js';
import type { Edges, Front } from './edges.js';

/** What comes right behind a component of a graph. */
interface Behind {
  readonly fronts: readonly Front[];
  /** Tasks that are kept apart, one by one. */
  readonly apart: readonly ShutdownTask[];
}

const NONE: readonly never[] = [];
const NOTHING: Behind = { fronts: NONE, apart: NONE };

/**
 * Puts tasks before all that are reached from theirs in a graph, by going to the nearest only: what is reached behind these
 * they come before themselves. What stands apart is looked through, for it may be refused.
 */
export class Nearest {
  private readonly behind: Behind[] = [];
  /** The same, with the component itself in front; of those that are reached. */
  private readonly from: Array<Behind | undefined> = [];

  /** @param tasksIn those that are reached in a component */
  constructor(
    components: Components<unknown>,
    tasksIn: (component: number) => readonly ShutdownTask[],
    private readonly edges: Edges,
  ) {
    const isReached = new Uint8Array(components.next.length);
    for (const next of components.next) for (const number of next) isReached[number] = 1;
    // What is reached has a lower number, so it is there already.
    for (const [number, next] of components.next.entries()) {
      this.behind.push(this.union(next));
      this.from.push(isReached[number] ? this.startingWith(tasksIn(number), number) : undefined);
    }
  }

  /** Puts tasks of a component before all behind it. */
  link(component: number, tasks: readonly ShutdownTask[]): void {
    const { fronts, apart } = this.behind[component];
    for (const front of fronts) this.edges.link(tasks, this.edges.enter(front));
    this.edges.link(tasks, apart);
  }

  private startingWith(own: readonly ShutdownTask[], component: number): Behind {
    const behind = this.behind[component];
    if (own.length === 0) return this.gathered(behind);
    if (this.edges.apart.size === 0) return { fronts: [{ tasks: own, behind: NONE }], apart: NONE };
    const isApart = (task: ShutdownTask) => this.edges.apart.has(task);
    const apart = own.filter(isApart);
    const tasks = apart.length === 0 ? own : own.filter((task) => !isApart(task));
    if (tasks.length > 0) return { fronts: [{ tasks, behind: NONE }], apart };
    return { ...this.gathered(behind), apart: [...new Set([...behind.apart, ...apart])] };
  }

  /** Many fronts as one, for those who look through a component. */
  private gathered({ fronts, apart }: Behind): Behind {
    return fronts.length > 1
      ? { fronts: [{ tasks: [], behind: fronts }], apart }
      : { fronts, apart };
  }

  private union(numbers: readonly number[]): Behind {
    if (numbers.length < 2) return this.from[numbers[0]] ?? NOTHING;
    const found = numbers.map((number) => this.from[number] ?? NOTHING);
    return {
      fronts: [...new Set(found.flatMap(({ fronts }) => fronts))],
      apart: [...new Set(found.flatMap(({ apart }) => apart))],
    };
  }
}
