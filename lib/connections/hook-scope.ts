import { AsyncLocalStorage } from 'node:async_hooks';

/** Set in what a hook does, and in what a closing call does once it was let go. */
const current = new AsyncLocalStorage<HookScope | 'letting go'>();

/** The hook in which something is called; undefined outside of hooks. */
export function currentScope(): HookScope | undefined {
  const scope = current.getStore();
  return scope === 'letting go' ? undefined : scope;
}

/** Whether this is called by a closing call that was let go: what it closes inside of it goes with it. */
export function isLettingGo(): boolean {
  return current.getStore() === 'letting go';
}

/** Runs a closing call. */
export function lettingGo<T>(call: () => T): T {
  return current.run('letting go', call);
}

/**
 * One hook while it runs, and who waits for it: a task of the shutdown, or another hook that has called it. When all it
 * does is wait for a closing call that is held, those who wait for it wait for nothing else either.
 */
export class HookScope {
  private readonly waiters = new Set<HookScope>();
  private waits = 0;
  private over = false;

  constructor(private readonly changed: () => void = () => undefined) {}

  get isOver(): boolean {
    return this.over;
  }

  get isAside(): boolean {
    return this.waits > 0;
  }

  run<T>(call: () => T): T {
    return current.run(this, call);
  }

  /** Whoever runs now waits for this one. */
  join(): void {
    const waiter = currentScope();
    if (!waiter || waiter === this || this.over || this.waiters.has(waiter)) return;
    this.waiters.add(waiter);
    if (this.isAside) waiter.stepAside();
  }

  /** It waits for a closing call from now on. */
  stepAside(): void {
    this.waits += 1;
    if (this.waits > 1 || this.over) return;
    for (const waiter of this.waiters) waiter.stepAside();
    this.changed();
  }

  stepBack(): void {
    this.waits -= 1;
    if (this.waits > 0 || this.over) return;
    for (const waiter of this.waiters) waiter.stepBack();
    this.changed();
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    if (this.isAside) for (const waiter of this.waiters) waiter.stepBack();
    this.waiters.clear();
    this.changed();
  }

  /** The hooks and tasks that wait for this one, it included. */
  all(): Set<HookScope> {
    const all = new Set<HookScope>([this]);
    for (const scope of all) for (const waiter of scope.waiters) all.add(waiter); // a Set grows under its iteration
    return all;
  }
}
