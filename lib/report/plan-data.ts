/** One task of the plan. */
export interface PlannedTask {
  /** `Class@method` of a decorated method, `Class.hook` of a hook of Nest, or a name of its own. */
  readonly name: string;
  /** Where it was registered, such as `DatabaseModule` or `DatabaseModule, src/database.ts:12`. */
  readonly site?: string;
  /** Its own limit, in milliseconds; without one it has `taskTimeoutMs` of its phase, or what that has. */
  readonly timeoutMs?: number;
  readonly critical: boolean;
  /** The tasks it waits for. What waits for nothing runs side by side. */
  readonly after: readonly string[];
}

/** One phase of the plan. */
export interface PlannedPhase {
  readonly name: string;
  /** The phases it waits for. */
  readonly after: readonly string[];
  /** The longest it may take, in milliseconds; without one what the others leave. */
  readonly timeoutMs?: number;
  /** How long those of its tasks may take that have no limit of their own, in milliseconds. */
  readonly taskTimeoutMs?: number;
  /** What no earlier phase can take from it, in milliseconds. */
  readonly reserveMs: number;
  readonly onTimeout: 'continue' | 'abort';
  readonly tasks: readonly PlannedTask[];
}

/** A decorated check of a probe. */
export interface PlannedCheck {
  /** `Class@method`. */
  readonly name: string;
  readonly kind: 'liveness' | 'readiness' | 'startup';
  readonly timeoutMs: number;
  /**
   * What its object reaches by injection that answers from outside of the process: clients of databases, brokers and the
   * like, and indicators of Terminus other than those of memory and disk. A client that the check makes itself is not seen.
   */
  readonly reaches: readonly string[];
}

/** The probes, and what they ask. */
export interface PlannedProbes {
  /** A separate port, if they have one; 0 is one that is picked at boot. */
  readonly port?: number;
  readonly livePath: string;
  readonly readyPath: string;
  readonly startupPath: string;
  /** A check without a limit of its own is down after this, in milliseconds. */
  readonly checkTimeoutMs: number;
  readonly checks: readonly PlannedCheck[];
}

/** A server of the application for HTTP. */
export interface PlannedServer {
  readonly tls: boolean;
  readonly http2: boolean;
  /** Where it listens, or will, as far as that is known. */
  readonly port?: number;
  /** How long Node keeps an idle connection, in milliseconds; 0 is for ever. Not of HTTP/2. */
  readonly keepAliveTimeoutMs?: number;
  /** How long Node waits for the head of a request, in milliseconds. Not of HTTP/2. */
  readonly headersTimeoutMs?: number;
  /** How long Node waits for a whole request, in milliseconds. Not of HTTP/2. */
  readonly requestTimeoutMs?: number;
}

/** A microservice's server. */
export interface PlannedTransport {
  /** Such as `TCP`; `custom` for a strategy of the application's own. */
  readonly name: string;
  /** Where it listens, for those that do. */
  readonly port?: number;
}

/** A source of work that an integration has found. */
export interface PlannedSource {
  /** Such as `BullMQ worker mail`. */
  readonly name: string;
  readonly kind: 'message' | 'job' | 'work';
  /** The integration that has found it. */
  readonly integration: string;
}

/** What runs between listening and readiness. */
export interface PlannedWarmUp {
  /** Readiness opens after this at the latest, in milliseconds. */
  readonly timeoutMs: number;
  /** The methods with `@WarmUp()`, by their names. */
  readonly methods: readonly string[];
  /** The requests that the application sends to itself, such as `GET /products`. */
  readonly requests: readonly string[];
}

/** How the application will stop, and what of it a platform has to know. Published as `nestjs-graceful/plan.schema.json`. */
export interface PlanData {
  readonly version: 1;
  /** False while its init hooks are not over: what they make is not in it. */
  readonly complete: boolean;
  /** The option `platform`, or what it was taken for. */
  readonly platform: string;
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly gracePeriodMs: number;
  /** What of the two was said, and was not derived from where it ran: a check of another platform derives it again. */
  readonly given: {
    /** By the option `platform`. */
    readonly platform: boolean;
    /** By the option `gracePeriodMs`, or by GRACEFUL_GRACE_PERIOD_MS. */
    readonly gracePeriodMs: boolean;
  };
  /**
   * How long it took from the start of the process until the init hooks were over, in milliseconds, where the plan was
   * made. Only of `nestjs-graceful plan --init`.
   */
  readonly bootMs?: number;
  /** Kept free at the end of the grace period, in milliseconds. */
  readonly exitMarginMs: number;
  /** The wait for the load balancers, in milliseconds, and how many failed probes one that asks itself needs. */
  readonly propagation: {
    readonly floorMs: number;
    readonly quietMs: number;
    readonly capMs: number;
    readonly probeFailures: number;
  };
  /** The longest way through the phases, and how much of the grace period it needs at least, in milliseconds. */
  readonly criticalPath: { readonly phases: readonly string[]; readonly ms: number };
  readonly phases: readonly PlannedPhase[];
  /** The hooks that can't be taken over, because their object is frozen: Nest calls them, in its own order. */
  readonly leftToNest: readonly string[];
  readonly signals: {
    readonly stop: readonly string[];
    readonly drain?: string;
    readonly resume?: string;
  };
  readonly exit: {
    /** Whether the process ends after a shutdown that a signal began. */
    readonly process: boolean;
    readonly clean: number;
    readonly forced: number;
    readonly fatal: number;
  };
  readonly readinessOnShutdown: 'fail' | 'hold';
  /** Null when they are left out. */
  readonly probes: PlannedProbes | null;
  readonly servers: readonly PlannedServer[];
  readonly transports: readonly PlannedTransport[];
  readonly sources: readonly PlannedSource[];
  /** Left out when there is nothing to warm. */
  readonly warmUp?: PlannedWarmUp;
}
