import { ApplicationConfig, DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';

type Module = ModulesContainer extends Map<string, infer M> ? M : never;
type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;

/** An object that Nest has made: a provider, a controller, an enhancer, a middleware or a module class. */
export interface ProviderNode {
  /** Its class, or its token. */
  readonly name: string;
  /** The name of its class; empty for a plain object. */
  readonly className: string;
  /** The class name of the module it is in. */
  readonly module: string;
  /** The module, and the token of a custom provider. */
  readonly place: string;
  /** The tokens and classes it can be named by. */
  readonly names: ReadonlySet<unknown>;
}

/** Why one object's hooks come before another's; the first that applies decides. */
export type Relation = 'injects' | 'dispatches' | 'imports' | 'shares a user';

interface Node extends ProviderNode {
  readonly names: Set<unknown>;
  readonly host: Module;
  readonly isModuleClass: boolean;
  readonly uses: Set<Node>;
}

/**
 * Who depends on whom in the container. Edges are the injections that Nest has recorded (constructor, property, factory,
 * enhancers; core 11 and 12, instance-wrapper.js `getCtorMetadata` and its kin) and that a provider belongs to the class
 * of its module, whose hooks Nest calls after those of its providers.
 */
export class ProviderGraph {
  private readonly nodes = new Map<Wrapper, Node>();
  private readonly byObject = new Map<object, Node>();
  private dispatcherSet?: ReadonlySet<Node>;
  private readonly nestsOrder: ReadonlyMap<Module, number>;

  constructor(modules: ModulesContainer) {
    this.nestsOrder = teardownOrder(modules);
    // An object belongs to the module that makes it, not to one that gives it another name.
    const handedOn: Array<[Wrapper, Module]> = [];
    for (const module of modules.values()) {
      for (const wrapper of wrappersOf(module)) {
        if (handsOn(wrapper)) handedOn.push([wrapper, module]);
        else this.addNode(wrapper, module);
      }
    }
    for (const [wrapper, module] of handedOn) this.addNode(wrapper, module);
    for (const module of modules.values()) this.connect(module);
    for (const module of modules.values()) this.bindToModuleClass(module);
  }

  /** Every object there is, once, however many names it has. */
  objects(): Iterable<object> {
    return this.byObject.keys();
  }

  /** What the graph knows of an object. */
  nodeOf(object: object): ProviderNode | undefined {
    return this.byObject.get(object);
  }

  /** Whether anything in the container goes by this token or class. */
  knows(token: unknown): boolean {
    return [...this.nodes.values()].some(({ names }) => names.has(token));
  }

  /**
   * Tells which of these objects comes before which, those that matter most first. Objects in a circle of injections
   * (`forwardRef`) get no order among each other.
   */
  relate(
    objects: readonly object[],
    tell: (first: object, second: object, why: Relation) => void,
  ): void {
    // Transient providers have an object for each of those who inject them.
    const nodes = new Map<Node, object[]>();
    for (const object of objects) {
      const node = this.byObject.get(object);
      if (node) nodes.set(node, [...(nodes.get(node) ?? []), object]);
    }
    if (objects.length < 2) return;
    const reach = new Map(
      [...nodes.keys()].map((node) => [node, reachableFrom(node, (n) => n.uses)]),
    );
    const reaches = (from: Node, to: Node) => reach.get(from)?.has(to) === true;
    const pair = (first: Node, second: Node, why: Relation) => {
      for (const one of nodes.get(first) ?? []) {
        for (const other of nodes.get(second) ?? []) tell(one, other, why);
      }
    };

    for (const [first, used] of reach) {
      for (const second of used) {
        if (first !== second && nodes.has(second) && !reaches(second, first)) {
          pair(first, second, 'injects');
        }
      }
    }
    const all = this.dispatchers();
    const dispatching = [...nodes.keys()].filter((node) => all.has(node));
    const homes = new Set(dispatching.map(({ host }) => host));
    for (const [node, used] of reach) {
      if (all.has(node)) continue;
      // It uses what they drive, an event emitter for instance, and may do so in its last hook. In their own module
      // it is more likely that both use the same.
      const driving = [...used]
        .filter((one) => all.has(one) && one.host !== node.host)
        .map(({ host }) => host);
      const behind = new Set(driving.filter((host) => homes.has(host)));
      for (const other of dispatching) {
        if (!behind.has(other.host)) pair(other, node, 'dispatches');
        else if (!reaches(other, node)) pair(node, other, 'injects');
      }
    }
    // What others bring work to, an event bus, is also used by what those call that bring work in, workers for instance.
    const entered = new Set<Module>();
    for (const node of this.nodes.values()) {
      for (const used of node.uses)
        if (all.has(used) && used.host !== node.host) entered.add(used.host);
    }
    for (const first of dispatching.filter(({ host }) => !entered.has(host))) {
      for (const second of dispatching.filter(({ host }) => entered.has(host)))
        pair(first, second, 'dispatches');
    }
    for (const [first, second] of importPairs([...nodes.keys()])) pair(first, second, 'imports');
    for (const [first, second] of sharedUserPairs(this.nodes.values(), nodes, this.nestsOrder)) {
      if (!reaches(first, second) && !reaches(second, first)) pair(first, second, 'shares a user');
    }
  }

  /** Whether one object is made from another, directly or not: by injections, and not by belonging to its module. */
  isMadeFrom(object: object, other: object): boolean {
    const [node, used] = [this.byObject.get(object), this.byObject.get(other)];
    if (!node || !used || node === used) return false;
    const injections = ({ uses, host }: Node) =>
      [...uses].filter((one) => !(one.isModuleClass && one.host === host));
    return reachableFrom(node, injections).has(used) && !reachableFrom(used, injections).has(node);
  }

  private addNode(wrapper: Wrapper, module: Module): void {
    const { token } = wrapper;
    const objects = objectsOf(wrapper);
    const classes = objects.map(classOf);
    const className = classes[0]?.name ?? '';
    // What tells apart objects of one class that a factory has made.
    const isPlain = typeof token === 'function' || className === '';
    const node: Node = {
      name: className || textOf(token),
      className,
      module: module.name,
      place: isPlain ? module.name : `${module.name}, ${textOf(token)}`,
      names: new Set<unknown>([token, wrapper.metatype ?? token, ...classes.filter(Boolean)]),
      host: module,
      isModuleClass: token === module.metatype,
      uses: new Set(),
    };
    // An alias, or one object under two tokens: one node, with all its names.
    const known = objects.flatMap((object) => this.byObject.get(object) ?? [])[0] ?? node;
    for (const name of node.names) known.names.add(name);
    this.nodes.set(wrapper, known);
    for (const object of objects) this.byObject.set(object, known);
  }

  private connect(module: Module): void {
    for (const wrapper of wrappersOf(module)) {
      const node = this.nodes.get(wrapper) as Node;
      for (const used of injectedInto(wrapper)) {
        const target = this.nodes.get(used);
        if (target && target !== node) node.uses.add(target);
      }
    }
  }

  /** Not where the class injects the provider, directly or not: then the class is the one that depends. */
  private bindToModuleClass(module: Module): void {
    const wrapper = module.providers.get(module.metatype);
    const moduleClass = wrapper && this.nodes.get(wrapper);
    if (!moduleClass) return;
    const used = reachableFrom(moduleClass, (node) => node.uses);
    for (const own of wrappersOf(module)) {
      const node = this.nodes.get(own) as Node;
      const isOwn = node !== moduleClass && node.host === module;
      if (isOwn && !used.has(node)) node.uses.add(moduleClass);
    }
  }

  /**
   * A provider that injects `DiscoveryService` or `ModulesContainer` calls others that it does not inject, and so do
   * those of its module that use it or that it drives. Injection does not show whom they call, so they end before
   * everything that does not itself depend on one of them.
   */
  private dispatchers(): ReadonlySet<Node> {
    this.dispatcherSet ??= this.findDispatchers();
    return this.dispatcherSet;
  }

  private findDispatchers(): ReadonlySet<Node> {
    const explorers = new Set<Node>();
    for (const [wrapper, node] of this.nodes) {
      if (injectedInto(wrapper).some(({ token }) => isDiscovery(token))) explorers.add(node);
    }
    const inside = (node: Node) => (next: Node) =>
      [...next.uses].filter((used) => used.host === node.host && !used.isModuleClass);
    const all = new Set(explorers);
    for (const node of this.nodes.values()) {
      // Something else of the module that works through an explorer, such as the module class itself.
      if ([...reachableFrom(node, inside(node))].some((used) => explorers.has(used))) all.add(node);
    }
    for (const node of [...all])
      for (const driven of reachableFrom(node, inside(node))) all.add(driven);
    return all;
  }
}

/** Each pair of objects whose modules import one another, directly or through modules that hold none of them. */
function* importPairs(nodes: readonly Node[]): Generator<[Node, Node]> {
  const byModule = new Map<Module, Node[]>();
  for (const node of nodes) byModule.set(node.host, [...(byModule.get(node.host) ?? []), node]);
  const reach = new Map(
    [...byModule.keys()].map((module) => [module, reachableFrom(module, ({ imports }) => imports)]),
  );
  for (const [importer, imported] of reach) {
    for (const module of imported) {
      // Global modules import each other (core 11 and 12, container.js `bindGlobalScope`).
      if (module === importer || !byModule.has(module) || reach.get(module)?.has(importer))
        continue;
      for (const first of byModule.get(importer) ?? []) {
        for (const second of byModule.get(module) ?? []) yield [first, second];
      }
    }
  }
}

/** An object that is used by very many shows nothing of how these belong together. */
const MOST_SHARED = 32;

/**
 * Each pair of objects of two modules which a third one uses both, directly or through what has nothing to do itself: one
 * may be handed a callback that needs the other, which injection does not show. Nest ends their modules one after the
 * other, so the pair is in that order.
 */
function* sharedUserPairs(
  all: Iterable<Node>,
  nodes: ReadonlyMap<Node, unknown>,
  nestsOrder: ReadonlyMap<Module, number>,
): Generator<[Node, Node]> {
  const rank = ({ host }: Node) => nestsOrder.get(host) ?? Infinity;
  const nearest = new Map<Node, ReadonlySet<Node>>();
  const nearestOf = (node: Node): ReadonlySet<Node> => {
    const known = nearest.get(node);
    if (known) return known;
    const found = new Set<Node>();
    nearest.set(node, found); // a circle ends here
    for (const used of node.uses) {
      if (used.isModuleClass && used.host === node.host) continue;
      for (const one of nodes.has(used) ? [used] : nearestOf(used)) found.add(one);
      if (found.size > MOST_SHARED) break;
    }
    return found;
  };
  for (const user of new Set(all)) {
    const shared = [...nearestOf(user)];
    if (shared.length < 2 || shared.length > MOST_SHARED) continue;
    for (const first of shared) {
      for (const second of shared) if (rank(first) < rank(second)) yield [first, second];
    }
  }
}

/** When Nest ends each module (core 11 and 12, nest-application-context.js `getModulesToTriggerHooksOn`). */
function teardownOrder(modules: ModulesContainer): ReadonlyMap<Module, number> {
  const byInit = [...modules.values()].toSorted((a, b) => b.distance - a.distance);
  return new Map(byInit.toReversed().map((module, index) => [module, index]));
}

/** Everything reachable, without the start itself unless it is reached again; the nearest first. */
function reachableFrom<T>(start: T, next: (item: T) => Iterable<T>): Set<T> {
  const found = new Set<T>(next(start));
  for (const item of found) for (const further of next(item)) found.add(further); // a Set grows under its iteration
  return found;
}

/** All but what every module has from Nest: through one shared object everybody would seem to depend on everybody. */
function wrappersOf(module: Module): Wrapper[] {
  const { providers, controllers, injectables, middlewares } = module;
  return [providers, controllers, injectables, middlewares]
    .flatMap((collection) => [...(collection as Map<unknown, Wrapper>).values()])
    .filter(({ token }) => token !== ApplicationConfig && token !== ModuleRef);
}

function injectedInto(wrapper: Wrapper): Wrapper[] {
  const lists: Array<Array<Wrapper | undefined> | undefined> = [
    wrapper.getCtorMetadata(),
    wrapper.getPropertiesMetadata()?.map((property) => property.wrapper),
    wrapper.getEnhancersMetadata(),
  ];
  return lists.flatMap((list) => list ?? []).filter((used) => used !== undefined);
}

/** Whether a provider is one that it injects: an alias (`useExisting`), or a factory that gives back what it got. */
function handsOn(wrapper: Wrapper): boolean {
  const objects = objectsOf(wrapper);
  return injectedInto(wrapper).some((used) =>
    objectsOf(used).some((object) => objects.includes(object)),
  );
}

/** The living objects of a provider; none when it is made for each request. */
export function objectsOf(wrapper: Wrapper): object[] {
  if (!wrapper.isDependencyTreeStatic()) return [];
  const instances: unknown[] = wrapper.isTransient
    ? wrapper.getStaticTransientInstances().map((host) => host?.instance)
    : [wrapper.instance];
  return instances.filter(
    (instance): instance is object =>
      (typeof instance === 'object' && instance !== null) || typeof instance === 'function',
  );
}

/** Undefined for a plain object or function, whose class says nothing. */
function classOf(object: object): { readonly name: string } | undefined {
  try {
    const { constructor } = object;
    const isPlain = [Object, Function, undefined].includes(constructor as ObjectConstructor);
    return isPlain || typeof constructor !== 'function' ? undefined : constructor;
  } catch {
    return undefined; // a proxy with a will of its own
  }
}

/** A token as a user would write it. */
export function textOf(token: unknown): string {
  if (typeof token === 'function') return token.name || 'an anonymous class';
  return typeof token === 'symbol' ? (token.description ?? 'a symbol') : String(token);
}

function isDiscovery(token: unknown): boolean {
  return token === DiscoveryService || token === ModulesContainer;
}
