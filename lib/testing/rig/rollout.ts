import { setTimeout as sleep } from 'node:timers/promises';
import type { Proxy } from './proxy.js';
import type { Replica, ReplicaExit } from './replica.js';

export interface RolloutOptions {
  proxy: Proxy;
  /** Starts a replica; resolves when it is ready. */
  start: (name: string) => Promise<Replica>;
  /** What the names of replicas begin with. @default 'replica' */
  name?: string;
  replicas: number;
  /** How often every replica is replaced. */
  rounds: number;
  graceMs: number;
  /** How late the proxy learns that a replica is going. */
  lagMs: () => number;
  /** Between two steps. */
  pauseMs: number;
}

export interface Replacement extends ReplicaExit {
  lagMs: number;
  replica: Replica;
}

/** A Deployment with `maxSurge: 1`, `maxUnavailable: 0`: a new replica is ready before an old one is told to go. */
export class Rollout {
  /** Everything that was ever started, in that order. */
  readonly replicas: Replica[] = [];
  private readonly serving: Replica[] = [];
  private readonly endings: Promise<Replacement>[] = [];
  private count = 0;

  constructor(private readonly options: RolloutOptions) {}

  /** The replicas before the deploy. */
  async begin(): Promise<void> {
    const { replicas, proxy } = this.options;
    const started = await Promise.all(Array.from({ length: replicas }, () => this.launch()));
    for (const replica of started) {
      await proxy.add(replica.name, replica.port);
      this.serving.push(replica);
    }
  }

  /** Replaces every replica `rounds` times; resolves when the last old one is gone. */
  async run(): Promise<Replacement[]> {
    const { replicas, rounds, pauseMs, proxy } = this.options;
    for (let step = 0; step < replicas * rounds; step++) {
      const fresh = await this.launch();
      await proxy.add(fresh.name, fresh.port);
      this.serving.push(fresh);
      const old = this.serving.shift();
      if (old) this.endings.push(this.retire(old)); // not awaited: Kubernetes goes on with the next one, too
      await sleep(pauseMs);
    }
    return Promise.all(this.endings);
  }

  private async launch(): Promise<Replica> {
    const replica = await this.options.start(`${this.options.name ?? 'replica'}-${++this.count}`);
    this.replicas.push(replica);
    return replica;
  }

  /** The kubelet's SIGTERM and the news to the proxy leave at the same moment; the news takes longer. */
  private async retire(replica: Replica): Promise<Replacement> {
    const { proxy, graceMs } = this.options;
    const lagMs = this.options.lagMs();
    const informed = sleep(lagMs).then(() => proxy.remove(replica.name));
    const exit = await replica.terminate(graceMs);
    await informed;
    return { ...exit, lagMs, replica };
  }
}
