import { ApplicationConfig, ModuleRef, type ModulesContainer } from '@nestjs/core';

export type Module = ModulesContainer extends Map<string, infer M> ? M : never;
export type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;

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
  /** The module that makes it. */
  readonly host: Module;
  /** What it injects, and the class of its module. */
  readonly uses: readonly ProviderNode[];
  readonly isModuleClass: boolean;
}

/** An object in the container, and what it is known by. */
export interface Provided extends Pick<ProviderNode, 'names' | 'className' | 'module'> {
  readonly object: object;
}

const NOTHING: readonly Node[] = [];

/**
 * One of them, with all wrappers that give the same object. A container may be large, and most of this is never asked for,
 * so it is worked out when it is.
 */
export class Node implements ProviderNode {
  private used?: Node[];
  /** Under which else it is provided: aliases, or one object under several tokens. */
  private others?: Wrapper[];
  private known?: ReadonlySet<unknown>;

  constructor(
    private wrapper: Wrapper,
    private own: Module,
    /** One, or for a transient provider one for each of those who inject it. */
    readonly objects: object[],
  ) {}

  get object(): object {
    return this.objects[0];
  }

  get host(): Module {
    return this.own;
  }

  get uses(): readonly Node[] {
    return this.used ?? NOTHING;
  }

  /** Once, however often it is used. */
  use(node: Node): void {
    if (!this.used) this.used = [node];
    else if (!this.used.includes(node)) this.used.push(node);
  }

  get isModuleClass(): boolean {
    return this.wrapper.token === this.own.metatype;
  }

  get className(): string {
    return classOf(this.objects[0])?.name ?? '';
  }

  get name(): string {
    return this.className || textOf(this.wrapper.token);
  }

  get module(): string {
    return this.own.name;
  }

  get place(): string {
    const { token } = this.wrapper;
    // What tells apart objects of one class that a factory has made.
    const isPlain = typeof token === 'function' || this.className === '';
    return isPlain ? this.module : `${this.module}, ${textOf(token)}`;
  }

  get names(): ReadonlySet<unknown> {
    this.known ??= new Set<unknown>([
      ...this.wrappers.flatMap(({ token, metatype }) => [token, metatype ?? token]),
      ...this.objects.map(classOf).filter(Boolean),
    ]);
    return this.known;
  }

  /** As `names.has()`, without the set. */
  isNamed(name: unknown): boolean {
    return (
      isNamed(this.wrapper, name) ||
      (name !== undefined && classOf(this.objects[0]) === name) ||
      (this.others?.some((wrapper) => isNamed(wrapper, name)) ?? false)
    );
  }

  /** Another wrapper has the same object; it belongs to the module that makes it, not to one that gives it another name. */
  join(wrapper: Wrapper, module: Module, objects: readonly object[]): boolean {
    const isMaker = handsOn(this.wrapper) && !handsOn(wrapper);
    this.others = [...this.wrappers, wrapper].filter(
      (one) => one !== (isMaker ? wrapper : this.wrapper),
    );
    if (isMaker) [this.wrapper, this.own] = [wrapper, module];
    for (const object of objects) if (!this.objects.includes(object)) this.objects.push(object);
    this.known = undefined;
    return isMaker;
  }

  private get wrappers(): readonly Wrapper[] {
    return this.others ? [this.wrapper, ...this.others] : [this.wrapper];
  }
}

/** All but what every module has from Nest: through one shared object everybody would seem to depend on everybody. */
export function* wrappersOf(module: Module): Generator<Wrapper> {
  const { providers, controllers, injectables, middlewares } = module;
  for (const collection of [providers, controllers, injectables, middlewares]) {
    for (const wrapper of (collection as Map<unknown, Wrapper>).values()) {
      if (wrapper.token !== ApplicationConfig && wrapper.token !== ModuleRef) yield wrapper;
    }
  }
}

function isNamed({ token, metatype }: Wrapper, name: unknown): boolean {
  return token === name || (metatype ?? token) === name;
}

/** Visits what is injected, as Nest has recorded it (core 11 and 12, instance-wrapper.js `getCtorMetadata` and its kin). */
export function visitInjected(wrapper: Wrapper, visit: (used: Wrapper) => void): void {
  for (const used of wrapper.getCtorMetadata() ?? []) if (used) visit(used);
  for (const property of wrapper.getPropertiesMetadata() ?? []) visit(property.wrapper);
  for (const used of wrapper.getEnhancersMetadata() ?? []) visit(used);
}

/** Whether a provider is one that it injects: an alias (`useExisting`), or a factory that gives back what it got. */
function handsOn(wrapper: Wrapper): boolean {
  const objects = objectsOf(wrapper);
  let found = false;
  visitInjected(wrapper, (used) => {
    found ||= objectsOf(used).some((object) => objects.includes(object));
  });
  return found;
}

/** The living objects of a provider; none when it is made for each request. */
export function objectsOf(wrapper: Wrapper): object[] {
  if (!wrapper.isDependencyTreeStatic()) return [];
  if (!wrapper.isTransient) return isObject(wrapper.instance) ? [wrapper.instance] : [];
  return wrapper
    .getStaticTransientInstances()
    .map((host): unknown => host?.instance)
    .filter(isObject);
}

function isObject(instance: unknown): instance is object {
  return (typeof instance === 'object' && instance !== null) || typeof instance === 'function';
}

/** Undefined for a plain object or function, whose class says nothing. */
function classOf(object: object | undefined): { readonly name: string } | undefined {
  try {
    const constructor = object?.constructor;
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
