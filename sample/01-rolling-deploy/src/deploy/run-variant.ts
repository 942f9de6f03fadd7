import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  Haproxy,
  Load,
  OwnProxy,
  Replica,
  Rollout,
  seededRandom,
  type Failure,
  type Keeper,
  type Outcome,
  type Proxy,
  type Replacement,
} from 'nestjs-graceful/testing/rig';
import type { DemoDatabase } from './database.js';
import type { DemoOptions, Variant } from './options.js';
import { Traffic } from './traffic.js';
import { verifyOrders, type OrdersCheck } from './verify.js';

/** One way, between the proxy and each replica. */
const WIRE_MS = 5;
/** Nobody hears of a removed replica sooner. */
const SHORTEST_LAG_MS = 200;
const PRINT_REPORT = new URL('./print-report.js', import.meta.url).href;
/** Load before the deploy begins and after its end; all of it when there is no deploy. */
const BEFORE_MS = 2_000;
const AFTER_MS = 2_000;
const WITHOUT_DEPLOY_MS = 8_000;

export interface VariantResult {
  variant: Variant;
  proxy: string;
  platform: string;
  requests: number;
  outcomes: Record<Outcome, number>;
  orders: OrdersCheck;
  failures: LocatedFailure[];
  replacements: Replacement[];
  seconds: number;
}

/** A failure, with where the replica it went to was in its shutdown. */
export interface LocatedFailure extends Failure {
  sentAfterSigtermSeconds?: number;
  failedAfterSigtermSeconds?: number;
}

/** What can be watched while a variant runs. */
export interface Watched {
  variant: Variant;
  load: Load;
  rollout: Rollout;
}

export async function runVariant(
  variant: Variant,
  options: DemoOptions,
  database: DemoDatabase,
  keeper: Keeper,
  watch: (watched: Watched) => void,
): Promise<VariantResult> {
  const startedAt = performance.now();
  await database.reset();
  // The same seed for both variants: the same requests and the same lags.
  const random = seededRandom(options.seed);
  const lagRandom = seededRandom(options.seed + 1);
  const proxy = await startProxy(options, keeper);
  const traffic = new Traffic(random);
  const load = new Load({
    url: proxy.url,
    ratePerSecond: options.rate,
    plan: traffic.next,
    trace: (port) => proxy.trace?.(port),
  });
  const rollout = new Rollout({
    proxy,
    start: (name) => startReplica(name, variant, options, database, keeper),
    name: 'orders',
    replicas: options.replicas,
    rounds: options.rounds,
    graceMs: options.graceSeconds * 1_000,
    lagMs: () =>
      Math.round(SHORTEST_LAG_MS + lagRandom() * (options.lagSeconds * 1_000 - SHORTEST_LAG_MS)),
    pauseMs: 500,
  });

  await rollout.begin();
  watch({ variant, load, rollout });
  load.start();
  await sleep(options.rounds === 0 ? WITHOUT_DEPLOY_MS : BEFORE_MS);
  const replacements = await rollout.run();
  await sleep(AFTER_MS);
  await load.stop();
  const orders = await verifyOrders(database, traffic);

  const left = rollout.replicas.filter((replica) => replica.state !== 'gone');
  await Promise.all(left.map((replica) => replica.terminate(0))); // nobody looks any more
  await proxy.close();
  return {
    variant,
    proxy: proxy.name,
    platform: options.platform,
    requests: load.sent,
    outcomes: load.counts,
    orders,
    failures: load.failures.map((failure) => locate(failure, rollout)),
    replacements,
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

function startProxy(options: DemoOptions, keeper: Keeper): Promise<Proxy> {
  if (options.proxy === 'own' || (options.proxy === 'auto' && !Haproxy.isInstalled())) {
    return OwnProxy.start({ delayMs: WIRE_MS });
  }
  return Haproxy.start({
    delayMs: WIRE_MS,
    slots: options.replicas * (options.rounds + 1),
    keeper,
  });
}

function startReplica(
  name: string,
  variant: Variant,
  options: DemoOptions,
  database: DemoDatabase,
  keeper: Keeper,
): Promise<Replica> {
  return Replica.start({
    name,
    script: fileURLToPath(new URL('../main.js', import.meta.url)),
    nodeOptions: variant === 'module' ? ['--import', PRINT_REPORT] : [],
    env: {
      DATABASE_URL: database.url,
      PLATFORM: options.platform,
      GRACEFUL: variant === 'plain' ? 'off' : 'on',
      GRACEFUL_GRACE_PERIOD_MS: String(options.graceSeconds * 1_000),
      KUBERNETES_SERVICE_HOST: '10.96.0.1', // every pod has it; the module tells its platform by it
    },
    onSpawn: (child) => keeper.process(child),
  });
}

function locate(failure: Failure, rollout: Rollout): LocatedFailure {
  const replica = rollout.replicas.find(({ name }) => name === failure.replica);
  if (replica?.terminatedAt === undefined) return failure;
  return {
    ...failure,
    sentAfterSigtermSeconds: (failure.sentAt - replica.terminatedAt) / 1_000,
    failedAfterSigtermSeconds: (failure.failedAt - replica.terminatedAt) / 1_000,
  };
}
