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
import { WarmUp } from '../warm-up/warm-up.js';

/**
 * How long a warm-up that was told to stop is waited for, in milliseconds: as long as one step of a bootstrap. Plain Nest would
 * not wait at all, and one that waits for a database that is away would hold the whole drain.
 */
const WARM_UP_MS = 1_000;

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
    private readonly warmUp: WarmUp,
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
    steps.now(() => this.warming().forEach(add));
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

  /** What still warms up uses what will be closed: it has been told, and has a moment to end. */
  private warming(): ShutdownTask[] {
    if (this.warmUp.running.length === 0) return [];
    const run = async ({ unfinished }: TaskContext) => {
      await this.warmUp.rest(WARM_UP_MS);
      for (const { name, since } of this.warmUp.running) {
        const ageMs = this.clock.now() - since;
        unfinished({ kind: 'work', name: `warm-up ${name}`, ageMs, fate: 'abandoned' });
      }
    };
    return [{ name: 'warm-up', phase: 'drain', quiet: true, run }];
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
