import type { UnfinishedWork } from './record.js';
import type { ShutdownReason } from './reason.js';

/** What every task is given. */
export interface ShutdownContext {
  /** Aborts when the task's own time, or its phase's, is over. */
  readonly signal: AbortSignal;
  /** When that is: milliseconds since the epoch, as `Date.now()`. */
  readonly deadline: number;
  /** What is left until then, in milliseconds, read at the moment of asking; never negative. */
  readonly remainingMs: number;
  /** Why the process is shutting down. */
  readonly reason: ShutdownReason;
  /** The phase this task runs in. */
  readonly phase: string;
}

/** The context of the package's own tasks, which can also say what they had to cut. */
export interface TaskContext extends ShutdownContext {
  /** Calls back before `signal` aborts, once. Unlike a listener on `signal`, it costs no AbortController. */
  readonly whenAborted: (callback: () => void) => void;
  /** Names work that could not finish, for the report. */
  readonly unfinished: (work: UnfinishedWork) => void;
  /**
   * Says that the task now waits only for what others have to end first. Until the returned function is called it counts
   * as over for the tasks behind it, and its own limit does not run; afterwards that begins anew.
   */
  readonly standAside: () => () => void;
}

/** One thing to run in a phase. */
export interface ShutdownTask {
  /** Shown in the log and the report. */
  readonly name: string;
  readonly phase: string;
  /**
   * Its own limit in milliseconds: it may use all of that, as far as its phase and what is reserved behind it leave it
   * room. Without one it has what its phase gives to such tasks.
   */
  readonly timeoutMs?: number;
  /** Its failure changes the exit code. */
  readonly critical?: boolean;
  /** Where it was registered, for the report. */
  readonly site?: string;
  /** It hands over what an output holds back, such as telemetry, and the report says whether it has. */
  readonly handsOver?: boolean;
  /** It is somebody else's to run, and only named in the report. */
  readonly leftToNest?: boolean;
  /** It only stands between others: it does nothing, and is not reported. */
  readonly gate?: boolean;
  /** It is not reported when it is done, for it had nothing to do, or only what others are named for. */
  readonly quiet?: boolean;
  /** Asked when its turn has come: what it has to wait for besides. Meanwhile it counts as over for those behind it. */
  readonly holdOff?: () => Promise<unknown> | undefined;
  /**
   * Whether all that it runs is this package's own: nothing in there can ask for the shutdown, so that an async context,
   * which makes every promise of the process dearer on Node 20 and 22, is spared.
   */
  readonly runsOwnCode?: (reason: ShutdownReason) => boolean;
  readonly run: (context: TaskContext) => unknown;
}

/** Calls a task; what it returns is the task's result. */
export type TaskCall = (run: () => unknown, task: ShutdownTask) => unknown;

/** Told of a task as it begins, while it only waits for others, as it goes on after that (`begun` again), and at its end. */
export type TaskWatch = (task: ShutdownTask, step: 'begun' | 'aside' | 'ended') => void;
