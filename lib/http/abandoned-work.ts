import type { ServerResponse } from 'node:http';
import type { Clock, TimerHandle } from '../time/clock.js';
import { hasReturned, isUnanswered, whenAnswered } from './abandoned-responses.js';
import { turn } from '../time/real-timers.js';
import { collectGarbage } from './garbage.js';
import { forgetResponse } from './node-internals.js';

/** Work by callbacks for a client that has gone is waited for this long, in milliseconds: it looks as a long poll does. */
const CALLBACKS_MS = 1_000;
/** To find out who holds a response stops the process for a moment, so it is done this many times in a drain. */
const MOST_LOOKS = 3;

/**
 * What a drain waits for that nobody reads: handlers at work for clients that have gone. A response that nobody holds any
 * more will never be answered, and is no work: a long poll forgets it as its client leaves. Held weakly, to find that out.
 */
export class AbandonedWork {
  private readonly refs = new Set<WeakRef<ServerResponse>>();
  private readonly held = new WeakSet<ServerResponse>();
  private timer?: TimerHandle;
  private looks = 0;
  private looking = false;
  private isOver = false;

  constructor(
    private readonly clock: Clock,
    /** Told when there may be less. */
    private readonly changed: () => void,
  ) {}

  get size(): number {
    return this.refs.size;
  }

  add(response: ServerResponse): void {
    if (this.isOver || this.held.has(response) || !isUnanswered(response)) return;
    this.held.add(response);
    const ref = new WeakRef(response);
    this.refs.add(ref);
    whenAnswered(response, () => this.drop([ref]));
    void this.look();
  }

  /** Waits for it no longer. */
  forget(response: ServerResponse): void {
    this.drop([...this.refs].filter((ref) => ref.deref() === response));
  }

  /** Looks again: a handler may have returned. */
  check(): void {
    if (this.alive().some(hasReturned)) void this.look();
  }

  /** Those that are still waited for. */
  alive(): ServerResponse[] {
    return [...this.refs].flatMap((ref) => ref.deref() ?? []);
  }

  stop(): void {
    this.isOver = true;
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    await turn(); // what is alive in this turn is held by it
    await turn();
    if (this.isOver) return;
    if (this.looks < MOST_LOOKS && this.refs.size > 0) {
      this.looks += 1;
      this.alive()
        .filter(({ req }) => req.httpVersionMajor < 2)
        .forEach(forgetResponse);
      await turn();
      collectGarbage();
    }
    this.looking = false;
    this.drop([...this.refs].filter((ref) => ref.deref() === undefined));
    this.limitCallbacks();
  }

  private limitCallbacks(): void {
    if (this.timer !== undefined || !this.alive().some(hasReturned)) return;
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      this.drop([...this.refs].filter((ref) => isPast(ref.deref())));
    }, CALLBACKS_MS);
  }

  private drop(refs: ReadonlyArray<WeakRef<ServerResponse>>): void {
    for (const ref of refs) this.refs.delete(ref);
    if (refs.length > 0) this.changed();
  }
}

function isPast(response: ServerResponse | undefined): boolean {
  return response === undefined || hasReturned(response);
}
