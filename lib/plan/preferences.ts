import { componentsOf, type Components } from '../engine/components.js';
import type { Preferences, TaskOrder } from '../engine/task-order.js';
import type { ShutdownTask } from '../engine/task.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { ProviderNode } from '../nest/provider-node.js';
import { ProviderPairs, type NodePair } from '../nest/provider-pairs.js';
import { Dispatching } from './dispatching.js';
import { Edges, type TaskPair } from './edges.js';
import type { HookOwner } from './hook-owners.js';
import { importsCompactly, type LayerOfImports } from './imports.js';
import { layersOf, tasksOf, type Layer } from './layer.js';
import { Nearest } from './nearest.js';

/** Whether any of some modules imports another of them, directly or not. */
function leadToOneAnother<T>({ members, next }: Components<T>, some: ReadonlySet<T>): boolean {
  const leads: boolean[] = [];
  // What is reached has a lower number, so it is there already.
  return members.some((modules, number) => {
    const isReached = next[number].some((other) => leads[other]);
    const isOne = modules.some((module) => some.has(module));
    leads[number] = isReached || isOne;
    return isReached && isOne;
  });
}

/**
 * Orders the tasks of providers by what the container tells of them. Each kind of relation yields to those before it, and
 * so does each pair to the pairs before it: `ProviderPairs` has them one by one. Here they are added in a form that grows
 * with the number of providers and injections.
 */
export class ProviderPreferences {
  private readonly pairs: ProviderPairs;
  private readonly nodes: ReadonlySet<ProviderNode>;
  private found?: Components<ProviderNode>;

  private constructor(
    private readonly graph: ProviderGraph,
    private readonly owners: readonly HookOwner[],
    private readonly order: TaskOrder,
    private readonly layers: readonly Layer[],
  ) {
    this.nodes = new Set(owners.map(({ node }) => node));
    this.pairs = new ProviderPairs(graph, this.nodes);
  }

  private get circles(): Components<ProviderNode> {
    return (this.found ??= componentsOf(this.graph.nodes(), ({ uses }) => uses));
  }

  /** Adds all there is to the order; where no two providers have anything to do, it looks at nothing. */
  static apply(
    graph: ProviderGraph,
    owners: readonly HookOwner[],
    order: TaskOrder,
    unordered: ReadonlySet<string>,
  ): void {
    const layers = layersOf(owners, order, unordered);
    if (layers.length > 0) new ProviderPreferences(graph, owners, order, layers).apply();
  }

  private apply(): void {
    if (this.mayInject()) {
      this.prefer(
        (edges) => this.layers.forEach((layer) => this.injections(layer, edges)),
        (nodes) => this.pairs.injections(nodes),
      );
    }
    const dispatching = this.layers.map((layer) => {
      return { layer, dispatching: new Dispatching(layer, this.graph, this.pairs) };
    });
    const isPlain = [
      this.prefer(
        (edges) => dispatching.forEach((one) => one.dispatching.link(edges)),
        (nodes) => this.pairs.dispatches(nodes),
      ),
      this.prefer(
        (edges) => dispatching.forEach((one) => one.dispatching.linkInTurn(edges)),
        () => this.pairs.dispatchersInTurn(),
      ),
    ].every(Boolean);
    this.imports(dispatching.map((one) => ({ ...one, isPlain })));
    this.sharedUsers();
  }

  private prefer(
    link: (edges: Edges) => void,
    each: (nodes: ReadonlySet<ProviderNode>) => Iterable<readonly [...NodePair, ...unknown[]]>,
  ): boolean {
    return this.order.preferEach({
      compact: (apart) => {
        const edges = new Edges(this.order, apart);
        link(edges);
        return edges.pairs;
      },
      each: (apart) => this.pairsOfTasks(each(this.nodesOf(apart)), apart),
    } satisfies Preferences);
  }

  /**
   * Whether any of them may lead to another: not where what they use has nothing to do and uses nothing, as the class of
   * their module does most often. A first look, for in thousands of such the rest is a search for nothing.
   */
  private mayInject(): boolean {
    for (const node of this.nodes) {
      for (const used of node.uses) if (this.nodes.has(used) || used.uses.length > 0) return true;
    }
    return false;
  }

  private injections(layer: Layer, edges: Edges): void {
    const own = this.circles.members.map((nodes) => tasksOf(layer, nodes));
    const nearest = new Nearest(this.circles, (number) => own[number], edges);
    for (const [number, tasks] of own.entries()) {
      if (tasks.length > 0) nearest.link(number, tasks);
    }
  }

  private imports(layers: readonly LayerOfImports[]): void {
    const modules = componentsOf(this.graph.modules, ({ imports }) => imports);
    if (!leadToOneAnother(modules, new Set([...this.nodes].map(({ host }) => host)))) return;
    this.prefer(
      (edges) => layers.forEach((layer) => importsCompactly(layer, modules, edges)),
      (nodes) => this.pairs.imports(nodes),
    );
  }

  /** Few enough for pairs, and often refused. */
  private sharedUsers(): void {
    const wished = new Map<ShutdownTask, Set<ShutdownTask>>();
    const { numberOf } = this.circles;
    for (const [first, second] of this.pairs.shared()) {
      if (numberOf.get(first) === numberOf.get(second)) continue;
      for (const layer of this.layers) {
        const later = tasksOf(layer, [second]);
        for (const task of later.length === 0 ? [] : tasksOf(layer, [first])) {
          const known = wished.get(task) ?? new Set();
          wished.set(task, known);
          for (const other of later) known.add(other);
        }
      }
    }
    const all = [...wished].flatMap(([first, after]) =>
      [...after].map((second): TaskPair => [first, second]),
    );
    const pairs = this.order.withoutContradictions(all);
    this.order.preferEach({
      compact: (apart) =>
        pairs.filter(([first, second]) => !apart.has(first) || !apart.has(second)),
      each: (apart) => this.pairsOfTasks(this.pairs.sharedUsers(this.nodesOf(apart)), apart),
    });
  }

  private nodesOf(tasks: ReadonlySet<ShutdownTask>): ReadonlySet<ProviderNode> {
    const nodes = new Set<ProviderNode>();
    for (const layer of this.layers) {
      for (const [node, own] of layer) if (own.some((task) => tasks.has(task))) nodes.add(node);
    }
    return nodes;
  }

  /** In the order of `ProviderPairs`: a provider may have several objects, and an object several tasks. */
  private *pairsOfTasks(
    pairs: Iterable<readonly [...NodePair, ...unknown[]]>,
    wanted: ReadonlySet<ShutdownTask>,
  ): Generator<TaskPair> {
    const objectsOf = new Map<ProviderNode, Array<readonly ShutdownTask[]>>();
    for (const { node, tasks } of this.owners) {
      const own = tasks.map(({ task }) => task).filter((task) => wanted.has(task));
      objectsOf.set(node, [...(objectsOf.get(node) ?? []), own]);
    }
    for (const [first, second] of pairs) {
      for (const one of objectsOf.get(first) ?? []) {
        for (const other of objectsOf.get(second) ?? []) yield* this.inOneLayer(one, other);
      }
    }
  }

  private *inOneLayer(
    tasks: readonly ShutdownTask[],
    others: readonly ShutdownTask[],
  ): Generator<TaskPair> {
    for (const task of tasks) {
      const layer = this.order.layerOf(task);
      for (const other of others) if (this.order.layerOf(other) === layer) yield [task, other];
    }
  }
}
