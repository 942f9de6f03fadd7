import { NestApplication, NestApplicationContext, NestFactory } from '@nestjs/core';
import type { ModulesContainer } from '@nestjs/core';
import type { Application } from './application.js';

/** Told how far an application has come, for those that never come as far as their init hooks. */
export interface LifeObserver {
  /** All its providers are there. */
  created(): void;
  /** A provider could not be made: there will be no application. */
  creationFailed(): void;
  /** `enableShutdownHooks()` was called: Nest runs the hooks at a signal, though nothing was initialised. */
  hooksEnabled(): void;
  /** `init()` or `listen()` was called for the first time: the init hooks are next. */
  initCalled(): void;
  /** What that has begun has failed, before the init hooks or in them. */
  initFailed(): Promise<void>;
  /** `startAllMicroservices()` is over, which runs no init hooks. */
  microservicesStarted(application: Application): void;
}

type Container = { getModules(): ModulesContainer };
type Call = (this: Internals, ...args: unknown[]) => unknown;

/** Private names are the same in core 11 and 12. Where one is missing, that sign is not given. */
interface Internals {
  container: Container;
  isInitialized?: boolean;
}
type Name =
  | 'initialize'
  | 'init'
  | 'listenToShutdownSignals'
  | 'assertNotInPreviewMode'
  | 'startAllMicroservices';

/** Not `Symbol.for`: a second copy of this package has observers of its own, and must patch for them. */
const PATCHED = Symbol('nestjs-graceful.life-signs');
const observers = new WeakMap<ModulesContainer, LifeObserver>();
const beingCreated = new WeakSet<ModulesContainer>();

/** Follows the application that owns this container. */
export function observeLife(modules: ModulesContainer, observer: LifeObserver): void {
  observers.set(modules, observer);
}

/** Whether `NestFactory` is making the providers of this container now. Not known of testing modules. */
export function isBeingCreated(modules: ModulesContainer): boolean {
  return beingCreated.has(modules);
}

patch(Object.getPrototypeOf(NestFactory), 'initialize', async function (original, args) {
  const container = args.find(isContainer);
  if (!container) return original();
  const modules = container.getModules();
  beingCreated.add(modules);
  try {
    const result: unknown = await original();
    observers.get(modules)?.created();
    return result;
  } catch (error) {
    observers.get(modules)?.creationFailed();
    throw error;
  } finally {
    beingCreated.delete(modules);
  }
});

patch(NestApplicationContext.prototype, 'listenToShutdownSignals', function (original) {
  observerOf(this)?.hooksEnabled();
  return original();
});

// What `listen()` of every kind of application calls first, that of NestMicroservice as well, which lives in a package of
// its own.
patch(NestApplicationContext.prototype, 'assertNotInPreviewMode', function (original, [method]) {
  const result = original();
  if (method === 'listen' && !this.isInitialized) observerOf(this)?.initCalled();
  return result;
});

for (const { prototype } of [NestApplicationContext, NestApplication]) {
  patch(prototype, 'init', async function (original) {
    const observer = this.isInitialized ? undefined : observerOf(this);
    observer?.initCalled();
    try {
      return await original();
    } catch (error) {
      await observer?.initFailed();
      throw error;
    }
  });
}

patch(NestApplication.prototype, 'startAllMicroservices', async function (original) {
  const result: unknown = await original();
  observerOf(this)?.microservicesStarted(this as unknown as Application);
  return result;
});

function patch(
  prototype: object,
  name: Name,
  wrapper: (this: Internals, original: () => unknown, args: unknown[]) => unknown,
): void {
  const target = prototype as { [name in Name]?: Call & { [PATCHED]?: boolean } };
  const method = Object.hasOwn(target, name) ? target[name] : undefined;
  if (typeof method !== 'function' || method[PATCHED]) return;
  const replacement: Call & { [PATCHED]?: boolean } = function (this: Internals, ...args) {
    return wrapper.call(this, () => method.apply(this, args), args);
  };
  replacement[PATCHED] = true;
  target[name] = replacement;
}

function observerOf({ container }: Internals): LifeObserver | undefined {
  return isContainer(container) ? observers.get(container.getModules()) : undefined;
}

function isContainer(value: unknown): value is Container {
  return typeof (value as Partial<Container> | null | undefined)?.getModules === 'function';
}
