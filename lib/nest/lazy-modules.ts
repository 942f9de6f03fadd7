import { LazyModuleLoader, type ModulesContainer } from '@nestjs/core';

type Load = (this: Internals, ...args: unknown[]) => Promise<unknown>;

interface Internals {
  /** Private in core 11 and 12. */
  modulesContainer: ModulesContainer;
  load: Load;
}

/** Not `Symbol.for`: a second copy of this package has observers of its own, and must patch for them. */
const PATCHED = Symbol('nestjs-graceful.lazy-modules');
const observers = new WeakMap<ModulesContainer, () => void>();

/** Calls back whenever a module was loaded lazily into this container. */
export function onLazyModule(modules: ModulesContainer, observer: () => void): void {
  patchOnce();
  observers.set(modules, observer);
}

function patchOnce(): void {
  const prototype = LazyModuleLoader.prototype as unknown as Internals & { [PATCHED]?: boolean };
  if (prototype[PATCHED]) return;
  prototype[PATCHED] = true;
  const { load } = prototype;
  prototype.load = async function (...args) {
    const loaded = await load.apply(this, args);
    observers.get(this.modulesContainer)?.();
    return loaded;
  };
}
