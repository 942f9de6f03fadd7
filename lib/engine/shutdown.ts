import { PhaseOverError } from '../errors/phase-over.error.js';
import { UnknownPhaseError } from '../errors/unknown-phase.error.js';
import { Budget } from './budget.js';
import type { Clock } from '../time/clock.js';
import { deferred, type Deferred } from '../time/waits.js';
import type { Phase } from './phase.js';
import { PhaseGraph } from './phase-graph.js';
import { PhaseRun } from './phase-run.js';
import type { ShutdownReason } from './reason.js';
import type { PhaseReport, ShutdownRecord, TaskReport, UnfinishedWork } from './record.js';
import type { ShutdownTask, TaskCall, TaskWatch } from './task.js';

/** Told of each phase as it starts and ends, for logs. */
export interface ShutdownObserver {
  phaseStarted?(phase: string, deadline: number): void;
  phaseEnded?(report: PhaseReport): void;
  /** A task has come a step further. */
  readonly task?: TaskWatch;
  /** A phase could not be run to its end, by a mistake of the engine or of what it was given. */
  phaseFailed?(phase: string, error: unknown): void;
}

/** What a shutdown is made of. */
export interface ShutdownSetup {
  /** A list, run one after the other, or a graph by `after` and `before`; or that graph as it was built. */
  readonly phases: readonly Phase[] | PhaseGraph;
  readonly clock: Clock;
  /** Grace period minus exit margin, in milliseconds. */
  readonly totalMs: number;
  readonly observer?: ShutdownObserver;
  /** Calls each task; what it returns is the task's result. */
  readonly call?: TaskCall;
}

/** What only one run has. */
interface Run {
  readonly reason: ShutdownReason;
  readonly budget: Budget;
  readonly record: Promise<ShutdownRecord>;
  readonly phases: Map<string, PhaseRun>;
  /** Resolves for each phase once its tasks run, or it is skipped. */
  readonly begun: ReadonlyMap<string, Deferred>;
  aborted: boolean;
  /** A phase could not be run to its end. */
  broken: boolean;
}

/**
 * One shutdown of one application. A phase begins when those it comes after are over, and a task when those it comes
 * after are settled; what has no order runs side by side.
 *
 * - It runs once. The first reason wins and every caller gets the same promise, which never rejects.
 * - A task that throws, rejects, hangs or blocks is an outcome in the report, never the end of the run.
 * - It is over at `startedAt + totalMs` at the latest, as long as the event loop turns.
 */
export class Shutdown {
  private readonly graph: PhaseGraph;
  private readonly tasks = new Map<string, ShutdownTask[]>();
  private readonly order = new Map<ShutdownTask, readonly ShutdownTask[]>();
  private readonly strictly = new Map<ShutdownTask, ReadonlySet<ShutdownTask>>();
  private readonly unfinished: UnfinishedWork[] = [];
  private running?: Run;
  private ended?: ShutdownRecord;

  /** @throws DuplicatePhaseError, UnknownPhaseError, OrderCycleError when the phases make no graph */
  constructor(private readonly setup: ShutdownSetup) {
    const { phases } = setup;
    this.graph = phases instanceof PhaseGraph ? phases : new PhaseGraph(phases);
    for (const phase of this.graph.phases) this.tasks.set(phase.name, []);
  }

  /** Why it runs; `undefined` before it does. */
  get reason(): ShutdownReason | undefined {
    return this.running?.reason;
  }

  /**
   * Adds a task. Tasks may be added while the shutdown runs, to phases still to come. `after` are the tasks that must be
   * settled before it begins: of the same phase, or of one that runs beside it. Where one stands aside, that is enough,
   * but not for those of them that are in `strictly`.
   *
   * @throws UnknownPhaseError when the phase does not exist
   * @throws PhaseOverError when the phase has already started
   */
  add(
    task: ShutdownTask,
    after: readonly ShutdownTask[] = [],
    strictly?: ReadonlySet<ShutdownTask>,
  ): void {
    const tasks = this.tasks.get(task.phase);
    if (!tasks) throw new UnknownPhaseError(task.phase, task.name, [...this.tasks.keys()]);
    if (this.running?.phases.has(task.phase)) throw new PhaseOverError(task.phase, task.name);
    tasks.push(task);
    if (after.length > 0) this.order.set(task, after);
    if (strictly) this.strictly.set(task, strictly);
  }

  /**
   * Starts the shutdown, or joins the one that runs. `startedAt` is when its reason came, if that was earlier;
   * `totalMs` gives this run less time than the setup does.
   */
  run(
    reason: ShutdownReason,
    startedAt = this.setup.clock.now(),
    totalMs = this.setup.totalMs,
  ): Promise<ShutdownRecord> {
    if (!this.running) {
      const budget = new Budget(startedAt, totalMs, this.graph);
      // The promise exists before the first task runs: a task may itself ask for the shutdown.
      let settle!: (record: Promise<ShutdownRecord>) => void;
      const record = new Promise<ShutdownRecord>((resolve) => (settle = resolve));
      const begun = new Map(this.graph.names.map((name) => [name, deferred()]));
      const run: Run = {
        reason,
        budget,
        record,
        phases: new Map(),
        begun,
        aborted: false,
        broken: false,
      };
      this.running = run;
      settle(this.runPhases(run));
    }
    return this.running.record;
  }

  /** The record of a run that may still be going on: what is pending counts as timed out. For a forced exit. */
  snapshot(): ShutdownRecord | undefined {
    if (!this.running || this.ended) return this.ended;
    return this.record(this.running);
  }

  private async runPhases(run: Run): Promise<ShutdownRecord> {
    const over = new Map<string, Promise<void>>();
    const start = async (phase: Phase): Promise<void> => {
      const before = this.graph.directlyBefore(phase.name);
      // A phase with nothing to wait for starts at once, not a turn later: a signal's first effect is immediate.
      if (before.length > 0) await Promise.all(before.map(async (name) => over.get(name)));
      try {
        await this.runPhase(phase, run);
      } catch (error) {
        // What comes after it has its turn all the same, and everybody who waits for the end gets it.
        run.broken = true;
        run.begun.get(phase.name)?.resolve();
        this.observe((observer) => observer.phaseFailed?.(phase.name, error));
      }
    };
    for (const phase of this.graph.phases) over.set(phase.name, start(phase));
    await Promise.all(over.values());
    this.ended = this.record(run);
    return this.ended;
  }

  private async runPhase(phase: Phase, run: Run): Promise<void> {
    const current = new PhaseRun(phase, {
      clock: this.setup.clock,
      reason: run.reason,
      budget: run.budget,
      tasks: this.tasks.get(phase.name) ?? [],
      predecessors: (task) => this.order.get(task) ?? [],
      strictly: (task) => this.strictly.get(task),
      settled: async (task) => {
        await run.begun.get(task.phase)?.promise;
        await run.phases.get(task.phase)?.settled(task);
      },
      unfinished: (work) => this.unfinished.push(work),
      call: this.setup.call,
      watch: (...step) => this.observe((observer) => observer.task?.(...step)),
    });
    run.phases.set(phase.name, current);
    if (run.aborted || current.isEmpty || !isEnabled(phase, run.reason)) {
      current.skip();
      run.begun.get(phase.name)?.resolve();
    } else {
      this.observe((observer) => observer.phaseStarted?.(phase.name, current.deadline));
      const over = current.run();
      run.begun.get(phase.name)?.resolve();
      await over;
    }
    const report = current.report();
    if (report.outcome === 'timed-out' && phase.onTimeout === 'abort') run.aborted = true;
    this.observe((observer) => observer.phaseEnded?.(report));
  }

  private observe(tell: (observer: ShutdownObserver) => void): void {
    try {
      if (this.setup.observer) tell(this.setup.observer);
    } catch {
      // a logger that throws must not stop the shutdown it reports on
    }
  }

  private record({ reason, budget, phases: started, broken }: Run): ShutdownRecord {
    const phases = this.graph.names.flatMap((name) => started.get(name)?.report() ?? []);
    const forced =
      broken ||
      this.unfinished.length > 0 ||
      phases.some(({ name, tasks }) => tasks.some((task) => isForced(task, name)));
    return {
      version: 2,
      reason,
      startedAt: budget.startedAt,
      durationMs: this.setup.clock.now() - budget.startedAt,
      outcome: forced ? 'forced' : 'clean',
      phases,
      unfinished: [...this.unfinished],
    };
  }
}

/**
 * In the drain a failure is never clean: the task has waited for work, and nobody knows what became of that. Elsewhere it
 * counts when the task is critical.
 */
function isForced({ outcome, critical }: TaskReport, phase: string): boolean {
  if (outcome === 'failed') return critical || phase === 'drain';
  return outcome === 'timed-out' || outcome === 'skipped';
}

function isEnabled(phase: Phase, reason: ShutdownReason): boolean {
  try {
    return phase.enabled?.(reason) ?? true;
  } catch {
    return true; // a question that fails must not stop the shutdown
  }
}
