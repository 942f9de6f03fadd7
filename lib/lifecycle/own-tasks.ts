import { Inject, Injectable } from '@nestjs/common';
import { Buffers } from '../buffers/buffers.js';
import type { PropagationReport } from '../engine/record.js';
import type { Shutdown } from '../engine/shutdown.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { HttpSource } from '../http/http-source.js';
import type { OwnTask } from '../plan/close-stages.js';
import { Sources } from '../sources/sources.js';
import type { Clock } from '../time/clock.js';
import { CLOCK } from '../tokens.js';
import { Bootstrap } from './bootstrap.js';
import { Life } from './life.js';
import type { NestClose } from './nest-close.js';
import type { Steps } from './steps.js';

/** The tasks of this package. */
@Injectable()
export class OwnTasks {
  private lastWait?: PropagationReport;

  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly life: Life,
    private readonly bootstrap: Bootstrap,
    private readonly http: HttpSource,
    private readonly probes: ProbeSetup,
    private readonly sources: Sources,
    private readonly buffers: Buffers,
  ) {}

  /** How the wait for the load balancers ended, if there was one. */
  get propagation(): PropagationReport | undefined {
    return this.lastWait;
  }

  /** Those that are ordered together with the application's. */
  ordered(nestClose: NestClose): OwnTask[] {
    const tasks: ShutdownTask[] = [
      {
        name: 'load balancers',
        phase: 'propagate',
        runsOwnCode: () => true,
        run: ({ signal }) => this.propagate(signal),
      },
      ...this.sources.ownTasks(),
    ];
    return [...tasks.map((task) => ({ task })), ...nestClose.tasks()];
  }

  /** Those that have no order, and are there or not. */
  unordered(): ShutdownTask[] {
    return [...this.sources.tasks(), ...this.buffers.tasks()];
  }

  /**
   * Adds those that have no order, each kind by itself: a source that fails when it is asked must not keep telemetry from
   * being flushed.
   */
  addUnordered(shutdown: Shutdown, steps: Steps): void {
    const add = (task: ShutdownTask) => shutdown.add(task);
    steps.now(() => this.leftBehind().forEach(add));
    steps.now(() => this.sources.tasks().forEach(add));
    steps.now(() => this.buffers.tasks().forEach(add));
  }

  /** Names the bootstrap, if the shutdown could not wait for its end. */
  private leftBehind(): ShutdownTask[] {
    if (!this.bootstrap.initialising) return [];
    const run = ({ unfinished }: TaskContext) => {
      const ageMs = this.clock.now() - this.startedAt;
      unfinished({ kind: 'hook', name: 'bootstrap', ageMs, fate: 'abandoned' });
    };
    return [{ name: 'bootstrap', phase: 'announce', quiet: true, run }];
  }

  private get startedAt(): number {
    return this.life.begun?.at ?? this.clock.now();
  }

  private async propagate(signal: AbortSignal): Promise<void> {
    const { balancers } = this.probes;
    const wait = await this.http.waitForQuiet(this.startedAt, signal, {
      elsewhereAt: () => this.sources.lastArrival,
      knownBy: () => balancers.learnedBy(),
    });
    const { state } = balancers;
    this.lastWait = state.known === 0 ? wait : { ...wait, balancers: state };
  }
}
