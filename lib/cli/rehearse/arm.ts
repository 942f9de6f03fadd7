import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Load, type Failure, type Settled } from '../../testing/rig/load.js';
import type { Outcome } from '../../testing/rig/outcome.js';
import { OwnProxy } from '../../testing/rig/own-proxy.js';
import { seededRandom } from '../../testing/rig/random.js';
import type { Replica } from '../../testing/rig/replica.js';
import { Rollout } from '../../testing/rig/rollout.js';
import { causeOf, type Cause } from './diagnose.js';
import { eventsOf, type ArmEvents } from './events.js';
import type { RestingRoute } from './routes.js';

/** One way, between the forwarder and each instance, in milliseconds: on loopback every shutdown looks perfect. */
const WIRE_MS = 5;
/** Load before the first stop and after the last end, in milliseconds. */
const REST_MS = 2_000;
/** Between two steps of the rollout, in milliseconds. */
const PAUSE_MS = 500;
/** A client that waits longer than this for an answer has lost it, in milliseconds. */
const ANSWER_MS = 10_000;

export interface ArmOptions {
  readonly start: (name: string) => Promise<Replica>;
  readonly routes: readonly RestingRoute[];
  readonly replicas: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  readonly graceMs: number;
  readonly lagMs: readonly [shortest: number, longest: number];
  readonly say: (text: string) => void;
  /** Given what happened, once it is over. */
  readonly keep: (events: ArmEvents) => void;
}

/** What one rollout came to. Times in milliseconds. */
export interface ArmResult {
  readonly requests: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly lost: number;
  readonly losses: Readonly<Partial<Record<Cause, number>>>;
  /** The longest time without an answer that was right. */
  readonly longestGapMs: number;
  /** 99 of 100 right answers came within this, before the first stop and from then on. */
  readonly p99AtRestMs: number;
  readonly p99Ms: number;
  /** So many of those that were due at the rate were sent. */
  readonly due: number;
  readonly stops: readonly Stop[];
}

/** How an instance ended. */
export interface Stop {
  readonly name: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly killed: boolean;
  /** From the stop signal to the end of the process. */
  readonly ms: number;
  /** How late the forwarder learned of it. */
  readonly lagMs: number;
}

/** Replaces every instance under load, a new one first, behind a forwarder that learns late of what stops. */
export async function runArm(options: ArmOptions): Promise<ArmResult> {
  const { start, routes, replicas, ratePerSecond, seed, graceMs, lagMs, say } = options;
  // The same seed for both arms: the same requests, and the forwarder is as late.
  const [random, lag] = [seededRandom(seed), seededRandom(seed + 1)];
  const proxy = await OwnProxy.start({ delayMs: WIRE_MS });
  const load = new Load({
    url: proxy.url,
    ratePerSecond,
    requestTimeoutMs: ANSWER_MS,
    plan: () => {
      const { path, status } = routes[Math.floor(random() * routes.length)];
      return { name: `GET ${path}`, method: 'GET', path, status, newConnection: random() < 0.5 };
    },
    trace: (port) => proxy.trace(port),
  });
  const readyAt = new Map<Replica, number>();
  const rollout = new Rollout({
    proxy,
    start: async (name) => {
      const replica = await start(name);
      readyAt.set(replica, performance.now());
      return replica;
    },
    replicas,
    rounds: 1,
    graceMs,
    lagMs: () => Math.round(lagMs[0] + lag() * (lagMs[1] - lagMs[0])),
    pauseMs: PAUSE_MS,
  });
  try {
    await rollout.begin();
    say(`${replicas} ${replicas === 1 ? 'instance serves' : 'instances serve'}`);
    const startedAt = performance.now();
    load.start();
    await sleep(REST_MS);
    const stops = await rollout.run();
    await sleep(REST_MS);
    const seconds = (performance.now() - startedAt) / 1_000;
    await load.stop();
    options.keep(
      eventsOf({
        startedAt,
        settled: load.settled,
        failures: load.failures,
        causeOf: (failure) => causeIn(rollout, failure),
        instances: [...readyAt],
        stops,
      }),
    );
    const left = rollout.replicas.filter(({ state }) => state !== 'gone');
    await Promise.all(left.map((replica) => replica.terminate(0))); // nobody looks any more
    return {
      ...measured(load, rollout),
      due: Math.floor(seconds * ratePerSecond),
      stops: stops.map(({ name, code, signal, killed, seconds: took, lagMs: late }) => {
        return { name, code, signal, killed, ms: Math.round(took * 1_000), lagMs: late };
      }),
    };
  } finally {
    await proxy.close();
  }
}

function measured(load: Load, { replicas }: Rollout) {
  const stopsAt = Math.min(...replicas.map(({ terminatedAt = Infinity }) => terminatedAt));
  const losses: Partial<Record<Cause, number>> = {};
  for (const failure of load.failures) {
    const cause = causeIn({ replicas }, failure);
    losses[cause] = (losses[cause] ?? 0) + 1;
  }
  const right = load.settled.filter(({ ok }) => ok);
  return {
    requests: load.sent,
    outcomes: load.counts,
    lost: load.sent - load.counts.ok,
    losses,
    longestGapMs: longestGap(right),
    p99AtRestMs: p99(right.filter(({ sentAt }) => sentAt < stopsAt)),
    p99Ms: p99(right.filter(({ sentAt }) => sentAt >= stopsAt)),
  };
}

function causeIn({ replicas }: Pick<Rollout, 'replicas'>, failure: Failure): Cause {
  const replica = replicas.find(({ name }) => name === failure.replica);
  return causeOf(failure, replica);
}

function longestGap(settled: readonly Settled[]): number {
  const gaps = settled.slice(1).map(({ endedAt }, index) => endedAt - settled[index].endedAt);
  return Math.round(Math.max(0, ...gaps));
}

function p99(settled: readonly Settled[]): number {
  const sorted = settled.map(({ sentAt, endedAt }) => endedAt - sentAt).toSorted((a, b) => a - b);
  return Math.round(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0);
}
