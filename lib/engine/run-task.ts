import { TaskTimeoutError } from '../errors/task-timeout.error.js';
import type { Clock } from '../time/clock.js';
import { Deadlines } from './deadlines.js';
import type { ShutdownReason } from './reason.js';
import type { TaskReport, UnfinishedWork } from './record.js';
import type { ShutdownTask, TaskCall, TaskContext } from './task.js';

/** A synchronous stretch this long is named in the report: it stops every other task, and the probes. */
const BLOCKED_THRESHOLD_MS = 100;

/** Everything a task needs to know about the run it is part of. */
export interface TaskRun {
  readonly clock: Clock;
  readonly reason: ShutdownReason;
  /** When the shutdown began, on the clock. */
  readonly startedAt: number;
  /** When it must be over at the latest, on the clock. */
  readonly deadline: number;
  /** How long it may take from its start, in milliseconds, when it has no limit of its own. */
  readonly ownLimitMs?: number;
  /** When its phase is over, on the clock: its only limit while it stands aside, and the utmost one afterwards. */
  readonly lastDeadline?: number;
  /** Told when it stands aside. */
  readonly stoodAside?: () => void;
  /** How long a task may go on after its abort before it counts as a straggler, in milliseconds. */
  readonly settleMs: number;
  readonly unfinished: (work: UnfinishedWork) => void;
  /** Calls the task, so that what it calls can be told from what others do. */
  readonly call?: TaskCall;
  /** Those of all tasks that run side by side; its own without them. */
  readonly deadlines?: Deadlines;
}

/** Runs one task to its end or its deadline. Never rejects: a failure is an outcome. */
export function runTask(task: ShutdownTask, run: TaskRun): Promise<TaskReport> {
  const { clock, deadlines = new Deadlines(clock) } = run;
  const startedAt = clock.now();
  const lastDeadline = run.lastDeadline ?? run.deadline;
  const ownLimit = task.timeoutMs ?? run.ownLimitMs ?? Infinity;
  let deadline = Math.min(run.deadline, startedAt + ownLimit);
  const abort = new LazyAbort();
  const context: TaskContext = {
    get signal() {
      return abort.signal;
    },
    get deadline() {
      return deadline;
    },
    get remainingMs() {
      return Math.max(0, deadline - clock.now());
    },
    reason: run.reason,
    phase: task.phase,
    whenAborted: (callback) => abort.whenAborted(callback),
    unfinished: run.unfinished,
    standAside: () => standAside(),
  };
  let standAside = () => () => undefined as void;

  return new Promise((resolve) => {
    let blockedMs = 0;
    const end = (outcome: TaskReport['outcome'], error?: unknown) => {
      ended = true;
      dropLimit();
      resolve({
        name: task.name,
        outcome,
        startMs: startedAt - run.startedAt,
        durationMs: clock.now() - startedAt,
        critical: task.critical ?? false,
        ...(task.site === undefined ? undefined : { site: task.site }),
        ...(error === undefined ? undefined : { error: messageOf(error) }),
        ...(task.handsOver ? { handedOver: outcome === 'done' } : undefined),
        ...(blockedMs >= BLOCKED_THRESHOLD_MS ? { blockedMs } : undefined),
      });
    };
    let ended = false;
    let aside = 0;
    const setLimit = (limit: number) => {
      if (ended || abort.aborted) return;
      deadline = limit;
      dropLimit();
      dropLimit = deadlines.at(deadline, onDeadline);
    };
    standAside = () => {
      aside += 1;
      if (aside === 1) {
        setLimit(lastDeadline);
        run.stoodAside?.();
      }
      let back = false;
      return () => {
        if (back) return;
        back = true;
        aside -= 1;
        if (aside === 0) setLimit(Math.min(lastDeadline, clock.now() + ownLimit));
      };
    };
    const onDeadline = () => {
      const limit = Math.max(0, Math.round(deadline - startedAt));
      abort.abort(new TaskTimeoutError(task.name, task.phase, limit));
      const timer = clock.setTimeout(() => end('timed-out'), run.settleMs);
      dropLimit = () => clock.clearTimeout(timer);
    };
    let dropLimit = deadlines.at(deadline, onDeadline);

    // A task that wraps up after its abort has still missed its time, so it is `timed-out`, only sooner.
    const finish = (outcome: 'done' | 'failed', error?: unknown) =>
      end(abort.aborted ? 'timed-out' : outcome, error);
    let result: unknown;
    try {
      result = run.call ? run.call(() => task.run(context), task) : task.run(context);
    } catch (error) {
      blockedMs = clock.now() - startedAt;
      finish('failed', error ?? 'unknown error');
      return;
    }
    blockedMs = clock.now() - startedAt;
    // Not Promise.resolve(): that hands out a promise whose own `then` was replaced as it is, and a throw there would
    // end the run.
    new Promise((settle) => settle(result)).then(
      () => finish('done'),
      (error: unknown) => finish('failed', error ?? 'unknown error'),
    );
  });
}

/** An AbortController that is made when somebody asks for its signal: most hooks of Nest never do. */
class LazyAbort {
  private controller?: AbortController;
  private error?: Error;
  private callbacks: Array<() => void> = [];

  get aborted(): boolean {
    return this.error !== undefined;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      if (this.error) this.controller.abort(this.error);
    }
    return this.controller.signal;
  }

  whenAborted(callback: () => void): void {
    this.callbacks.push(callback);
  }

  abort(error: Error): void {
    this.error = error;
    for (const callback of this.callbacks.splice(0)) callback();
    this.controller?.abort(error);
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
