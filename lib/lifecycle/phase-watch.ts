import type { PhaseReport } from '../engine/record.js';
import type { ShutdownObserver } from '../engine/shutdown.js';
import type { ShutdownTask, TaskWatch } from '../engine/task.js';
import type { ClosingConnections } from '../plan/connections.js';
import { inFlightText } from '../sources/in-flight.js';
import type { Sources } from '../sources/sources.js';
import type { Clock } from '../time/clock.js';
import type { Bootstrap } from './bootstrap.js';
import { DrainProgress } from './drain-progress.js';
import type { Life } from './life.js';
import type { ShutdownLog } from './shutdown-log.js';
import type { Steps } from './steps.js';

/** What the phases of a shutdown set going besides their tasks: the state, the log, the channels, what is held in `close`. */
export class PhaseWatch implements ShutdownObserver {
  /** The load balancers have been waited for: nothing new comes any more. */
  takesNothing = false;
  /** What is in flight is not waited for any more. */
  isDrained = false;
  /** The tasks that run, without those that only wait for others. */
  readonly running = new Set<ShutdownTask>();
  private onTask?: TaskWatch;
  private readonly progress: DrainProgress;

  constructor(
    private readonly life: Life,
    private readonly log: ShutdownLog,
    private readonly clock: Clock,
    private readonly bootstrap: Bootstrap,
    private readonly sources: Sources,
    private readonly connections: ClosingConnections,
    private readonly steps: Steps,
  ) {
    this.progress = new DrainProgress(clock, sources, log, steps);
  }

  phaseStarted(phase: string, deadline: number): void {
    if (phase === 'drain' || phase === 'close') this.takesNothing = true;
    if (phase === 'close') {
      this.isDrained = true;
      this.life.close();
      this.sources.drainEnds();
      this.connections.arm(deadline);
    }
    if (this.bootstrap.application) {
      this.log.phaseStarted(phase, deadline - this.clock.now(), () => this.inFlight());
    }
    if (phase === 'drain') this.progress.begin(deadline);
    this.life.events.phaseStarted(phase, deadline);
  }

  phaseEnded(report: PhaseReport): void {
    if (report.name === 'drain') {
      this.isDrained = true;
      this.progress.end();
    }
    this.life.events.phaseEnded(report);
  }

  task(...[task, step]: Parameters<TaskWatch>): void {
    if (step === 'begun') this.running.add(task);
    else this.running.delete(task);
    this.onTask?.(task, step);
  }

  /** Calls back with each step of each task. For one listener. */
  followTasks(listener: TaskWatch): void {
    this.onTask = listener;
  }

  phaseFailed(_phase: string, error: unknown): void {
    this.log.failed(error);
  }

  /** For the log: `1 request in flight, 2 jobs`. */
  inFlight(): string {
    let text = 'what is in flight is not known';
    this.steps.now(() => {
      text = inFlightText(this.sources.all);
    });
    return text;
  }
}
