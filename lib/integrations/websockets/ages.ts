import type { Clock, TimerHandle } from '../../time/clock.js';
import { withJitter } from '../../time/jitter.js';
import { inRounds } from '../../time/rounds.js';
import { sharedAbort } from '../../time/shared-abort.js';
import type { Connection } from './connection.js';

/** Tells clients whose connection is older than it may be to come again, while everything is served; in rounds. */
export class Ages {
  private readonly timers = new Map<Connection, TimerHandle>();
  private due: Connection[] = [];
  private telling = false;
  private readonly over = sharedAbort();

  constructor(
    private readonly clock: Clock,
    /** In milliseconds; 0 leaves connections alone. */
    private readonly maxAgeMs: number,
  ) {}

  follow(connection: Connection): void {
    if (this.maxAgeMs === 0) return;
    const timer = this.clock.setTimeout(() => {
      this.timers.delete(connection);
      this.due.push(connection);
      void this.tellThoseDue();
    }, withJitter(this.maxAgeMs));
    (timer as { unref?: () => void }).unref?.();
    this.timers.set(connection, timer);
    void connection.closed.then(() => this.forget(connection));
  }

  /** A drain begins, and tells them all. */
  stop(): void {
    this.over.abort();
    for (const connection of [...this.timers.keys()]) this.forget(connection);
  }

  private forget(connection: Connection): void {
    const timer = this.timers.get(connection);
    if (timer !== undefined) this.clock.clearTimeout(timer);
    this.timers.delete(connection);
  }

  private async tellThoseDue(): Promise<void> {
    if (this.telling) return;
    this.telling = true;
    const rounds = { clock: this.clock, signal: this.over.signal, overMs: this.maxAgeMs };
    while (this.due.length > 0 && !this.over.signal.aborted) {
      await inRounds(this.due.splice(0), rounds, (connection) => connection.leave());
    }
    this.telling = false;
  }
}
