import type { Budget } from './budget.js';
import type { Clock, TimerHandle } from '../time/clock.js';
import type { Phase } from './phase.js';
import type { ShutdownReason } from './reason.js';
import type { PhaseReport, TaskReport, UnfinishedWork } from './record.js';
import { Deadlines } from './deadlines.js';
import { runTask } from './run-task.js';
import type { ShutdownTask, TaskCall } from './task.js';

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
}

/** One task and how far it is. */
interface Entry {
  readonly task: ShutdownTask;
  startedAt?: number;
  report?: TaskReport;
  settled?: Promise<void>;
  /** Resolves when it is settled, or waits for what stands aside, as it may do itself. */
  readonly passed: Passed;
}

interface Passed {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Until when a task may run, and how long it may wrap up then. */
interface Limits {
  readonly deadline: number;
  readonly settleMs: number;
}

/** One phase while it runs: its tasks in their order, and what became of them. */
export class PhaseRun {
  readonly deadline: number;
  private readonly startedAt: number;
  private readonly entries: ReadonlyMap<ShutdownTask, Entry>;
  private readonly deadlines: Deadlines;
  private steps?: ReadonlyMap<ShutdownTask, number>;
  private skipped = false;
  private endedAt?: number;

  constructor(
    private readonly phase: Phase,
    private readonly setting: PhaseSetting,
  ) {
    this.startedAt = setting.clock.now();
    this.deadlines = new Deadlines(setting.clock);
    this.deadline = setting.budget.phaseDeadline(phase, this.startedAt);
    this.entries = new Map(setting.tasks.map((task) => [task, { task, passed: passing() }]));
  }

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  skip(): void {
    this.skipped = true;
    this.endedAt = this.startedAt;
  }

  async run(): Promise<void> {
    const entries = [...this.entries.values()];
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    // All promises exist before the first task runs: one may wait for another that comes later in the list.
    for (const entry of entries) {
      const before = this.setting.predecessors(entry.task);
      if (before.length > 0) entry.settled = opened.then(() => this.runInTurn(entry, before));
    }
    for (const entry of entries) entry.settled ??= this.runNow(entry);
    open();
    await Promise.all(entries.map(async ({ settled }) => settled));
    this.endedAt = this.setting.clock.now();
  }

  /** Resolves when the task is settled; undefined when it does not run here. */
  settled(task: ShutdownTask): Promise<void> | undefined {
    return this.entries.get(task)?.settled;
  }

  /** What is pending counts as timed out, for a report before the end. */
  report(): PhaseReport {
    const { clock, budget } = this.setting;
    const { name } = this.phase;
    const startMs = this.startedAt - budget.startedAt;
    if (this.skipped) return { name, outcome: 'skipped', startMs, durationMs: 0, tasks: [] };
    const now = clock.now();
    const tasks = [...this.entries.values()]
      .filter(({ task, report }) => !task.gate && !(task.quiet && report?.outcome === 'done'))
      .map((entry) => entry.report ?? this.unsettled(entry, now));
    const late = tasks.some(({ outcome }) => outcome === 'timed-out' || outcome === 'skipped');
    const durationMs = (this.endedAt ?? now) - this.startedAt;
    return { name, outcome: late ? 'timed-out' : 'done', startMs, durationMs, tasks };
  }

  private async runInTurn(entry: Entry, before: readonly ShutdownTask[]): Promise<void> {
    const here = before.filter((task) => this.entries.has(task));
    const elsewhere = before.filter((task) => !this.entries.has(task));
    await Promise.all(here.map(async (task) => this.entries.get(task)?.passed.promise));
    await this.waitForThoseAside(entry, here);
    // A task of a phase that runs beside this one may take longer than this one has.
    const pending = await this.unsettledInTime(elsewhere, entry.task);
    if (pending.length > 0) {
      const error = `waited for ${pending.map(({ name }) => name).join(', ')}`;
      entry.report = { ...this.unsettled(entry, this.setting.clock.now()), error };
      entry.passed.resolve();
      return;
    }
    await this.runNow(entry);
  }

  /** What must really be over, and what else it has to wait for: those behind it need not wait for that. */
  private async waitForThoseAside(entry: Entry, before: readonly ShutdownTask[]): Promise<void> {
    const strictly = this.setting.strictly(entry.task);
    const aside = before.filter((task) => strictly?.has(task) && !this.entries.get(task)?.report);
    const besides = entry.task.holdOff?.();
    if (aside.length === 0 && !besides) return;
    entry.passed.resolve();
    await Promise.all(aside.map(async (task) => this.settled(task)));
    if (besides) await this.inTime(besides);
  }

  private async runNow(entry: Entry): Promise<void> {
    await this.runIt(entry);
    entry.passed.resolve();
  }

  private async runIt(entry: Entry): Promise<void> {
    const { clock, reason, budget, unfinished, call } = this.setting;
    entry.startedAt = clock.now();
    if (entry.task.gate) {
      entry.report = { ...this.unsettled(entry, entry.startedAt), outcome: 'done' };
      return;
    }
    if (entry.task.leftToNest) {
      entry.report = { ...this.unsettled(entry, entry.startedAt), outcome: 'left-to-nest' };
      return;
    }
    entry.report = await runTask(entry.task, {
      clock,
      reason,
      startedAt: budget.startedAt,
      ...this.limitsOf(entry.task, entry.startedAt),
      ownLimitMs: this.phase.taskTimeoutMs,
      lastDeadline: this.deadline,
      stoodAside: entry.passed.resolve,
      unfinished,
      call: entry.task.runsOwnCode?.(reason) ? undefined : call,
      deadlines: this.deadlines,
    });
  }

  /** A task that hangs must not take all the time from those that come after it, nor may its wrapping up. */
  private limitsOf(task: ShutdownTask, now: number): Limits {
    const ownMs = this.setting.budget.settleMs(this.phase);
    // Who begins after the deadline has what is left of the time to settle.
    const settleMs = Math.max(0, Math.min(ownMs, this.deadline + ownMs - now));
    const leftMs = Math.max(0, this.deadline - now);
    const keptMs = Math.min(this.stepsAfter(task) * STEP_MS, leftMs / 2);
    if (keptMs === 0) return { deadline: this.deadline, settleMs };
    const wrapUpMs = Math.min(settleMs, (leftMs - keptMs) / 2);
    return { deadline: this.deadline - keptMs - wrapUpMs, settleMs: wrapUpMs };
  }

  /** How many tasks of this phase come one after the other behind this one. */
  private stepsAfter(task: ShutdownTask): number {
    this.steps ??= this.countSteps();
    return this.steps.get(task) ?? 0;
  }

  private countSteps(): ReadonlyMap<ShutdownTask, number> {
    const followers = new Map<ShutdownTask, ShutdownTask[]>();
    for (const task of this.entries.keys()) {
      for (const before of this.setting.predecessors(task)) {
        const known = followers.get(before);
        if (known) known.push(task);
        else followers.set(before, [task]);
      }
    }
    const steps = new Map<ShutdownTask, number>();
    const count = (task: ShutdownTask): number => {
      const known = steps.get(task);
      if (known !== undefined) return known;
      steps.set(task, 0); // an order is no circle; one that were would end here
      const longest = (followers.get(task) ?? []).reduce(
        (most, next) => Math.max(most, (next.gate ? 0 : 1) + count(next)),
        0,
      );
      steps.set(task, longest);
      return longest;
    };
    for (const task of this.entries.keys()) count(task);
    return steps;
  }

  /** Those of other phases that are not settled when the follower can wait no longer. */
  private async unsettledInTime(
    tasks: readonly ShutdownTask[],
    follower: ShutdownTask,
  ): Promise<readonly ShutdownTask[]> {
    if (tasks.length === 0) return tasks;
    const { clock, settled } = this.setting;
    const { deadline } = this.limitsOf(follower, clock.now());
    const pending = new Set(tasks);
    const all = tasks.map(async (task) => {
      await settled(task);
      pending.delete(task);
    });
    let timer!: TimerHandle;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, Math.max(0, deadline - clock.now()));
    });
    await Promise.race([Promise.all(all), late]);
    clock.clearTimeout(timer);
    return [...pending];
  }

  /** Waits for a promise, not longer than the phase lasts. */
  private async inTime(promise: Promise<unknown>): Promise<void> {
    const { clock } = this.setting;
    let timer!: TimerHandle;
    const late = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, Math.max(0, this.deadline - clock.now()));
    });
    await Promise.race([promise.catch(() => undefined), late]);
    clock.clearTimeout(timer);
  }

  private unsettled({ task, startedAt }: Entry, now: number): TaskReport {
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

function passing(): Passed {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
