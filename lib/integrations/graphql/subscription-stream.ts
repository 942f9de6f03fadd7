import type { Clock } from '../../time/clock.js';
import { setImmediate } from '../../time/real-timers.js';

/** A generator that awaits its next event does not hear that it shall end; it has this long, in milliseconds. */
const DEAF_MS = 1_000;
/** Events that come faster than we look are no reason to go on for ever. */
const MOST_LAST_EVENTS = 1_000;

const DONE = { value: undefined, done: true } as const;

export interface StreamOwner {
  readonly clock: Clock;
  /** Counts what is closed after a stream, such as the `finally` of a generator; returns what to call at its end. */
  closing(): () => void;
  over(stream: SubscriptionStream): void;
  failed(error: unknown): void;
}

/**
 * The events of one subscription, as its resolver gives them, until the server stops them. It stops without an end: what a
 * library hears as the end of the events it tells its client as `complete`, and a client that has heard that never asks
 * another server for more. So the reader is kept waiting while its socket closes, and hears of the end when that is gone.
 */
export class SubscriptionStream implements AsyncIterableIterator<unknown> {
  private readonly source: AsyncIterator<unknown>;
  /** Those who wait for an event; called to tell them that none will come. */
  private readonly waiting = new Set<() => void>();
  private settling?: Promise<void>;
  private settled: () => void = () => undefined;
  private held = false;
  private over = false;
  private lastEvents = 0;
  private closed?: Promise<typeof DONE>;
  private heard?: () => void;

  constructor(
    source: AsyncIterable<unknown>,
    private readonly owner: StreamOwner,
  ) {
    this.source = source[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.over) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      const tellEnd = () => resolve(DONE);
      this.waiting.add(tellEnd);
      const pulled = (over: boolean) => {
        this.heard?.();
        if (over) this.finish();
        if (this.held && !this.over) return false; // it stays among those who wait
        this.waiting.delete(tellEnd);
        return true;
      };
      this.pull().then(
        (result) => pulled(result.done === true) && resolve(result),
        (error: unknown) => pulled(true) && reject(error),
      );
      if (this.settling) void this.settleUnlessMore(tellEnd);
    });
  }

  return(): Promise<typeof DONE> {
    this.closed ??= this.close();
    // A failure after our own end is ours to report, and Mercurius does not handle it.
    return this.over ? this.closed.catch(() => DONE) : this.closed;
  }

  /** Resolves when the events that are there by now have been handed on, or there are no more. */
  settle(): Promise<void> {
    if (this.over) return Promise.resolve();
    if (!this.settling) {
      this.settling = new Promise((resolve) => (this.settled = resolve));
      for (const tellEnd of this.waiting) void this.settleUnlessMore(tellEnd);
    }
    return this.settling;
  }

  /** From now on it hands on nothing, not even its end. */
  hold(): void {
    this.held = true;
  }

  /** Ends it now, for its reader and for its source. */
  cut(): void {
    if (this.over) return;
    this.over = true;
    this.settled();
    for (const tellEnd of this.waiting) tellEnd();
    this.closed ??= this.close();
    this.closed.catch((error: unknown) => this.owner.failed(error));
  }

  private async pull(): Promise<IteratorResult<unknown>> {
    return this.source.next();
  }

  private async settleUnlessMore(reader: () => void): Promise<void> {
    this.lastEvents += 1;
    // An event that is there already comes within a turn of the event loop.
    if (this.lastEvents < MOST_LAST_EVENTS) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    if (this.waiting.has(reader)) this.settled();
  }

  /** Its source has no more. */
  private finish(): void {
    this.settled();
    this.owner.over(this);
  }

  private async close(): Promise<typeof DONE> {
    const { clock } = this.owner;
    const closing = this.owner.closing();
    const deaf = this.waiting.size > 0 ? clock.setTimeout(closing, DEAF_MS) : undefined;
    this.heard = () => deaf !== undefined && clock.clearTimeout(deaf);
    try {
      await this.source.return?.();
      return DONE;
    } finally {
      this.heard();
      closing();
      this.owner.over(this);
    }
  }
}

export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
