import type { IncomingMessage } from 'node:http';
import type { Latecomers, LateRequests, TrafficReport } from '../engine/record.js';
import { agentFamily, callerAddress } from './callers.js';
import type { Connection } from './connection.js';

/** Whoever comes in this part of the longest wait comes too late; kube-apiserver of OpenShift takes the same. */
const LAST_PART = 0.2;
/** So many kinds of callers are named. */
const MOST_CALLERS = 8;

/** Requests on one kind of connection. */
class Count {
  requests = 0;
  late = 0;
  private lastAt?: number;
  private connections = 0;
  private readonly seen = new WeakSet<object>();

  add(connection: object, at: number, isLate: boolean): void {
    this.requests += 1;
    if (isLate) this.late += 1;
    this.lastAt = at;
    if (this.seen.has(connection)) return;
    this.seen.add(connection);
    this.connections += 1;
  }

  report(startedAt: number): LateRequests {
    return {
      requests: this.requests,
      connections: this.connections,
      ...(this.lastAt !== undefined && { lastMs: this.lastAt - startedAt }),
    };
  }
}

/**
 * Counts the requests that come once a shutdown has begun: on connections that are newer than it or older, and who still
 * sends them when the longest wait for the load balancers is nearly over.
 */
export class LateTraffic {
  private readonly onNew = new Count();
  private readonly onKept = new Count();
  private readonly callers = new Map<
    string,
    { caller: Omit<Latecomers, 'requests'>; count: number }
  >();
  private readonly fromMs: number;

  /**
   * @param startedAt when the shutdown began, on the clock
   * @param capMs how long the load balancers are waited for at most; 0 without a wait, and then nobody is late
   */
  constructor(
    private readonly startedAt: number,
    private readonly capMs: number,
  ) {
    this.fromMs = capMs * (1 - LAST_PART);
  }

  /** A request that counts as work has come. */
  arrived(request: IncomingMessage, connection: Connection | undefined, now: number): void {
    const isLate = this.capMs > 0 && now - this.startedAt >= this.fromMs;
    const isNew = connection !== undefined && connection.openedAt > this.startedAt;
    (isNew ? this.onNew : this.onKept).add(connection ?? request.socket, now, isLate);
    if (isLate) this.note(request);
  }

  get count(): number {
    return this.onNew.requests + this.onKept.requests;
  }

  report(): TrafficReport {
    const { onNew, onKept, startedAt } = this;
    const late = onNew.late + onKept.late;
    return {
      onNewConnections: onNew.report(startedAt),
      onKeptConnections: onKept.report(startedAt),
      ...(late > 0 && {
        lastFifth: {
          fromMs: this.fromMs,
          onNewConnections: onNew.late,
          onKeptConnections: onKept.late,
          callers: this.mostFrequent(),
        },
      }),
    };
  }

  private note(request: IncomingMessage): void {
    const caller = {
      address: callerAddress(request),
      agent: agentFamily(request.headers['user-agent']),
    };
    const key = `${caller.address} ${caller.agent}`;
    const count = (this.callers.get(key)?.count ?? 0) + 1;
    this.callers.set(key, { caller, count });
  }

  private mostFrequent(): Latecomers[] {
    return [...this.callers.values()]
      .toSorted((one, other) => other.count - one.count)
      .slice(0, MOST_CALLERS)
      .map(({ caller, count }) => ({ ...caller, requests: count }));
  }
}
