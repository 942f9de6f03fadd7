import type { ProviderGraph } from './provider-graph.js';
import type { Module, ProviderNode } from './provider-node.js';
import { reachableFrom } from './reachable.js';

/** That the hooks of the first come before those of the second. */
export type NodePair = readonly [first: ProviderNode, second: ProviderNode];

/** Why they do; the first that applies decides. */
export type Relation = 'injects' | 'dispatches' | 'imports' | 'shares a user';

/** An object that is used by very many shows nothing of how these belong together. */
const MOST_SHARED = 32;

/**
 * Which of some providers come before which. This is what the order means, pair by pair, and so grows with the square;
 * `lib/plan` adds the same in a form that does not, and comes back to this for what contradicts itself.
 */
export class ProviderPairs {
  private readonly everybody: ReadonlySet<ProviderNode>;
  private readonly nodes: ReadonlySet<ProviderNode>;
  private entered?: ReadonlySet<Module>;
  private readonly reach = new Map<ProviderNode, ReadonlySet<ProviderNode>>();

  /** @param nodes those that have hooks */
  constructor(
    private readonly graph: ProviderGraph,
    nodes: Iterable<ProviderNode>,
  ) {
    this.nodes = new Set(nodes);
    this.everybody = graph.nodes();
  }

  /** All of them, those that matter most first. */
  *all(): Generator<readonly [...NodePair, Relation]> {
    for (const [first, second] of this.injections(this.nodes)) yield [first, second, 'injects'];
    yield* this.dispatches(this.nodes);
    for (const [first, second] of this.dispatchersInTurn()) yield [first, second, 'dispatches'];
    for (const [first, second] of this.imports(this.nodes)) yield [first, second, 'imports'];
    for (const [first, second] of this.sharedUsers(this.nodes))
      yield [first, second, 'shares a user'];
  }

  reaches(from: ProviderNode, to: ProviderNode): boolean {
    let reach = this.reach.get(from);
    if (!reach) this.reach.set(from, (reach = reachableFrom(from, ({ uses }) => uses)));
    return reach.has(to);
  }

  /** Who injects whom, directly or not. Those in a circle of injections (`forwardRef`) get no order among each other. */
  *injections(wanted: ReadonlySet<ProviderNode>): Generator<NodePair> {
    for (const first of this.nodes) {
      if (!wanted.has(first)) continue;
      for (const second of reachableFrom(first, ({ uses }) => uses)) {
        if (first === second || !wanted.has(second) || !this.nodes.has(second)) continue;
        if (!this.reaches(second, first)) yield [first, second];
      }
    }
  }

  /** Who calls others by discovery comes before these, and after those that bring it work. */
  *dispatches(wanted: ReadonlySet<ProviderNode>): Generator<readonly [...NodePair, Relation]> {
    const all = this.graph.dispatchers();
    const dispatching = this.dispatching();
    const homes = new Set(dispatching.map(({ host }) => host));
    for (const node of dispatching.length > 0 ? this.nodes : []) {
      if (all.has(node) || !wanted.has(node)) continue;
      // It uses what they drive, an event emitter for instance, and may do so in its last hook. In their own module
      // it is more likely that both use the same.
      const driving = [...reachableFrom(node, ({ uses }) => uses)]
        .filter((one) => all.has(one) && one.host !== node.host)
        .map(({ host }) => host);
      const behind = new Set(driving.filter((host) => homes.has(host)));
      for (const other of dispatching) {
        if (!wanted.has(other)) continue;
        if (!behind.has(other.host)) yield [other, node, 'dispatches'];
        else if (!this.reaches(other, node)) yield [node, other, 'injects'];
      }
    }
  }

  /** What others bring work to, an event bus, is also used by what those call that bring work in, workers for instance. */
  *dispatchersInTurn(): Generator<NodePair> {
    const dispatching = this.dispatching();
    if (dispatching.length < 2) return;
    const entered = this.enteredModules();
    for (const first of dispatching.filter(({ host }) => !entered.has(host))) {
      for (const second of dispatching.filter(({ host }) => entered.has(host)))
        yield [first, second];
    }
  }

  /** Each pair of providers whose modules import one another, directly or through modules that hold none of them. */
  *imports(wanted: ReadonlySet<ProviderNode>): Generator<NodePair> {
    const byModule = new Map<Module, ProviderNode[]>();
    for (const node of this.nodes) {
      const known = byModule.get(node.host);
      if (known) known.push(node);
      else byModule.set(node.host, [node]);
    }
    const reach = new Map(
      [...byModule.keys()].map((module) => [
        module,
        reachableFrom(module, ({ imports }) => imports),
      ]),
    );
    for (const [importer, imported] of reach) {
      for (const module of imported) {
        // Global modules import each other (core 11 and 12, container.js `bindGlobalScope`).
        if (module === importer || !byModule.has(module) || reach.get(module)?.has(importer))
          continue;
        const seconds = (byModule.get(module) ?? []).filter((node) => wanted.has(node));
        for (const first of byModule.get(importer) ?? []) {
          if (wanted.has(first)) for (const second of seconds) yield [first, second];
        }
      }
    }
  }

  /** The pairs of `shared()` whose providers do not use each other. */
  *sharedUsers(wanted: ReadonlySet<ProviderNode>): Generator<NodePair> {
    for (const pair of this.shared()) {
      const [first, second] = pair;
      if (!wanted.has(first) || !wanted.has(second)) continue;
      if (!this.reaches(first, second) && !this.reaches(second, first)) yield pair;
    }
  }

  /**
   * Each pair of providers of two modules which a third one uses both, directly or through what has nothing to do itself:
   * one may be handed a callback that needs the other, which injection does not show. Nest ends their modules one after
   * the other, so the pair is in that order.
   */
  *shared(): Generator<NodePair> {
    const nearest = new Map<ProviderNode, ReadonlySet<ProviderNode>>();
    const endOf = ({ host }: ProviderNode) => this.graph.endOf(host);
    for (const user of this.everybody) {
      if (this.usesOneModule(user)) continue;
      const shared = [...this.nearestOf(user, nearest)];
      if (shared.length < 2 || shared.length > MOST_SHARED) continue;
      for (const first of shared) {
        for (const second of shared) if (endOf(first) < endOf(second)) yield [first, second];
      }
    }
  }

  /** Those that call others by discovery. */
  dispatching(): ProviderNode[] {
    const all = this.graph.dispatchers();
    return [...this.nodes].filter((node) => all.has(node));
  }

  /** The modules that hold a dispatcher which others use. */
  enteredModules(): ReadonlySet<Module> {
    this.entered ??= this.findEntered();
    return this.entered;
  }

  private findEntered(): ReadonlySet<Module> {
    const all = this.graph.dispatchers();
    const entered = new Set<Module>();
    for (const node of all.size > 0 ? this.everybody : []) {
      for (const used of node.uses) {
        if (all.has(used) && used.host !== node.host) entered.add(used.host);
      }
    }
    return entered;
  }

  /** Whether all that it uses has hooks and is of one module, as most often. */
  private usesOneModule(node: ProviderNode): boolean {
    let host: Module | undefined;
    for (const used of node.uses) {
      if (used.isModuleClass && used.host === node.host) continue;
      if (!this.nodes.has(used)) return false;
      host ??= used.host;
      if (used.host !== host) return false;
    }
    return true;
  }

  private nearestOf(
    node: ProviderNode,
    nearest: Map<ProviderNode, ReadonlySet<ProviderNode>>,
  ): ReadonlySet<ProviderNode> {
    const known = nearest.get(node);
    if (known) return known;
    const found = new Set<ProviderNode>();
    nearest.set(node, found); // a circle ends here
    for (const used of node.uses) {
      if (used.isModuleClass && used.host === node.host) continue;
      for (const one of this.nodes.has(used) ? [used] : this.nearestOf(used, nearest)) {
        found.add(one);
      }
      if (found.size > MOST_SHARED) break;
    }
    return found;
  }
}
