import type { ProviderGraph } from '../nest/provider-graph.js';
import type { ProviderNode } from '../nest/provider-node.js';
import type { ProviderPairs } from '../nest/provider-pairs.js';
import { closureOf } from '../nest/reachable.js';
import type { Edges } from './edges.js';
import { tasksOf, type Layer } from './layer.js';

type Host = ProviderNode['host'];

/** The providers of one module that call others by discovery, and have tasks in a layer. */
interface Home {
  readonly dispatching: readonly ProviderNode[];
  /** Those of other modules that use what is driven here, directly or not: they come before. */
  readonly users: ReadonlySet<ProviderNode>;
  /** What is used by those who dispatch. */
  readonly used: ReadonlySet<ProviderNode>;
}

/** Who comes before and after those that call others by discovery, in one layer: `ProviderPairs.dispatches()`. */
export class Dispatching {
  /** Every dispatcher comes before each of those that do not use it, and after each of those that do. */
  readonly isPlain: boolean;
  private readonly all: ReadonlySet<ProviderNode>;
  private readonly homes: readonly Home[];

  constructor(
    private readonly layer: Layer,
    private readonly graph: ProviderGraph,
    private readonly pairs: ProviderPairs,
  ) {
    this.all = graph.dispatchers();
    this.homes = this.all.size === 0 ? [] : this.findHomes();
    this.isPlain = this.homes.every((home) =>
      [...this.others()].every((node) => this.fits(node, home)),
    );
  }

  /** Those that come before or after the dispatchers of a home. */
  link(edges: Edges): void {
    for (const home of this.homes) {
      const { dispatching, users } = home;
      const tasks = tasksOf(this.layer, dispatching);
      const plain = [...this.others()].filter((node) => this.fits(node, home));
      edges.link(
        tasksOf(
          this.layer,
          plain.filter((node) => users.has(node)),
        ),
        tasks,
      );
      edges.link(
        tasks,
        tasksOf(
          this.layer,
          plain.filter((node) => !users.has(node)),
        ),
      );
      for (const node of this.others()) if (!this.fits(node, home)) this.linkOne(node, home, edges);
    }
  }

  /** What others bring work to comes after those that bring it in: `ProviderPairs.dispatchersInTurn()`. */
  linkInTurn(edges: Edges): void {
    if (this.homes.length < 2) return;
    const all = this.homes.flatMap(({ dispatching }) => dispatching);
    const others = all.filter((node) => !this.isEntered(node));
    const entered = all.filter((node) => this.isEntered(node));
    edges.link(tasksOf(this.layer, others), tasksOf(this.layer, entered));
  }

  /**
   * What kind of provider it is to the dispatchers: for those that dispatch, whether others bring them work; for others,
   * the homes that they use.
   */
  kindOf(node: ProviderNode): string {
    if (this.homes.length === 0) return '';
    if (this.all.has(node)) return this.isEntered(node) ? 'entered' : 'dispatching';
    const used = [...this.homes.keys()].filter((index) => this.homes[index].users.has(node));
    return used.join(',');
  }

  private isEntered({ host }: ProviderNode): boolean {
    return this.pairs.enteredModules().has(host);
  }

  /**
   * Whether a provider is the same to all dispatchers of a module. Not if it uses what is driven there and is itself used
   * by some of them; and not in their own module, where it may use one of them and not the other.
   */
  private fits(node: ProviderNode, { dispatching, users, used }: Home): boolean {
    if (dispatching[0].host !== node.host) return !(users.has(node) && used.has(node));
    return !dispatching.some((one) => this.pairs.reaches(node, one));
  }

  private linkOne(node: ProviderNode, { dispatching, users }: Home, edges: Edges): void {
    const own = tasksOf(this.layer, [node]);
    for (const other of dispatching) {
      const tasks = tasksOf(this.layer, [other]);
      const isUsed = this.pairs.reaches(other, node);
      if (users.has(node)) {
        if (!isUsed) edges.link(own, tasks);
      } else if (isUsed || !this.pairs.reaches(node, other)) {
        edges.link(tasks, own); // else it comes before the other, which it uses
      }
    }
  }

  private *others(): Generator<ProviderNode> {
    for (const node of this.layer.keys()) if (!this.all.has(node)) yield node;
  }

  private findHomes(): Home[] {
    const byHost = new Map<Host, ProviderNode[]>();
    for (const node of this.layer.keys()) {
      if (!this.all.has(node)) continue;
      byHost.set(node.host, [...(byHost.get(node.host) ?? []), node]);
    }
    if (byHost.size === 0) return [];
    const usersOf = new Map<ProviderNode, ProviderNode[]>();
    for (const node of this.graph.nodes()) {
      for (const used of node.uses) {
        const known = usersOf.get(used);
        if (known) known.push(node);
        else usersOf.set(used, [node]);
      }
    }
    return [...byHost].map(([host, dispatching]) => {
      const driven = [...this.all].filter((node) => node.host === host);
      const users = closureOf(driven, (node) => usersOf.get(node) ?? []);
      for (const node of [...users]) if (node.host === host) users.delete(node);
      return { dispatching, users, used: closureOf(dispatching, ({ uses }) => uses) };
    });
  }
}
