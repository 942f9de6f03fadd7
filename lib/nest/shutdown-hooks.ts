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
  readonly run: Call;
  /** Leaves the object as it was. */
  readonly giveBack: () => void;
}

/** Where a hook runs, so that it is known who waits for it. */
export interface HookRoom {
  /** Runs it. */
  readonly enter: (call: () => unknown) => unknown;
  /** Whoever calls now waits for it. */
  readonly join: () => void;
}

const OPEN_SPACE: HookRoom = { enter: (call) => call(), join: () => undefined };

/** What was there before a hook was taken over: an object may be in two applications. */
const originals = new WeakMap<Call, { call: Call; property?: PropertyDescriptor }>();
/** Set in what a hook does: what it calls is not called by Nest. */
const insideHook = new AsyncLocalStorage<boolean>();

/** The hooks that Nest would call on this object. */
export function shutdownHooksOf(host: object): ShutdownHook[] {
  return SHUTDOWN_HOOKS.filter((hook) => hasHook(host, hook));
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
  let ran: { readonly result: unknown } | undefined;
  try {
    const property = Object.getOwnPropertyDescriptor(host, hook);
    const original = originals.get(found) ?? { call: found, property };
    const run: Call = (...args) => {
      room.join();
      const call = () =>
        insideHook.run(true, () =>
          Reflect.apply<object, unknown[], unknown>(original.call, host, args),
        );
      ran ??= { result: resultOf(() => room.enter(call)) };
      return ran.result;
    };
    const value: Call = (...args) =>
      isOver() && !insideHook.getStore() ? undefined : run(...args);
    originals.set(value, original);
    Object.defineProperty(host, hook, { value, configurable: true, writable: true });
    if (hookOf(host, hook) !== value) return undefined;
    return { run, giveBack: () => giveBack(host, hook, value, original.property) };
  } catch {
    return undefined;
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

function giveBack(host: object, hook: ShutdownHook, ours: Call, before?: PropertyDescriptor): void {
  try {
    if (hookOf(host, hook) !== ours) return; // somebody else has put something there
    if (before) Object.defineProperty(host, hook, before);
    else Reflect.deleteProperty(host, hook);
  } catch {
    // frozen meanwhile
  }
}

function hookOf(host: object, hook: ShutdownHook): Call | undefined {
  try {
    const found = (host as Hooked)[hook];
    return typeof found === 'function' ? (found as Call) : undefined;
  } catch {
    return undefined; // a proxy with a will of its own
  }
}
