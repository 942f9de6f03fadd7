import { TaskTimeoutError } from '../errors/task-timeout.error.js';
import type { Clock, TimerHandle } from '../time/clock.js';
import { LazyAbort } from '../time/lazy-abort.js';
import type { Deadlines, Limited } from './deadlines.js';
import type { ShutdownReason } from './reason.js';
import { withoutSecrets } from './secrets.js';
import type { TaskOutcome, TaskReport, UnfinishedWork } from './record.js';
import type { ShutdownTask, TaskCall, TaskContext } from './task.js';

/** A synchronous stretch this long is named in the report: it stops every other task, and the probes. */
const BLOCKED_THRESHOLD_MS = 100;

/** What all tasks of a phase have in common. */
export interface TaskSetting {
  readonly clock: Clock;
  readonly reason: ShutdownReason;
  /** When the shutdown began, on the clock. */
  readonly startedAt: number;
  /** When the phase is over, on the clock: the only limit of a task that stands aside, and the utmost one afterwards. */
  readonly lastDeadline: number;
  /** How long one may take from its start, in milliseconds, when it has no limit of its own. */
  readonly ownLimitMs?: number;
  readonly deadlines: Deadlines;
  readonly unfinished: (work: UnfinishedWork) => void;
}

/** Until when a task may run, and how long it may wrap up then. */
export interface TaskLimits {
  /** On the clock. */
  readonly deadline: number;
  /** How long a task may go on after its abort before it counts as a straggler, in milliseconds. */
  readonly settleMs: number;
}

/** Told how far a task is. */
export interface TaskObserver {
  stoodAside(): void;
  /** It waits for others no longer. */
  cameBack?(): void;
  /** Once, and at once when the task leaves nothing to wait for. */
  ended(report: TaskReport): void;
}

/** Runs one task to its end or its deadline. Never throws: a failure is an outcome. `call` calls it. */
export function startTask(
  task: ShutdownTask,
  setting: TaskSetting,
  limits: TaskLimits,
  observer: TaskObserver,
  call?: TaskCall,
): void {
  new RunningTask(task, setting, limits, observer).start(call);
}

/** A task while it runs, which is its own context. Thousands of hooks do nothing, so what few tasks need is made late. */
class RunningTask implements TaskContext, Limited {
  readonly reason: ShutdownReason;
  readonly phase: string;
  deadline: number;
  private readonly startedAt: number;
  private readonly abort = new LazyAbort();
  private blockedMs = 0;
  private isOver = false;
  /** How often it stands aside. */
  private aside = 0;
  /** After its abort: until it counts as a straggler. */
  private settling?: TimerHandle;

  constructor(
    private readonly task: ShutdownTask,
    private readonly setting: TaskSetting,
    private readonly limits: TaskLimits,
    private readonly observer: TaskObserver,
  ) {
    this.reason = setting.reason;
    this.phase = task.phase;
    this.startedAt = setting.clock.now();
    this.deadline = Math.min(limits.deadline, this.startedAt + this.ownLimitMs);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  get remainingMs(): number {
    return Math.max(0, this.deadline - this.setting.clock.now());
  }

  get unfinished(): TaskContext['unfinished'] {
    return this.setting.unfinished;
  }

  get whenAborted(): TaskContext['whenAborted'] {
    return (callback) => this.abort.whenAborted(callback);
  }

  get standAside(): TaskContext['standAside'] {
    return () => this.stepAside();
  }

  start(call: TaskCall | undefined): void {
    const { clock, deadlines } = this.setting;
    deadlines.add(this); // before the task sets timers of its own: at the same moment, its end comes first
    let result: unknown;
    try {
      result = call ? call(() => this.task.run(this), this.task) : this.task.run(this);
    } catch (error) {
      this.blockedMs = clock.now() - this.startedAt;
      this.finish('failed', error ?? 'unknown error');
      return;
    }
    this.blockedMs = clock.now() - this.startedAt;
    if ((typeof result !== 'object' && typeof result !== 'function') || result === null) {
      this.finish('done');
      return;
    }
    // Not Promise.resolve(): that hands out a promise whose own `then` was replaced as it is, and a throw there would
    // end the run.
    new Promise((settle) => settle(result)).then(
      () => this.finish('done'),
      (error: unknown) => this.finish('failed', error ?? 'unknown error'),
    );
  }

  /** A task that wraps up after its abort has still missed its time, so it is `timed-out`, only sooner. */
  private finish(outcome: 'done' | 'failed', error?: unknown): void {
    this.end(this.abort.aborted ? 'timed-out' : outcome, error);
  }

  private end(outcome: TaskOutcome, error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const { clock, deadlines } = this.setting;
    deadlines.drop(this);
    if (this.settling !== undefined) clock.clearTimeout(this.settling);
    this.observer.ended(this.report(outcome, error));
  }

  private report(outcome: TaskOutcome, error: unknown): TaskReport {
    const { task, startedAt, blockedMs, setting } = this;
    const report: { -readonly [key in keyof TaskReport]: TaskReport[key] } = {
      name: task.name,
      outcome,
      startMs: startedAt - setting.startedAt,
      durationMs: setting.clock.now() - startedAt,
      critical: task.critical ?? false,
    };
    if (task.site !== undefined) report.site = task.site;
    if (error !== undefined) report.error = withoutSecrets(messageOf(error));
    if (task.handsOver) report.handedOver = outcome === 'done';
    if (blockedMs >= BLOCKED_THRESHOLD_MS) report.blockedMs = blockedMs;
    return report;
  }

  // -- limits ----------------------------------------------------------------------------------------------------

  private get ownLimitMs(): number {
    return this.task.timeoutMs ?? this.setting.ownLimitMs ?? Infinity;
  }

  private setLimit(limit: number): void {
    if (this.isOver || this.abort.aborted) return;
    this.deadline = limit;
    this.setting.deadlines.add(this);
  }

  timeIsOver(): void {
    const { task, setting, limits } = this;
    const limitMs = Math.max(0, Math.round(this.deadline - this.startedAt));
    const late = () => new TaskTimeoutError(task.name, task.phase, limitMs);
    this.abort.abort(late);
    // Gives itself up a moment before, unless the process was too busy for that; then it is no straggler either.
    if (task.handsOver) return this.end('failed', late());
    this.settling = setting.clock.setTimeout(() => this.end('timed-out'), limits.settleMs);
  }

  private stepAside(): () => void {
    const { clock, lastDeadline } = this.setting;
    this.aside += 1;
    if (this.aside === 1) {
      this.setLimit(lastDeadline);
      this.observer.stoodAside();
    }
    let back = false;
    return () => {
      if (back) return;
      back = true;
      this.aside -= 1;
      if (this.aside > 0 || this.isOver) return;
      this.observer.cameBack?.();
      this.setLimit(Math.min(lastDeadline, clock.now() + this.ownLimitMs));
    };
  }
}

/** What was thrown, and what caused it, in one line each; at most so many causes, which may go round in a circle. */
const MAX_CAUSES = 3;

function messageOf(error: unknown, causes = MAX_CAUSES): string {
  try {
    if (!(error instanceof Error)) return String(error);
    // Node's AggregateError of a refused connection has a code and no message.
    const text = error.message || (error as NodeJS.ErrnoException).code;
    const message = text ? `${error.name}: ${text}` : error.name;
    if (error.cause === undefined || causes === 0) return message;
    return `${message} (caused by ${messageOf(error.cause, causes - 1)})`;
  } catch {
    return 'a thrown value that has no text'; // an object with a throwing toString must not stop a shutdown
  }
}
