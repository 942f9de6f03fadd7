import { AppProcess } from './app-process.js';
import { Balancer } from './balancer.js';

export interface Roll {
  readonly old: AppProcess;
  readonly successor: string;
  /** How the old instance ended. */
  readonly end: string;
  readonly seconds: number;
}

/** One instance behind a load balancer, which can be replaced. */
export class Deployment {
  readonly instances: AppProcess[] = [];
  private readonly balancer = new Balancer();

  constructor(
    private readonly graceful: 'on' | 'off',
    private readonly graceMs: number,
  ) {}

  /** Resolves with the balancer's URL. */
  async start(): Promise<string> {
    await this.startInstance();
    return this.balancer.start();
  }

  /** As a rolling deploy does: the successor is up and gets what is new, then the old one is told to stop. */
  async roll(): Promise<Roll> {
    const [old] = this.instances.slice(-1);
    const { name } = await this.startInstance();
    const stoppedAt = performance.now();
    const end = await old.stop(this.graceMs);
    return { old, successor: name, end, seconds: (performance.now() - stoppedAt) / 1_000 };
  }

  async stop(): Promise<void> {
    this.balancer.stop();
    await this.instances.at(-1)?.stop(this.graceMs);
  }

  private async startInstance(): Promise<AppProcess> {
    const instance = new AppProcess(`instance-${this.instances.length + 1}`, {
      GRACEFUL: this.graceful,
      GRACEFUL_GRACE_PERIOD_MS: String(this.graceMs),
    });
    this.balancer.sendTo(await instance.url());
    this.instances.push(instance);
    return instance;
  }
}
