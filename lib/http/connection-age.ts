import type { IncomingMessage } from 'node:http';
import type { Clock, TimerHandle } from '../time/clock.js';
import { withJitter } from '../time/jitter.js';
import type { Connection } from './connection.js';

/** A session of HTTP/2 that is never without a stream is told all the same after this, in milliseconds. */
const NEVER_IDLE_MS = 10_000;

/**
 * Tells connections that are older than they may be to go, while everything is served: their clients come again, and meet
 * instances that were not there before. At rest it costs a timer for each connection, and nothing where it is off.
 */
export class ConnectionAge {
  private readonly timers = new Map<Connection, TimerHandle>();
  private readonly old = new Set<Connection>();

  constructor(
    /** In milliseconds; 0 leaves connections alone. */
    private readonly maxAgeMs: number,
    private readonly clock: Clock,
  ) {}

  /** Whether any connection is old: asked with each request. */
  get any(): boolean {
    return this.old.size > 0;
  }

  opened(connection: Connection): void {
    if (this.maxAgeMs === 0) return;
    const timer = this.clock.setTimeout(() => {
      this.timers.delete(connection);
      this.grownOld(connection);
    }, withJitter(this.maxAgeMs));
    (timer as { unref?: () => void }).unref?.();
    this.timers.set(connection, timer);
  }

  gone(connection: Connection): void {
    this.old.delete(connection);
    const timer = this.timers.get(connection);
    if (timer === undefined) return;
    this.timers.delete(connection);
    this.clock.clearTimeout(timer);
  }

  /** A request has come; false when its client has been told of the close, and can't be answered any more. */
  admits(request: IncomingMessage, connection: Connection): boolean {
    if (!this.old.has(connection) || !connection.hasPromisedClose()) return true;
    request.resume(); // what stays in the kernel becomes an RST
    return false;
  }

  /** The answer to a request that has begun is the one that tells the client. */
  began(connection: Connection): void {
    if (this.old.has(connection)) connection.grownOld(NEVER_IDLE_MS);
  }

  /** What has left HTTP is for its owner to tell: WebSockets are, by their integration. */
  private grownOld(connection: Connection): void {
    if (connection.upgraded) return;
    this.old.add(connection);
    connection.grownOld(NEVER_IDLE_MS);
  }
}
