import { NestApplicationContext, type ModulesContainer } from '@nestjs/core';

/** What of Nest's application object is used. There is no injection token for it. */
export interface Application {
  close(signal?: string): Promise<void>;
}

/** A listener of Nest's for a signal. */
type Listener = (...args: never[]) => void;

/** Told of an application as it starts. */
export interface ApplicationObserver {
  /** Signals that mean something else than the end: `enableShutdownHooks()` leaves them out, which by default takes all. */
  readonly actionSignals?: readonly string[];
  /** `enableShutdownHooks()` was called: with these names, or with none, which means all. */
  shutdownSignalsNamed?(names: readonly string[]): void;
  /** Nest's own listener for a signal, and how it is to be run. */
  shutdownListener?(listener: Listener): (run: () => void) => void;
  /** Its init hooks are about to run. */
  initStarting(application: Application): void;
  /** An init or bootstrap hook has failed: the application will never be ready. */
  initFailed(): Promise<void>;
}

interface Internals extends Application {
  container: { getModules(): ModulesContainer };
  callInitHook: (this: Internals) => Promise<void>;
  callBootstrapHook: (this: Internals) => Promise<void>;
  enableShutdownHooks: (this: Internals, signals?: unknown[], ...rest: unknown[]) => Internals;
  listenToShutdownSignals: (this: Internals, signals: string[], ...rest: unknown[]) => void;
  /** Core 12: signal to listener. */
  shutdownCleanupRefs?: Map<string, Listener>;
  /** Core 11. */
  activeShutdownSignals?: string[];
  shutdownCleanupRef?: Listener;
}

/** Not `Symbol.for`: a second copy of this package has observers of its own, and must patch for them. */
const PATCHED = Symbol('nestjs-graceful.application-hooks');
const observers = new WeakMap<ModulesContainer, ApplicationObserver>();
/** Nest's own listeners, those of applications without this module, too. */
const listenersOfNest = new WeakSet<Listener>();

/** Follows the application that owns this container (same names in core 11 and 12). */
export function observeApplication(modules: ModulesContainer, observer: ApplicationObserver): void {
  patchOnce();
  observers.set(modules, observer);
}

/** Whether `enableShutdownHooks()` was called at all. */
export function hasShutdownHooks(application: Application): boolean {
  const { shutdownCleanupRefs, activeShutdownSignals } = application as Internals;
  return (shutdownCleanupRefs?.size ?? activeShutdownSignals?.length ?? 0) > 0;
}

/** Whether a listener for a signal is one that `enableShutdownHooks()` has registered, of whichever application. */
export function isListenerOfNest(listener: Listener): boolean {
  // Registered before this package was loaded: known by the message that core 11 and 12 log in it.
  return (
    listenersOfNest.has(listener) ||
    Function.prototype.toString.call(listener).includes('ERROR_DURING_SHUTDOWN')
  );
}

/**
 * Whether it is a microservice in a hybrid application: with `deferInitialization` its `listen()` runs the hooks of the
 * whole, which runs them again in its own (core and microservices 11 and 12; NestMicroservice has no HTTP adapter).
 */
export function isPartOfHybrid(application: Application, httpAdapter: unknown): boolean {
  return Boolean(httpAdapter) && !('httpAdapter' in application);
}

/**
 * Puts a function in front of `close()`. Core 11 runs the teardown again for every caller, also while one is under way,
 * and neither major has a limit for it.
 */
export function wrapClose(
  application: Application,
  wrapper: (close: () => Promise<void>, signal?: string) => Promise<void>,
): void {
  const close = application.close.bind(application);
  application.close = (signal) => wrapper(() => close(signal), signal);
}

function patchOnce(): void {
  const prototype = NestApplicationContext.prototype as unknown as Internals & {
    [PATCHED]?: boolean;
  };
  if (prototype[PATCHED]) return;
  prototype[PATCHED] = true;
  const { callInitHook, callBootstrapHook, enableShutdownHooks, listenToShutdownSignals } =
    prototype;
  prototype.callInitHook = function () {
    observers.get(this.container.getModules())?.initStarting(this);
    return noticeFailure(this, () => callInitHook.call(this));
  };
  prototype.callBootstrapHook = function () {
    return noticeFailure(this, () => callBootstrapHook.call(this));
  };
  prototype.enableShutdownHooks = function (signals, ...rest) {
    const names = (signals ?? []).map((signal) => String(signal).toUpperCase().trim()); // as Nest does
    observers.get(this.container.getModules())?.shutdownSignalsNamed?.(names);
    return enableShutdownHooks.call(this, signals, ...rest);
  };
  prototype.listenToShutdownSignals = function (signals, ...rest) {
    const observer = observers.get(this.container.getModules());
    const left = observer?.actionSignals ?? [];
    const others = signals.filter((signal) => !left.includes(signal));
    listenToShutdownSignals.call(this, others, ...rest);
    for (const signal of others) noteListener(this, signal as NodeJS.Signals, observer);
  };
}

/**
 * Puts a listener in the place of Nest's that runs it as the observer wants. Like one of `once()` it has the original as
 * its property `listener`, by which Node, and Nest with it, finds and removes it (Node docs, `emitter.rawListeners()`).
 */
function noteListener(
  application: Internals,
  signal: NodeJS.Signals,
  observer: ApplicationObserver | undefined,
): void {
  const listener = application.shutdownCleanupRefs?.get(signal) ?? application.shutdownCleanupRef;
  if (!listener || !process.rawListeners(signal).includes(listener)) return;
  listenersOfNest.add(listener);
  const runner = observer?.shutdownListener?.(listener);
  if (!runner) return;
  const led = (...args: never[]) => runner(() => listener(...args));
  process.removeListener(signal, listener as NodeJS.SignalsListener);
  process.on(signal, Object.assign(led, { listener }) as () => void);
}

/** The function that awaits the init and bootstrap hooks, by its name in the stack of what they call. */
export const AWAITS_HOOKS = 'awaitHooksOfNest';

const { [AWAITS_HOOKS]: awaitHooks } = {
  async [AWAITS_HOOKS](run: () => Promise<void>): Promise<void> {
    await run();
  },
};

async function noticeFailure(application: Internals, run: () => Promise<void>): Promise<void> {
  try {
    await awaitHooks?.(run);
  } catch (error) {
    await observers.get(application.container.getModules())?.initFailed();
    throw error;
  }
}
