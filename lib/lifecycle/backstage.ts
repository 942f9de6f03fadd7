import { Inject, Injectable } from '@nestjs/common';
import type { ShutdownReason } from '../engine/reason.js';
import type { ShutdownReport } from '../engine/record.js';
import type { ShutdownTask, TaskWatch } from '../engine/task.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Ports } from '../process/ports.js';
import type { ShutdownPlan } from '../report/plan.js';
import type { Source } from '../sources/source.js';
import { Sources } from '../sources/sources.js';
import { PORTS } from '../tokens.js';
import { Life } from './life.js';
import { Lifecycle } from './lifecycle.js';
import { Rotation } from './rotation.js';
import { Setting } from './setting.js';
import type { GracefulState, PhaseMessage } from './state-events.js';

/** What a test kit reads of one application: what its shutdown does and waits for at this moment. */
@Injectable()
export class Backstage {
  constructor(
    @Inject(PORTS) readonly ports: Ports,
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly lifecycle: Lifecycle,
    private readonly sources: Sources,
    private readonly rotation: Rotation,
  ) {}

  get options(): ResolvedOptions {
    return this.setting.options;
  }

  get state(): GracefulState {
    return this.life.events.state;
  }

  get report(): ShutdownReport | undefined {
    return this.life.report;
  }

  /** Why it shuts down. */
  get reason(): ShutdownReason | undefined {
    return this.life.begun?.reason;
  }

  /** When the shutdown began, on the clock. */
  get begunAt(): number | undefined {
    return this.life.begun?.at;
  }

  get allSources(): readonly Source[] {
    return this.sources.all;
  }

  /** The tasks that run, without those that only wait for others. */
  get running(): ReadonlySet<ShutdownTask> {
    return this.lifecycle.watch.running;
  }

  plan(): ShutdownPlan {
    return this.lifecycle.plan();
  }

  /** The process port has changed sides. */
  reconnect(): void {
    this.lifecycle.ties.reconnect();
    this.rotation.reconnect();
  }

  onTask(listener: TaskWatch): void {
    this.lifecycle.watch.followTasks(listener);
  }

  onPhase(listener: (message: PhaseMessage) => void): void {
    this.life.events.onPhase(listener);
  }
}
