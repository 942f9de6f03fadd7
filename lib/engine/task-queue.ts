import type { TaskReport } from './record.js';
import type { ShutdownTask } from './task.js';

/**
 * Between a hook and the one behind it, Nest leaves so many turns of the microtask queue when they are in two modules (core
 * 11 and 12), and fewer otherwise: what a hook has begun without waiting for it takes its first steps in them.
 */
const TURNS_BETWEEN = 4;

/** A task that waits for others, and for which others wait. */
export interface QueuedTask {
  readonly task: ShutdownTask;
  /** What it comes after, of this phase and of others. */
  readonly here: readonly ShutdownTask[];
  readonly elsewhere: readonly ShutdownTask[];
  /** How many tasks of this phase come one after the other behind this one. */
  readonly stepsAfter: number;
  /** When it was begun, on the clock, and how it ended: kept here by who begins it. */
  startedAt?: number;
  report?: TaskReport;
}

const NONE: readonly ShutdownTask[] = [];
const NOBODY: readonly Entry[] = [];

/** The same, as the queue sees it. */
class Entry implements QueuedTask {
  here = NONE;
  elsewhere = NONE;
  stepsAfter = 0;
  followers = NOBODY;
  /** How many of those behind it have not been counted yet. */
  uncounted = 0;
  /** How many of those it comes after have not passed. */
  waitsFor = 0;
  /** It is settled, or stands aside: those behind it need not wait for it any more. */
  hasPassed = false;
  isOver = false;
  startedAt?: number = undefined;
  report?: TaskReport = undefined;

  constructor(readonly task: ShutdownTask) {}
}

/**
 * Begins each task when those it comes after have passed. Counts and lists, and no promise for a task: there may be
 * thousands, most of which do nothing.
 */
export class TaskQueue {
  private readonly entries: ReadonlyMap<ShutdownTask, Entry>;
  private ready: Entry[] = [];
  private isBeginning = false;
  private left: number;
  private begin: (task: QueuedTask) => void | Promise<void> = () => undefined;
  private finish: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;

  constructor(tasks: readonly ShutdownTask[]) {
    const entries = new Map<ShutdownTask, Entry>();
    for (const task of tasks) entries.set(task, new Entry(task));
    this.entries = entries;
    this.left = entries.size;
  }

  /** All of them, in the order in which they were given. */
  all(): Iterable<QueuedTask> {
    return this.entries.values();
  }

  get size(): number {
    return this.entries.size;
  }

  has(task: ShutdownTask): boolean {
    return this.entries.has(task);
  }

  isOver(task: ShutdownTask): boolean {
    return this.entries.get(task)?.isOver ?? false;
  }

  /** Resolves when all tasks are settled. `begin` may settle a task at once; rejects when it throws or rejects. */
  run(
    predecessors: (task: ShutdownTask) => readonly ShutdownTask[],
    begin: (task: QueuedTask) => void | Promise<void>,
  ): Promise<void> {
    this.begin = begin;
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
      this.connect(predecessors);
      this.countSteps();
      for (const entry of this.entries.values()) if (entry.waitsFor === 0) this.ready.push(entry);
      this.beginReady(); // a signal's first effect is immediate
    });
  }

  /** Those behind it wait for it no longer. */
  pass(task: QueuedTask): void {
    const entry = task as Entry;
    if (entry.hasPassed) return;
    entry.hasPassed = true;
    for (const follower of entry.followers) {
      follower.waitsFor -= 1;
      if (follower.waitsFor === 0) this.ready.push(follower);
    }
    if (this.ready.length > 0) void this.beginFurther();
  }

  settle(task: QueuedTask): void {
    const entry = task as Entry;
    if (entry.isOver) return;
    entry.isOver = true;
    this.pass(entry);
    this.left -= 1;
    if (this.left === 0) this.finish();
  }

  private connect(predecessors: (task: ShutdownTask) => readonly ShutdownTask[]): void {
    for (const entry of this.entries.values()) {
      const before = predecessors(entry.task);
      if (before.length === 0) continue;
      for (const task of before) {
        const first = this.entries.get(task);
        if (first) {
          entry.waitsFor += 1;
          if (first.followers === NOBODY) first.followers = [entry];
          else (first.followers as Entry[]).push(entry);
        } else if (entry.elsewhere === NONE) entry.elsewhere = [task];
        else (entry.elsewhere as ShutdownTask[]).push(task);
      }
      const { elsewhere } = entry;
      entry.here = elsewhere === NONE ? before : before.filter((task) => this.entries.has(task));
    }
  }

  /** From the ends of the order to its beginnings; what is in a circle, which an order has not, would count none. */
  private countSteps(): void {
    const counted: Entry[] = [];
    for (const entry of this.entries.values()) {
      entry.uncounted = entry.followers.length;
      if (entry.uncounted === 0) counted.push(entry);
    }
    for (const entry of counted) {
      const steps = entry.stepsAfter + (entry.task.gate ? 0 : 1);
      for (const task of entry.here) {
        const before = this.entries.get(task) as Entry;
        before.stepsAfter = Math.max(before.stepsAfter, steps);
        before.uncounted -= 1;
        if (before.uncounted === 0) counted.push(before);
      }
    }
  }

  /** Those that have become ready begin some turns later, and never inside of what has made them so. */
  private async beginFurther(): Promise<void> {
    if (this.isBeginning) return;
    this.isBeginning = true;
    while (this.ready.length > 0) {
      for (let turn = 0; turn < TURNS_BETWEEN; turn += 1) await Promise.resolve();
      this.beginReady();
    }
    this.isBeginning = false;
  }

  private beginReady(): void {
    const ready = this.ready;
    this.ready = [];
    for (const entry of ready) this.beginOne(entry);
  }

  private beginOne(entry: Entry): void {
    try {
      this.begin(entry)?.catch(this.fail);
    } catch (error) {
      this.fail(error);
    }
  }
}
