import { AsyncLocalStorage, createHook, type AsyncHook } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import type { Clock } from '../time/clock.js';
import { setImmediate } from '../time/real-timers.js';

/** What is begun by an end has at least this to show, in milliseconds: its first step may come a little later. */
const AT_LEAST_MS = 100;
/** And this at most: what is begun may never end. */
const AT_MOST_MS = 2_000;
/** Kinds of what goes on, by the names of Node's async_hooks. An interval never ends, and is limited by the time. */
const COUNTED: ReadonlySet<string> = new Set(['PROMISE', 'Timeout', 'Immediate']);

/**
 * What the end of a stream sets off in the application: `finalize()`, listeners of 'close', and the writes that they begin
 * and that nobody awaits. Whoever leaves is written down there, so the providers must still be open.
 *
 * The listeners run in an asynchronous context of their own, and what is begun in it is counted: promises until they are
 * settled, timers until they have run. Node's hooks for that cost every promise a call, so they are on only for this.
 */
export class Aftermath {
  private readonly context = new AsyncLocalStorage<Aftermath | undefined>();
  private readonly pending = new Set<number>();
  private readonly waits = new Set<{ look: () => void; end: () => void }>();
  private hook?: AsyncHook;

  constructor(private readonly clock: Clock) {}

  /** The listeners of an emitter's next event are part of it. */
  include(emitter: EventEmitter, event: string): void {
    this.watch();
    emitter.prependOnceListener(event, () => this.context.enterWith(this));
  }

  /** Resolves when nothing that was begun goes on, or after the time for it. */
  async over(): Promise<void> {
    await this.wait(AT_LEAST_MS, false);
    if (this.pending.size > 0) await this.wait(AT_MOST_MS - AT_LEAST_MS, true);
  }

  /** Nothing is counted any more, nor waited for. */
  stop(): void {
    this.hook?.disable();
    this.hook = undefined;
    this.pending.clear();
    for (const { end } of [...this.waits]) end();
  }

  private watch(): void {
    this.hook ??= createHook({
      init: (id, type) => {
        if (COUNTED.has(type) && this.context.getStore() === this) this.pending.add(id);
      },
      promiseResolve: (id) => this.ended(id),
      destroy: (id) => this.ended(id),
    }).enable();
  }

  private ended(id: number): void {
    if (!this.pending.delete(id) || this.pending.size > 0) return;
    for (const { look } of this.waits) look();
  }

  /** For the time, or until nothing goes on. */
  private wait(ms: number, untilRest: boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.clock.clearTimeout(timer);
        this.waits.delete(wait);
        resolve();
      };
      // What comes next may begin in the microtask that follows.
      const look = () => void setImmediate(() => this.pending.size === 0 && end());
      const timer = this.clock.setTimeout(end, ms);
      const wait = { look: untilRest ? look : () => undefined, end };
      this.waits.add(wait);
    });
  }
}
