import { NestApplicationContext, type ModulesContainer } from '@nestjs/core';

/** What of Nest's application object is used. There is no injection token for it. */
export interface Application {
  close(signal?: string): Promise<void>;
}

/** Told of an application as it starts. */
export interface ApplicationObserver {
  /** Signals that mean something else than the end: `enableShutdownHooks()` leaves them out, which by default takes all. */
  readonly actionSignals?: readonly string[];
  /** Its init hooks are about to run. */
  initStarting(application: Application): void;
  /** An init or bootstrap hook has failed: the application will never be ready. */
  initFailed(): Promise<void>;
}

interface Internals extends Application {
  container: { getModules(): ModulesContainer };
  callInitHook: (this: Internals) => Promise<void>;
  callBootstrapHook: (this: Internals) => Promise<void>;
  listenToShutdownSignals: (this: Internals, signals: string[], ...rest: unknown[]) => void;
  /** Core 12: signal to listener. */
  shutdownCleanupRefs?: Map<string, unknown>;
  /** Core 11. */
  activeShutdownSignals?: string[];
}

/** Not `Symbol.for`: a second copy of this package has observers of its own, and must patch for them. */
const PATCHED = Symbol('nestjs-graceful.application-hooks');
const observers = new WeakMap<ModulesContainer, ApplicationObserver>();

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
  const { callInitHook, callBootstrapHook, listenToShutdownSignals } = prototype;
  prototype.callInitHook = function () {
    observers.get(this.container.getModules())?.initStarting(this);
    return noticeFailure(this, callInitHook.call(this));
  };
  prototype.callBootstrapHook = function () {
    return noticeFailure(this, callBootstrapHook.call(this));
  };
  prototype.listenToShutdownSignals = function (signals, ...rest) {
    const left = observers.get(this.container.getModules())?.actionSignals ?? [];
    const others = signals.filter((signal) => !left.includes(signal));
    listenToShutdownSignals.call(this, others, ...rest);
  };
}

async function noticeFailure(application: Internals, hook: Promise<void>): Promise<void> {
  try {
    await hook;
  } catch (error) {
    await observers.get(application.container.getModules())?.initFailed();
    throw error;
  }
}
