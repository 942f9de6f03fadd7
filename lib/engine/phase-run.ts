import type { Budget } from './budget.js';
import type { Clock, TimerHandle } from '../time/clock.js';
import { deferred, type Deferred } from '../time/waits.js';
import type { Phase } from './phase.js';
import type { ShutdownReason } from './reason.js';
import type { PhaseReport, TaskReport, UnfinishedWork } from './record.js';
import { Deadlines } from './deadlines.js';
import { startTask, type TaskLimits, type TaskObserver, type TaskSetting } from './run-task.js';
import type { ShutdownTask, TaskCall, TaskWatch } from './task.js';
import { TaskQueue, type QueuedTask } from './task-queue.js';

/** Each task that others wait for leaves every one of them this much of the phase's time, in milliseconds. */
const STEP_MS = 250;

/** What a phase needs to know of the run it is part of. */
export interface PhaseSetting {
  readonly clock: Clock;
  readonly reason: ShutdownReason;
  readonly budget: Budget;
  readonly tasks: readonly ShutdownTask[];
  /** The tasks that must be settled before this one begins. */
  readonly predecessors: (task: ShutdownTask) => readonly ShutdownTask[];
  /** Those of them that must really be over: that one stands aside is not enough. */
  readonly strictly: (task: ShutdownTask) => ReadonlySet<ShutdownTask> | undefined;
  /** Resolves when a task of another phase is settled, or will not run. */
  readonly settled: (task: ShutdownTask) => Promise<void>;
  readonly unfinished: (work: UnfinishedWork) => void;
  /** Calls each task. */
  readonly call?: TaskCall;
  /** Told of each task as it goes. */
  readonly watch?: TaskWatch;
}

/** One phase while it runs: its tasks in their order, and what became of them. */
export class PhaseRun {
  readonly deadline: number;
  private readonly startedAt: number;
  private readonly queue: TaskQueue;
  private readonly taskSetting: TaskSetting;
  /** Who waits for a task of this phase: tasks of phases that run beside it, and those that must not pass it. */
  private readonly waiters = new Map<ShutdownTask, Deferred>();
  private skipped = false;
  private endedAt?: number;
  /** Once everything is settled. */
  private whole?: PhaseReport;
  /** Of all that nothing comes after, and that begin in time. */
  private readonly fullLimits: TaskLimits;

  constructor(
    private readonly phase: Phase,
    private readonly setting: PhaseSetting,
  ) {
    const { clock, reason, budget, unfinished } = setting;
    this.startedAt = clock.now();
    this.deadline = budget.phaseDeadline(phase, this.startedAt);
    this.fullLimits = { deadline: this.deadline, settleMs: budget.settleMs(phase) };
    this.queue = new TaskQueue(setting.tasks);
    this.taskSetting = {
      clock,
      reason,
      startedAt: budget.startedAt,
      lastDeadline: this.deadline,
      ownLimitMs: phase.taskTimeoutMs,
      deadlines: new Deadlines(clock),
      unfinished,
    };
  }

  get isEmpty(): boolean {
    return this.queue.size === 0;
  }

  skip(): void {
    this.skipped = true;
    this.endedAt = this.startedAt;
  }

  /** Resolves when all tasks are settled; rejects when one can't be run. */
  async run(): Promise<void> {
    await this.queue.run(this.setting.predecessors, (entry) => this.begin(entry));
    this.taskSetting.deadlines.stop();
    this.endedAt = this.setting.clock.now();
  }

  /** Resolves when the task is settled; undefined when it does not run here. */
  settled(task: ShutdownTask): Promise<void> | undefined {
    if (this.skipped || !this.queue.has(task)) return undefined;
    if (this.queue.isOver(task)) return Promise.resolve();
    const waiter = this.waiters.get(task) ?? deferred();
    this.waiters.set(task, waiter);
    return waiter.promise;
  }

  /** What is pending counts as timed out, for a report before the end. */
  report(): PhaseReport {
    if (this.whole) return this.whole;
    const report = this.reportNow();
    if (this.endedAt !== undefined) this.whole = report;
    return report;
  }

  private reportNow(): PhaseReport {
    const { clock, budget } = this.setting;
    const { name } = this.phase;
    const startMs = this.startedAt - budget.startedAt;
    if (this.skipped) return { name, outcome: 'skipped', startMs, durationMs: 0, tasks: [] };
    const now = clock.now();
    const tasks: TaskReport[] = [];
    let late = false;
    for (const entry of this.queue.all()) {
      const { task } = entry;
      if (task.gate) continue;
      const report = entry.report ?? this.unsettled(entry, now);
      if (task.quiet && report.outcome === 'done') continue;
      late ||= report.outcome === 'timed-out' || report.outcome === 'skipped';
      tasks.push(report);
    }
    const durationMs = (this.endedAt ?? now) - this.startedAt;
    return { name, outcome: late ? 'timed-out' : 'done', startMs, durationMs, tasks };
  }

  /** All that a task comes after is settled, or stands aside. */
  private begin(entry: QueuedTask): void | Promise<void> {
    const { task, here, elsewhere } = entry;
    if (here.length + elsewhere.length === 0) return this.start(entry);
    const strictly = this.setting.strictly(task);
    const aside = strictly && here.filter((one) => strictly.has(one) && !this.queue.isOver(one));
    const besides = task.holdOff?.();
    if (!aside?.length && !besides && elsewhere.length === 0) return this.start(entry);
    return this.startLater(entry, aside ?? [], besides);
  }

  /** It waits for what must really be over, and for what else it has to: those behind it need not wait for that. */
  private async startLater(
    entry: QueuedTask,
    aside: readonly ShutdownTask[],
    besides: Promise<unknown> | undefined,
  ): Promise<void> {
    if (aside.length > 0 || besides) {
      this.queue.pass(entry);
      await Promise.all(aside.map(async (task) => this.settled(task)));
      if (besides) await this.inTime(besides);
    }
    // A task of a phase that runs beside this one may take longer than this one has.
    const pending = await this.unsettledInTime(entry);
    if (pending.length === 0) return this.start(entry);
    const error = `waited for ${pending.map(({ name }) => name).join(', ')}`;
    this.settle(entry, { ...this.unsettled(entry, this.setting.clock.now()), error });
  }

  private start(entry: QueuedTask): void {
    const { task } = entry;
    if (task.gate) return this.settle(entry);
    const { clock, reason, call } = this.setting;
    const now = clock.now();
    entry.startedAt = now;
    if (task.leftToNest) {
      return this.settle(entry, { ...this.unsettled(entry, now), outcome: 'left-to-nest' });
    }
    this.tell(entry, 'begun');
    const isOwn = task.runsOwnCode?.(reason) ?? false;
    startTask(
      task,
      this.taskSetting,
      this.limitsOf(entry, now),
      new Followed(this, entry),
      isOwn ? undefined : call,
    );
  }

  /** Tells who watches of a task that was begun. */
  tell({ task }: QueuedTask, step: Parameters<TaskWatch>[1]): void {
    this.setting.watch?.(task, step);
  }

  /** Those behind it need not wait for it. */
  pass(entry: QueuedTask): void {
    this.queue.pass(entry);
  }

  settle(entry: QueuedTask, report?: TaskReport): void {
    if (report) entry.report = report;
    this.queue.settle(entry);
    if (this.waiters.size > 0) this.waiters.get(entry.task)?.resolve();
  }

  /** A task that hangs must not take all the time from those that come after it, nor may its wrapping up. */
  private limitsOf({ stepsAfter }: QueuedTask, now: number): TaskLimits {
    if (stepsAfter === 0 && now <= this.deadline) return this.fullLimits;
    const ownMs = this.fullLimits.settleMs;
    // Who begins after the deadline has what is left of the time to settle.
    const settleMs = Math.max(0, Math.min(ownMs, this.deadline + ownMs - now));
    const leftMs = Math.max(0, this.deadline - now);
    const keptMs = Math.min(stepsAfter * STEP_MS, leftMs / 2);
    if (keptMs === 0) return { deadline: this.deadline, settleMs };
    const wrapUpMs = Math.min(settleMs, (leftMs - keptMs) / 2);
    return { deadline: this.deadline - keptMs - wrapUpMs, settleMs: wrapUpMs };
  }

  /** Those of other phases that are not settled when the task can wait for them no longer. */
  private async unsettledInTime(entry: QueuedTask): Promise<readonly ShutdownTask[]> {
    const { elsewhere } = entry;
    if (elsewhere.length === 0) return elsewhere;
    const { clock, settled } = this.setting;
    const { deadline } = this.limitsOf(entry, clock.now());
    const pending = new Set(elsewhere);
    const all = elsewhere.map(async (task) => {
      await settled(task);
      pending.delete(task);
    });
    await this.inTime(Promise.all(all), deadline);
    return [...pending];
  }

  /** Waits for a promise, not longer than to a moment on the clock: that at which the phase is over. */
  private async inTime(promise: Promise<unknown>, deadline = this.deadline): Promise<void> {
    const { clock } = this.setting;
    let timer!: TimerHandle;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, Math.max(0, deadline - clock.now()));
    });
    await Promise.race([promise.catch(() => undefined), late]);
    clock.clearTimeout(timer);
  }

  private unsettled({ task, startedAt }: QueuedTask, now: number): TaskReport {
    const began = startedAt ?? now;
    return {
      name: task.name,
      outcome: startedAt === undefined ? 'skipped' : 'timed-out',
      startMs: began - this.setting.budget.startedAt,
      durationMs: now - began,
      critical: task.critical ?? false,
      ...(task.site === undefined ? {} : { site: task.site }),
    };
  }
}

/** One task of a phase that runs, as it tells how far it is. */
class Followed implements TaskObserver {
  constructor(
    private readonly run: PhaseRun,
    private readonly entry: QueuedTask,
  ) {}

  stoodAside(): void {
    this.run.tell(this.entry, 'aside');
    this.run.pass(this.entry);
  }

  cameBack(): void {
    this.run.tell(this.entry, 'begun');
  }

  ended(report: TaskReport): void {
    this.run.tell(this.entry, 'ended');
    this.run.settle(this.entry, report);
  }
}
