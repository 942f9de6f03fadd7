import type { IncomingMessage } from 'node:http';
import type { TrafficReport } from '../engine/record.js';
import type { Connection } from './connection.js';
import { LateTraffic } from './late-traffic.js';
import { rareSilenceMs } from './quiet-period.js';

/** The requests that came since a shutdown or a drain was announced. */
export class Arrivals {
  /** When the last of them came, on the clock; 0 before the first. */
  lastAt = 0;
  /** How many since the last announcement. */
  count = 0;
  private late?: LateTraffic;

  announced(): void {
    this.count = 0;
  }

  /** A shutdown begins, which nothing takes back: from now on the report counts who comes. */
  shutdownBegins(now: number, capMs: number): void {
    this.late = new LateTraffic(now, capMs);
  }

  add(request: IncomingMessage, connection: Connection | undefined, now: number): void {
    this.lastAt = now;
    this.count += 1;
    this.late?.arrived(request, connection, now);
  }

  /** How long nothing has to come to be worth something as evidence, given how often it came. In milliseconds. */
  rareMs(announcedAt: number, startedAt: number, elsewhereAt: number, floorMs: number): number {
    // Only requests are counted: what came elsewhere later says nothing of how often it comes.
    const isLast = this.lastAt > startedAt && this.lastAt >= elsewhereAt;
    const lastMs = isLast ? this.lastAt - announcedAt : 0;
    return rareSilenceMs({ count: this.count, lastMs }, floorMs);
  }

  /** How many came since the shutdown began. */
  get sinceShutdown(): number {
    return this.late?.count ?? 0;
  }

  /** Undefined until a shutdown has begun. */
  report(): TrafficReport | undefined {
    return this.late?.report();
  }
}
