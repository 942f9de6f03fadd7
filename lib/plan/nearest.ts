import type { Components } from '../engine/components.js';
import type { ShutdownTask } from '../engine/task.js';
import type { Edges } from './edges.js';

/** What comes right behind a component of a graph: tasks, or gates in front of them. */
interface Behind {
  readonly tasks: readonly ShutdownTask[];
  /** Those that are kept apart, one by one. */
  readonly apart: readonly ShutdownTask[];
}

const NOTHING: Behind = { tasks: [], apart: [] };

/**
 * Puts tasks before all that are reached from theirs in a graph, by going to the nearest only: what is reached behind these
 * they come before themselves. What stands apart is looked through, for it may be refused.
 */
export class Nearest {
  private readonly behind: Behind[] = [];
  /** The same, with the component itself in front. */
  private readonly from: Behind[] = [];

  /** @param tasksIn those that are reached in a component */
  constructor(
    components: Components<unknown>,
    tasksIn: (component: number) => readonly ShutdownTask[],
    private readonly edges: Edges,
  ) {
    // What is reached has a lower number, so it is there already.
    for (const [number, next] of components.next.entries()) {
      this.behind.push(this.union(next));
      this.from.push(this.startingWith(tasksIn(number), number));
    }
  }

  /** Puts tasks of a component before all behind it. */
  link(component: number, tasks: readonly ShutdownTask[]): void {
    const { tasks: behind, apart } = this.behind[component];
    this.edges.link(tasks, behind);
    this.edges.link(tasks, apart);
  }

  private startingWith(own: readonly ShutdownTask[], component: number): Behind {
    const behind = this.behind[component];
    const isApart = (task: ShutdownTask) => this.edges.apart.has(task);
    const apart = own.filter(isApart);
    const bound = apart.length === 0 ? own : own.filter((task) => !isApart(task));
    if (bound.length > 0) return { tasks: this.edges.inFrontOf(bound), apart };
    if (behind === NOTHING && apart.length === 0) return NOTHING;
    return {
      tasks: this.edges.inFrontOf(behind.tasks),
      apart: apart.length === 0 ? behind.apart : [...new Set([...behind.apart, ...apart])],
    };
  }

  private union(numbers: readonly number[]): Behind {
    const found = numbers.map((number) => this.from[number]).filter((one) => one !== NOTHING);
    if (found.length < 2) return found[0] ?? NOTHING;
    return {
      tasks: [...new Set(found.flatMap(({ tasks }) => tasks))],
      apart: [...new Set(found.flatMap(({ apart }) => apart))],
    };
  }
}
