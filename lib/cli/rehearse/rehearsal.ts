import { relative } from 'node:path';
import { Keeper } from '../../testing/rig/keeper.js';
import { Replica } from '../../testing/rig/replica.js';
import type { Terminal } from '../command.js';
import type { Job } from '../entry/job.js';
import { runArm } from './arm.js';
import type { ArmEvents } from './events.js';
import { startInstance, StartError, type Instance } from './instance.js';
import { environmentOn, type RehearsedPlatform } from './platforms.js';
import { restingRoutes, type RestingRoute } from './routes.js';
import type { Rehearsal, RehearsalEvents } from './result.js';
import { judge } from './verdict.js';

/** What is asked for on the command line. */
export interface RehearsalOptions {
  /** An absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly platform: RehearsedPlatform;
  readonly graceMs: number;
  readonly lagMs: readonly [shortest: number, longest: number];
  readonly replicas: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  /** Paths to ask for; the application's own routes when there are none. */
  readonly paths: readonly string[];
  readonly readyWithinMs: number;
}

/** The application without the module and with it, in the same rollout. */
export class Rehearsing {
  private readonly keeper = new Keeper();

  constructor(
    private readonly options: RehearsalOptions,
    private readonly terminal: Terminal,
  ) {}

  /** @throws {StartError} when the application can't be started, or answers nothing */
  async run(): Promise<RehearsalEvents> {
    const { options, terminal } = this;
    const first = await this.instance('module');
    const { paths, file } = options;
    const routes = await restingRoutes(first.port, { routes: first.routes, paths });
    if (routes.length === 0) {
      throw new StartError(
        `${file} listens and answers nothing: give it a --path that it answers.`,
      );
    }
    const module = await this.arm('module', first, routes);
    const control = await this.arm('control', first, routes);
    const { platform, graceMs, lagMs, replicas, ratePerSecond, seed } = options;
    const result: Rehearsal = {
      version: 1,
      entry: relative(terminal.cwd, file),
      platform: platform.name,
      ...{ graceMs, lagMs, replicas, ratePerSecond, seed },
      hasModule: !first.added,
      routes,
      arms: { control: control.result, module: module.result },
      ...judge(control.result, module.result),
    };
    const events = { control: control.events, module: module.events };
    return { version: 1, result, events };
  }

  /** Ends every process that was started. */
  end(): Promise<void> {
    return this.keeper.clean();
  }

  private async arm(kind: 'control' | 'module', first: Instance, routes: readonly RestingRoute[]) {
    const ready = kind === 'module' ? [first] : []; // it is there already
    const start = async (name: string) => {
      const { child, port } = ready.pop() ?? (await this.instance(kind, first));
      return Replica.follow(child, port, { name, readyPath: null, probeEveryMs: Infinity });
    };
    const named = kind === 'module' ? 'with the module' : 'without the module';
    const say = (text: string) => this.terminal.err(`${named}: ${text}\n`);
    let events: ArmEvents = { instances: [], answers: [], losses: [] };
    const keep = (kept: ArmEvents) => {
      events = kept;
    };
    const result = await runArm({ ...this.options, start, routes, say, keep });
    return { result, events };
  }

  /** `first` tells of the application what is known once it was there with the module. */
  private instance(kind: 'control' | 'module', first?: Instance): Promise<Instance> {
    const { file, args, platform, readyWithinMs } = this.options;
    const env = {
      ...environmentOn(platform, this.terminal.env),
      GRACEFUL_GRACE_PERIOD_MS: String(this.options.graceMs),
      ...(kind === 'control' ? { GRACEFUL_ENABLED: 'false' } : {}),
    };
    const job: Job = { entry: file, kind: 'serve', addModule: true };
    return startInstance({
      ...{ file, args, env, readyWithinMs, cwd: this.terminal.cwd },
      job: kind === 'control' ? 'as it is' : job,
      wanted: first?.wanted,
      onSpawn: (child) => this.keeper.process(child),
    });
  }
}
