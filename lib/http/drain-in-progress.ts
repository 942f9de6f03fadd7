import type { ServerResponse } from 'node:http';
import type { Clock, TimerHandle } from '../time/clock.js';
import { AbandonedWork } from './abandoned-work.js';
import type { Connection } from './connection.js';

/** What a drain is still waiting for. */
export class DrainInProgress {
  private readonly held = new Map<Connection, TimerHandle | undefined>();
  private readonly answers: AbandonedWork;
  private readonly others = new Set<Promise<unknown>>();
  private notify: () => void = () => undefined;
  private isOver = false;
  /** How long a client that was not told of the close may send one more request, in milliseconds. */
  readonly lingerMs: number;
  /** A session of HTTP/2 that is never without a stream leaves after this, in milliseconds. */
  readonly leaveWithinMs: number;

  constructor(
    private readonly clock: Clock,
    times: { readonly lingerMs: number; readonly leaveWithinMs: number },
  ) {
    this.lingerMs = times.lingerMs;
    this.leaveWithinMs = times.leaveWithinMs;
    this.answers = new AbandonedWork(clock, () => this.check());
  }

  /**
   * Waits for a connection; when a time is given, ends it after that time. Once the drain is over, at once. `atEnd` is
   * for one that is not waited for any longer, and may go on.
   */
  hold(connection: Connection, ms?: number, atEnd: () => void = () => connection.end()): void {
    this.forget(connection);
    if (this.isOver) {
      if (ms !== undefined) atEnd();
      return;
    }
    const end = () => {
      this.forget(connection);
      atEnd();
      this.check();
    };
    this.held.set(connection, ms === undefined ? undefined : this.clock.setTimeout(end, ms));
  }

  /** Waits for it no longer; `check` is to follow once nothing new has to be held in its place. */
  forget(connection: Connection): void {
    const timer = this.held.get(connection);
    if (timer !== undefined) this.clock.clearTimeout(timer);
    this.held.delete(connection);
  }

  /** Waits for a handler whose client has gone: its work is over when it answers, into nothing, or never will. */
  holdAnswer(response: ServerResponse): void {
    this.answers.add(response);
  }

  /** The handler of a client that has gone may have returned. */
  handlerReturned(): void {
    this.answers.check();
  }

  /** Waits for something else, however it ends. */
  until(promise: Promise<unknown>): void {
    this.others.add(promise);
    const over = () => {
      this.others.delete(promise);
      this.check();
    };
    promise.then(over, over);
  }

  awaitedAnswers(): readonly ServerResponse[] {
    return this.answers.alive();
  }

  /** Resolves when nothing is waited for any more, or the signal aborts. */
  over(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.isOver = true;
        this.answers.stop();
        signal.removeEventListener('abort', end);
        for (const connection of [...this.held.keys()]) this.forget(connection);
        resolve();
      };
      this.notify = end;
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
      this.check();
    });
  }

  check(): void {
    if (this.held.size + this.answers.size + this.others.size === 0) this.notify();
  }
}
