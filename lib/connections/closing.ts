import type { ClosingCall, HeldClient } from './held-client.js';
import { HeldResult } from './held-result.js';
import { currentScope, type HookScope } from './hook-scope.js';

/** The closing of one client: all calls that ask for it share what the first one comes to. */
export class Closing {
  /** Held, on its way, or over. */
  state: 'held' | 'going' | 'over' = 'held';
  /** Those who have asked for it. */
  readonly callers = new Set<HookScope>();
  readonly settled: Promise<unknown>;
  /** Called right before it is let go. */
  onGo: () => void = () => undefined;
  /** Further methods that were called meanwhile, such as `disconnect()` after a `quit()` that took too long. */
  readonly further: ClosingCall[] = [];
  private readonly waiting = new Set<HookScope>();
  private resolve!: (value: unknown) => void;
  private reject!: (reason: unknown) => void;

  constructor(
    readonly client: HeldClient,
    readonly first: ClosingCall,
  ) {
    this.settled = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.settled.catch(() => undefined);
  }

  /** What the caller is given: a promise, unless the method has none to give, or was given a callback. */
  answer(call: ClosingCall): unknown {
    const caller = currentScope();
    if (caller) this.callers.add(caller);
    const callback = call.args.at(-1);
    if (typeof callback === 'function') {
      if (call !== this.first) tell(this.settled, callback as (error?: unknown) => void);
      if (caller) this.wait(caller);
      return undefined;
    }
    if (this.client.found.shape.silent?.includes(call.name)) return undefined;
    return HeldResult.of(this.settled, () => {
      const waiter = currentScope() ?? caller;
      if (waiter) this.wait(waiter);
    });
  }

  /** Calls the client's own method. */
  go(): void {
    this.state = 'going';
    this.onGo();
    this.settled.then(
      () => this.ended(),
      () => this.ended(),
    );
    const { args } = this.first;
    const callback = args.at(-1);
    if (typeof callback !== 'function') {
      new Promise((settle) => settle(this.client.close(this.first))).then(
        this.resolve,
        this.reject,
      );
      return;
    }
    // What `end(callback)` returns says nothing; the callback does, once.
    tell(this.settled, callback as (error?: unknown) => void);
    const told = (error?: unknown) => (error ? this.reject(error) : this.resolve(undefined));
    try {
      this.client.close({ ...this.first, args: [...args.slice(0, -1), told] });
    } catch (error) {
      this.reject(error);
    }
  }

  fail(error: Error): void {
    this.reject(error);
  }

  private wait(scope: HookScope): void {
    if (this.state === 'over' || this.waiting.has(scope) || scope.isOver) return;
    this.waiting.add(scope);
    scope.stepAside();
  }

  private ended(): void {
    this.state = 'over';
    for (const scope of this.waiting) scope.stepBack();
    this.waiting.clear();
  }
}

/** A callback, as Node's are called. */
function tell(settled: Promise<unknown>, done: (error?: unknown) => void): void {
  const succeeded = () => done();
  settled.then(succeeded, done);
}
