import { AsyncLocalStorage } from 'node:async_hooks';

/** Nest's shutdown hooks, in the order it calls them: between the last two it closes servers and gateways. */
export const SHUTDOWN_HOOKS = [
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
] as const;

export type ShutdownHook = (typeof SHUTDOWN_HOOKS)[number];

type Hooked = { [hook in ShutdownHook]?: unknown };
type Call = (...args: unknown[]) => unknown;

/** A hook that is no longer Nest's to call. */
export interface TakenHook {
  /** Runs it, once. */
  run(...args: unknown[]): unknown;
  /** Leaves the object as it was. */
  giveBack(): void;
}

/** Where a hook runs, so that it is known who waits for it. */
export interface HookRoom {
  /** Runs it. */
  enter(call: () => unknown): unknown;
  /** Whoever calls now waits for it. */
  join(): void;
}

const OPEN_SPACE: HookRoom = { enter: (call) => call(), join: () => undefined };

/** On what stands for a hook that was taken over. An object may be in two applications. */
const TAKEN = Symbol('the hook it stands for');

interface Original {
  readonly call: Call;
  readonly property?: PropertyDescriptor;
}

type Replacement = Call & { [TAKEN]?: Taken };

/** Set in what a hook does: what it calls is not called by Nest. */
const insideHook = new AsyncLocalStorage<boolean>();

/** By which of the three are there, as bits: of thousands of objects nearly all have one and the same. */
const COMBINATIONS: ReadonlyArray<readonly ShutdownHook[]> = Array.from({ length: 8 }, (_, bits) =>
  SHUTDOWN_HOOKS.filter((_hook, index) => bits & (1 << index)),
);

/** The hooks that Nest would call on this object; the same list for the same hooks. */
export function shutdownHooksOf(host: object): readonly ShutdownHook[] {
  let bits = 0;
  if (hasHook(host, 'onModuleDestroy')) bits |= 1;
  if (hasHook(host, 'beforeApplicationShutdown')) bits |= 2;
  if (hasHook(host, 'onApplicationShutdown')) bits |= 4;
  return COMBINATIONS[bits];
}

export function hasHook(host: object, hook: ShutdownHook): boolean {
  return hookOf(host, hook) !== undefined;
}

/** Whether a hook can be replaced on this object: not when it is frozen, or sealed without such a property. */
export function canTakeOver(host: object, hook: ShutdownHook): boolean {
  try {
    const own = Object.getOwnPropertyDescriptor(host, hook);
    return own ? own.configurable === true : Object.isExtensible(host);
  } catch {
    return false; // a proxy with a will of its own
  }
}

/**
 * Takes a hook over: it runs once, also when somebody calls it by hand before or from another hook. Nest's own call, once
 * `isOver`, does nothing and waits for nothing: the hook has run, hangs, or has its turn yet to come. An own property in
 * front of the method, because Nest calls `instance.hook()` (core 11 and 12, hooks/*.hook.js). Undefined when the object
 * refuses, and then Nest's call is as it was.
 */
export function takeOver(
  host: object,
  hook: ShutdownHook,
  isOver: () => boolean,
  room: HookRoom = OPEN_SPACE,
): TakenHook | undefined {
  const found = hookOf(host, hook);
  if (!found) return undefined;
  try {
    const property = Object.getOwnPropertyDescriptor(host, hook);
    const known = (found as Replacement)[TAKEN];
    // Somebody may have copied the properties of a function to one around it.
    const original = known?.replacement === found ? known.original : { call: found, property };
    const taken = new Taken(host, hook, original, room, isOver);
    Object.defineProperty(host, hook, {
      value: taken.replacement,
      configurable: true,
      writable: true,
    });
    return hookOf(host, hook) === taken.replacement ? taken : undefined;
  } catch {
    return undefined;
  }
}

class Taken implements TakenHook {
  readonly replacement: Replacement;
  private hasRun = false;
  private result: unknown;

  constructor(
    private readonly host: object,
    private readonly hook: ShutdownHook,
    readonly original: Original,
    private readonly room: HookRoom,
    isOver: () => boolean,
  ) {
    this.replacement = (...args) =>
      isOver() && !insideHook.getStore() ? undefined : this.run(...args);
    this.replacement[TAKEN] = this;
  }

  run(...args: unknown[]): unknown {
    const { room } = this;
    room.join();
    if (this.hasRun) return this.result;
    this.hasRun = true;
    this.result = resultOf(() => room.enter(() => this.call(args)));
    return this.result;
  }

  giveBack(): void {
    const { host, hook, replacement } = this;
    const { property } = this.original;
    try {
      if (hookOf(host, hook) !== replacement) return; // somebody else has put something there
      if (property) Object.defineProperty(host, hook, property);
      else Reflect.deleteProperty(host, hook);
    } catch {
      // frozen meanwhile
    }
  }

  private call(args: unknown[]): unknown {
    return insideHook.run(true, () =>
      Reflect.apply<object, unknown[], unknown>(this.original.call, this.host, args),
    );
  }
}

/** What a hook returns; of one that is not over by then, or throws, a promise for all who ask. */
function resultOf(call: () => unknown): unknown {
  try {
    const result = call();
    const mayBePromise = typeof result === 'object' || typeof result === 'function';
    if (!mayBePromise || result === null) return result;
    // Made by hand, because a query builder's `then` runs the query each time it is called.
    return new Promise((settle) => settle(result));
  } catch (error) {
    return new Promise((_, reject) => reject(error));
  }
}

/** Runs Nest's teardown as its own, although a hook may have asked for it. Elsewhere it needs no async context. */
export function outsideHooks<T>(run: () => T): T {
  return insideHook.getStore() ? insideHook.run(false, run) : run();
}

function hookOf(host: object, hook: ShutdownHook): Call | undefined {
  try {
    const found = (host as Hooked)[hook];
    return typeof found === 'function' ? (found as Call) : undefined;
  } catch {
    return undefined; // a proxy with a will of its own
  }
}
