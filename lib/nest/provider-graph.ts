import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import {
  Node,
  objectsOf,
  visitInjected,
  wrappersOf,
  type Module,
  type Provided,
  type ProviderNode,
  type Wrapper,
} from './provider-node.js';
import { closureOf, reachableFrom } from './reachable.js';

/**
 * Who depends on whom in the container. Edges are the injections that Nest has recorded (constructor, property, factory,
 * enhancers) and that a provider belongs to the class of its module, whose hooks Nest calls after those of its providers.
 * Building it takes one pass over the container; the edges are looked for when somebody asks for the first of them.
 */
export class ProviderGraph {
  readonly modules: readonly Module[];
  private readonly byWrapper = new Map<Wrapper, Node>();
  private readonly byObject = new Map<object, Node>();
  private readonly injected = new Map<unknown, boolean>();
  /** Known once it is connected: those that inject what leads to all others. */
  private readonly explorers = new Set<Node>();
  private isConnected = false;
  private everybody?: ReadonlySet<Node>;
  private dispatcherSet?: ReadonlySet<ProviderNode>;
  private ends?: ReadonlyMap<Module, number>;

  constructor(modules: ModulesContainer) {
    this.modules = [...modules.values()];
    for (const module of this.modules) {
      for (const wrapper of wrappersOf(module)) this.addNode(wrapper, module);
    }
  }

  /** Every object there is, once, however many names it has. */
  objects(): Iterable<object> {
    return this.byObject.keys();
  }

  /** Every object with what is known of it. */
  *provided(): Generator<Provided> {
    for (const [object, node] of this.byObject) {
      yield node.object === object ? node : copyFor(object, node);
    }
  }

  /** What the graph knows of an object. */
  nodeOf(object: object): ProviderNode | undefined {
    return this.byObject.get(object);
  }

  /** Whether anything in the container goes by this token or class. */
  knows(token: unknown): boolean {
    for (const node of this.byWrapper.values()) if (node.isNamed(token)) return true;
    return false;
  }

  /** Whether anything outside of its own module injects it, by this token or class. */
  isInjected(token: unknown): boolean {
    let found = this.injected.get(token);
    if (found === undefined) this.injected.set(token, (found = this.findInjected(token)));
    return found;
  }

  /** Every provider there is, once, also those that are made for each request. */
  nodes(): ReadonlySet<ProviderNode> {
    this.connect();
    return this.all;
  }

  /** Whether one object is made from another, directly or not: by injections, and not by belonging to its module. */
  isMadeFrom(object: object, other: object): boolean {
    const [node, used] = [this.byObject.get(object), this.byObject.get(other)];
    if (!node || !used || node === used) return false;
    this.connect();
    return reachableFrom(node, injections).has(used) && !reachableFrom(used, injections).has(node);
  }

  /** An object and all that it is made from, in the same sense. */
  madeFrom(object: object): Array<{ readonly object: object; readonly name: string }> {
    const start = this.byObject.get(object);
    if (!start) return [];
    this.connect();
    const nodes = new Set([start, ...reachableFrom(start, injections)]);
    return [...nodes].flatMap(({ objects, name }) => objects.map((one) => ({ object: one, name })));
  }

  /**
   * A provider that injects `DiscoveryService` or `ModulesContainer` calls others that it does not inject, and so do
   * those of its module that use it or that it drives. Injection does not show whom they call, so they end before
   * everything that does not itself depend on one of them.
   */
  dispatchers(): ReadonlySet<ProviderNode> {
    this.connect();
    this.dispatcherSet ??= this.findDispatchers();
    return this.dispatcherSet;
  }

  /** When Nest ends a module (core 11 and 12, nest-application-context.js `getModulesToTriggerHooksOn`). */
  endOf(module: Module): number {
    this.ends ??= new Map(
      this.modules
        .toSorted((a, b) => b.distance - a.distance)
        .toReversed()
        .map((one, index) => [one, index]),
    );
    return this.ends.get(module) ?? Infinity;
  }

  private get all(): ReadonlySet<Node> {
    return (this.everybody ??= new Set(this.byWrapper.values()));
  }

  private addNode(wrapper: Wrapper, module: Module): void {
    const objects = objectsOf(wrapper);
    let known: Node | undefined;
    for (const object of objects) known ??= this.byObject.get(object);
    const node = known ?? new Node(wrapper, module, objects);
    const isMaker = known?.join(wrapper, module, objects) ?? false;
    this.byWrapper.set(wrapper, node);
    for (const object of objects) {
      if (isMaker) this.byObject.delete(object); // its place is that of who makes it
      this.byObject.set(object, node);
    }
  }

  private findInjected(token: unknown): boolean {
    const targets = new Set<Node>();
    for (const node of this.byWrapper.values()) if (node.isNamed(token)) targets.add(node);
    if (targets.size === 0) return false;
    let found = false;
    for (const [wrapper, { host }] of this.byWrapper) {
      visitInjected(wrapper, (used) => {
        const node = this.byWrapper.get(used);
        found ||= node !== undefined && targets.has(node) && node.host !== host;
      });
    }
    return found;
  }

  private connect(): void {
    if (this.isConnected) return;
    this.isConnected = true;
    for (const [wrapper, node] of this.byWrapper) {
      visitInjected(wrapper, (used) => {
        const target = this.byWrapper.get(used);
        if (target && target !== node) node.use(target);
        if (isDiscovery(used.token)) this.explorers.add(node);
      });
    }
    for (const module of this.modules) this.bindToModuleClass(module);
  }

  /** Not where the class injects the provider, directly or not: then the class is the one that depends. */
  private bindToModuleClass(module: Module): void {
    const wrapper = module.providers.get(module.metatype);
    const moduleClass = wrapper && this.byWrapper.get(wrapper);
    if (!moduleClass) return;
    const used = reachableFrom(moduleClass, ({ uses }) => uses);
    for (const own of wrappersOf(module)) {
      const node = this.byWrapper.get(own) as Node;
      const isOwn = node !== moduleClass && node.host === module;
      if (isOwn && !used.has(node)) node.use(moduleClass);
    }
  }

  private findDispatchers(): ReadonlySet<Node> {
    const { explorers } = this;
    if (explorers.size === 0) return explorers;
    const inside = (node: Node) =>
      node.uses.filter((used) => used.host === node.host && !used.isModuleClass);
    const homes = new Set([...explorers].map(({ host }) => host));
    const users = new Map<Node, Node[]>();
    for (const node of this.all) {
      for (const used of homes.has(node.host) ? inside(node) : []) {
        const known = users.get(used);
        if (known) known.push(node);
        else users.set(used, [node]);
      }
    }
    // Something else of the module that works through an explorer, such as the module class itself, and what they drive.
    return closureOf(
      closureOf(explorers, (node) => users.get(node) ?? []),
      inside,
    );
  }
}

/** What a provider injects, without the class of its module, to which it only belongs. */
function injections({ uses, host }: Node): Node[] {
  return uses.filter((one) => !(one.isModuleClass && one.host === host));
}

/** For the objects of a transient provider but the first. */
function copyFor(object: object, { names, className, module }: Node): Provided {
  return { object, names, className, module };
}

function isDiscovery(token: unknown): boolean {
  return token === DiscoveryService || token === ModulesContainer;
}
