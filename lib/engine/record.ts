import type { ShutdownReason } from './reason.js';

/**
 * How one task ended. `timed-out` tasks are the stragglers: nothing stops them but the end of the process.
 * `skipped` ones never began, because the time was over; `left-to-nest` ones could not be taken over.
 */
export type TaskOutcome = 'done' | 'failed' | 'timed-out' | 'skipped' | 'left-to-nest';

/** One task of a shutdown, as it went. */
export interface TaskReport {
  /** `Class@method` of a decorated method, `Class.hook` of a hook of Nest, or a name of its own. */
  readonly name: string;
  readonly outcome: TaskOutcome;
  /** When it began, in milliseconds from the start of the shutdown. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly critical: boolean;
  /** Where it was registered, such as `DatabaseModule` or `DatabaseModule, src/database.ts:12`. */
  readonly site?: string;
  /** The message of what it threw, and of its causes, when it failed. */
  readonly error?: string;
  /**
   * Of an output that holds back what it is given, such as telemetry: whether all of it was handed over to where it goes.
   * That is not to say that it has arrived: a collector may lose what it has taken.
   */
  readonly handedOver?: boolean;
  /** How long it held the event loop in one go before it gave control back, when that was 100 ms or more. */
  readonly blockedMs?: number;
}

/** One phase of a shutdown, as it went. */
export interface PhaseReport {
  readonly name: string;
  /** `timed-out` when a task was; `skipped` when it had nothing to do or an earlier phase aborted the run. */
  readonly outcome: 'done' | 'timed-out' | 'skipped';
  /** Milliseconds from the start of the shutdown. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly tasks: readonly TaskReport[];
}

/** Work that was cut at a deadline. Holds methods and route patterns; never query strings, headers or bodies. */
export interface UnfinishedWork {
  readonly kind: 'request' | 'socket' | 'hook' | 'work' | 'message' | 'job';
  /** Such as `GET /orders/:id`. */
  readonly name: string;
  /** How long it had been running, in milliseconds. */
  readonly ageMs?: number;
  /** What became of it: answered with 503, cut in the middle, or left running. */
  readonly fate: 'refused' | 'cut' | 'abandoned';
}

/** What the phases of a shutdown did, from the first reason to the last task. */
export interface ShutdownRecord {
  readonly version: 1;
  readonly reason: ShutdownReason;
  /** When it began: milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** `clean`: everything finished. `forced`: something was cut, timed out, or failed critically. */
  readonly outcome: 'clean' | 'forced';
  readonly phases: readonly PhaseReport[];
  readonly unfinished: readonly UnfinishedWork[];
}

/** How the wait for the load balancers ended, and on what evidence. Times are in milliseconds from the start of the shutdown. */
export interface PropagationReport {
  /**
   * `floor`: nothing came, or the last that came was quiet for long enough by then. `quiet`: nothing had come for the quiet
   * time. `told`: load balancers that ask the readiness probe had met their failures, which took longer. `capped`: requests
   * still came, or a load balancer had not met its failures, when the longest wait was over: later requests may be lost.
   * `aborted`: the phase was cut short.
   */
  readonly endedBy: 'floor' | 'quiet' | 'told' | 'capped' | 'aborted';
  readonly durationMs: number;
  /** When the last request, or a connection that may have brought one, came; not there when none did. */
  readonly lastArrivalMs?: number;
  /** Requests since the shutdown began, up to the end of the wait; probes and other exempt ones are not counted. */
  readonly requests: number;
  /** How long nothing had to come: `propagationQuietMs`, or longer, up to the floor, where requests came rarely. */
  readonly quietMs: number;
  /** Load balancers that ask the readiness probe, and how many of them had met their failures; not there without any. */
  readonly balancers?: { readonly known: number; readonly told: number };
}

/** What a shutdown did, and how the process ends. Plain data: `JSON.stringify` gives all of it. */
export interface ShutdownReport extends ShutdownRecord {
  /** The code the process ends with; undefined when this package does not end it. */
  readonly exitCode?: number;
  /** Not there when load balancers were not waited for. */
  readonly propagation?: PropagationReport;
  /**
   * What keeps the event loop alive, by type and how many, when something was over time
   * (`process.getActiveResourcesInfo()`).
   */
  readonly activeResources?: Readonly<Record<string, number>>;
  /** The timeline, for a terminal. */
  toString(): string;
}
