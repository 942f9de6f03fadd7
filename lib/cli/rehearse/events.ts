import type { Failure, Settled } from '../../testing/rig/load.js';
import type { Replica } from '../../testing/rig/replica.js';
import type { Cause } from './diagnose.js';

/** One instance: when it began to serve, was told to stop, was known to stop, and had ended. */
export interface InstanceEvents {
  readonly name: string;
  readonly readyMs: number;
  /** Not there for one that was not stopped; as for those that follow. */
  readonly stopMs?: number;
  /** When the forwarder learned of it. */
  readonly knownMs?: number;
  readonly exitMs?: number;
  readonly killed?: boolean;
}

/** A request that was lost. */
export interface LossEvent {
  readonly request: string;
  readonly cause: Cause;
  /** As the client saw it: `ECONNRESET`, `503`. */
  readonly code: string;
  readonly sentMs: number;
  readonly failedMs: number;
  readonly instance?: string;
}

/** What happened in one rollout, in milliseconds from the start of the load. */
export interface ArmEvents {
  readonly instances: readonly InstanceEvents[];
  /** When each answer that was right was asked for, and came. */
  readonly answers: ReadonlyArray<readonly [sentMs: number, endedMs: number]>;
  readonly losses: readonly LossEvent[];
}

export interface Seen {
  /** On the clock of `performance.now()`, as all that follows. */
  readonly startedAt: number;
  readonly settled: readonly Settled[];
  readonly failures: readonly Failure[];
  readonly causeOf: (failure: Failure) => Cause;
  /** With when they were ready. */
  readonly instances: ReadonlyArray<readonly [replica: Replica, readyAt: number]>;
  readonly stops: ReadonlyArray<{
    readonly name: string;
    readonly seconds: number;
    readonly lagMs: number;
    readonly killed: boolean;
  }>;
}

export function eventsOf({ startedAt, ...seen }: Seen): ArmEvents {
  const since = (at: number) => Math.round((at - startedAt) * 10) / 10;
  return {
    instances: seen.instances.map(([{ name, terminatedAt }, readyAt]) => {
      const readyMs = Math.max(0, since(readyAt));
      const stop = seen.stops.find((one) => one.name === name);
      if (!stop || terminatedAt === undefined) return { name, readyMs };
      const stopMs = since(terminatedAt);
      return {
        ...{ name, readyMs, stopMs, knownMs: stopMs + stop.lagMs, killed: stop.killed },
        exitMs: since(terminatedAt + stop.seconds * 1_000),
      };
    }),
    answers: seen.settled
      .filter(({ ok }) => ok)
      .map(({ sentAt, endedAt }) => [since(sentAt), since(endedAt)] as const),
    losses: seen.failures.map((failure) => ({
      request: failure.request,
      cause: seen.causeOf(failure),
      code: failure.code,
      sentMs: since(failure.sentAt),
      failedMs: since(failure.failedAt),
      ...(failure.replica !== undefined && { instance: failure.replica }),
    })),
  };
}
