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
  /** Of the report's schema. Version 1 knew no `traffic`, `sources` or `load`. */
  readonly version: 2;
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

/** From what kind of network a request came: the address itself is in no report. */
export type AddressClass =
  'loopback' | 'private' | 'link-local' | 'shared' | 'public' | 'unix socket' | 'unknown';

/** Requests after the shutdown had begun, on one kind of connection. Probes and other exempt ones are not counted. */
export interface LateRequests {
  readonly requests: number;
  /** How many connections brought them. */
  readonly connections: number;
  /** When the last of them came, in milliseconds from the start of the shutdown; not there when none did. */
  readonly lastMs?: number;
}

/** Callers of one kind that still came when the longest wait for the load balancers was nearly over. */
export interface Latecomers {
  /** The network that the connection came from: behind a proxy, the proxy's. */
  readonly address: AddressClass;
  /** The family of its `User-Agent`, from a closed list, such as `curl` or `browser`; never the header itself. */
  readonly agent: string;
  readonly requests: number;
}

/** What the clients did after the shutdown had begun. */
export interface TrafficReport {
  /** On connections that were opened after the shutdown had begun: somebody still sent clients here. */
  readonly onNewConnections: LateRequests;
  /** On connections that were open when it began: clients that had not moved away yet. */
  readonly onKeptConnections: LateRequests;
  /** Who came in the last fifth of the longest wait, or later; not there when nobody did, or nothing was waited for. */
  readonly lastFifth?: {
    /** When it began, in milliseconds from the start of the shutdown. */
    readonly fromMs: number;
    readonly onNewConnections: number;
    readonly onKeptConnections: number;
    /** The most frequent first, at most eight. */
    readonly callers: readonly Latecomers[];
  };
}

/** What became of the work of one source. */
export interface SourceReport {
  /** Such as `http`, or `BullMQ worker mail`. */
  readonly name: string;
  readonly kind: string;
  /** In flight when the shutdown began. */
  readonly before: number;
  /** Taken since; not there when the source does not count what it takes. */
  readonly after?: number;
  /** Of `before` and `after`, what is neither `givenBack` nor `cut`. */
  readonly finished: number;
  /** Handed back at the deadline, for another process to take. */
  readonly givenBack: number;
  /** Refused, cut or abandoned at the deadline. */
  readonly cut: number;
}

/** What the process itself was under while it shut down. */
export interface LoadReport {
  /** CPU time of the process, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory when the shutdown began and when it was over, in bytes. */
  readonly rssBytes: { readonly start: number; readonly end: number };
  /** How much later than due the event loop came back to a timer, in milliseconds; not there where nothing tells. */
  readonly eventLoopDelayMs?: { readonly mean: number; readonly p99: number; readonly max: number };
}

/** What a shutdown did, and how the process ends. Plain data: `JSON.stringify` gives all of it. */
export interface ShutdownReport extends ShutdownRecord {
  /** The code the process ends with; undefined when this package does not end it. */
  readonly exitCode?: number;
  /** Not there when load balancers were not waited for. */
  readonly propagation?: PropagationReport;
  /** Not there in an application without HTTP. */
  readonly traffic?: TrafficReport;
  /** The sources that had work; not there in a report that was made before the shutdown was over. */
  readonly sources?: readonly SourceReport[];
  readonly load?: LoadReport;
  /**
   * What keeps the event loop alive, by type and how many, when something was over time
   * (`process.getActiveResourcesInfo()`).
   */
  readonly activeResources?: Readonly<Record<string, number>>;
  /** The timeline, for a terminal. */
  toString(): string;
}
