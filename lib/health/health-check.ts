import type { Clock } from '../time/clock.js';
import type { HealthDetails as Details } from './indicator-result.js';

/** One check of a probe. */
export interface HealthCheck {
  readonly kind: 'liveness' | 'readiness' | 'startup';
  /** The key in the body when the check itself gives no result. */
  readonly name: string;
  /** `Class@method`, for the log. */
  readonly place: string;
  readonly timeoutMs: number;
  readonly run: () => unknown;
}

/** A probe's body, in Terminus' format; Terminus 11 does not know `degraded`. */
export interface ProbeBody {
  readonly status: 'ok' | 'degraded' | 'error' | 'shutting_down';
  readonly info: Details;
  readonly error: Details;
  readonly details: Details;
}

/** How a check went: what the probe shows, and when it is down what the log says. */
interface CheckOutcome {
  readonly details: Details;
  readonly problem?: unknown;
}

/** One call of a check that has not answered yet. */
interface Ask {
  readonly at: number;
  readonly outcome: Promise<CheckOutcome>;
}

const NO_RESULT = 'the check returned no indicator result';

/** So many calls may hang before the next has to wait: one lost packet costs one probe. */
const ASKED_AT_ONCE = 2;
/** How long the next call waits then, in milliseconds; doubled each time up to the limit, or a dead peer collects calls. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** So many calls may hang at the same time: each may hold a connection, and the usual pool has ten. */
const MOST_UNFINISHED = 8;
/** A call that has hung for so long, in milliseconds, is taken for lost, or a check might never be called again. */
const LOST_AFTER_MS = 180_000;

/** Runs one check at a time, however many probes ask; a check that throws, hangs or answers nonsense is down. */
export class CheckRun {
  /** The newest call, while it has not answered. */
  private newest?: Ask;
  /** The calls that have not answered and are not lost, the oldest first. */
  private readonly unfinished = new Set<Ask>();
  /** How often the check was called since it last answered. */
  private unanswered = 0;
  private wasUp = true;

  constructor(
    readonly check: HealthCheck,
    private readonly clock: Clock,
    /** Called once per change of what the probes were told; without a problem the check is up again. */
    private readonly onChange: (check: HealthCheck, problem: unknown) => void,
  ) {}

  /** Never rejects, and never takes longer than the check's limit. */
  async result(): Promise<Details> {
    if (!this.newest || this.isGivenUp(this.newest)) this.newest = this.begin();
    const outcome = await this.limited(this.newest.outcome);
    this.note(outcome);
    return outcome.details;
  }

  private begin(): Ask {
    this.unanswered += 1;
    const ask = { at: this.clock.now(), outcome: this.ask() };
    this.unfinished.add(ask);
    void ask.outcome.then(() => {
      this.unfinished.delete(ask);
      this.unanswered = 0; // however late: it answers again
      if (this.newest === ask) this.newest = undefined;
    });
    return ask;
  }

  /**
   * Whether to call the check again although a call still hangs. A query on a connection that died without a word never
   * answers, and the next one may. Rarely, when that hangs as well: probes must not pile up on a sick database.
   */
  private isGivenUp({ at }: Ask): boolean {
    const now = this.clock.now();
    for (const one of this.unfinished) {
      if (now - one.at >= LOST_AFTER_MS) this.unfinished.delete(one);
    }
    if (this.unfinished.size >= MOST_UNFINISHED) return false;
    const doublings = this.unanswered - ASKED_AT_ONCE - 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings);
    const waitMs = this.check.timeoutMs + (doublings < 0 ? 0 : pauseMs);
    return now - at >= waitMs;
  }

  private async ask(): Promise<CheckOutcome> {
    try {
      const result: unknown = await this.check.run();
      if (isDetails(result)) return isUp(result) ? { details: result } : down(result, result);
      return this.failed(
        NO_RESULT,
        `${NO_RESULT}, but ${kindOf(result)}: ${remedyFor(this.check.name)}`,
      );
    } catch (error) {
      const causes = causesOf(error);
      const problem = error ?? 'it threw nothing';
      return causes
        ? down(causes, problem)
        : this.failed('the check failed; the log says why', problem);
    }
  }

  private limited(outcome: Promise<CheckOutcome>): Promise<CheckOutcome> {
    const { timeoutMs } = this.check;
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(
        () => resolve(this.failed(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      void outcome.then((inTime) => {
        this.clock.clearTimeout(timer);
        resolve(inTime);
      });
    });
  }

  /** The message is ours, never the error's: probes can be public, and errors hold connection strings. */
  private failed(message: string, problem: unknown = message): CheckOutcome {
    return down({ [this.check.name]: { status: 'down', message } }, problem);
  }

  private note({ problem }: CheckOutcome): void {
    const up = problem === undefined;
    if (up === this.wasUp) return;
    this.wasUp = up;
    try {
      this.onChange(this.check, problem);
    } catch {
      // a logger that throws must not turn a probe into an unhandled rejection
    }
  }
}

/** Never the value: it may be what the check has asked for. */
function kindOf(result: unknown): string {
  if (typeof result === 'boolean' || result === undefined || result === null) return String(result);
  return Array.isArray(result) ? 'an array' : `a value of type ${typeof result}`;
}

function remedyFor(name: string): string {
  return `return health.check('${name}').up() or .down(), or { ${name}: { status: 'up' } }`;
}

function down(details: Details, problem: unknown): CheckOutcome {
  return { details, problem };
}

/** Puts results together in Terminus' format. When two have the same key, the one that is down is seen. */
export function summarise(results: readonly Details[]): ProbeBody {
  const entries = results.flatMap((result) => Object.entries(result));
  const info = Object.fromEntries(entries.filter(([, { status }]) => status !== 'down'));
  const error = Object.fromEntries(entries.filter(([, { status }]) => status === 'down'));
  const degraded = entries.some(([, { status }]) => status === 'degraded');
  const status = Object.keys(error).length > 0 ? 'error' : degraded ? 'degraded' : 'ok';
  return { status, info, error, details: { ...info, ...error } };
}

export function isUp(details: Details): boolean {
  return Object.values(details).every(({ status }) => status !== 'down');
}

function isDetails(value: unknown): value is Details {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.values(value) as unknown[];
  return entries.length > 0 && entries.every(hasKnownStatus);
}

function hasKnownStatus(entry: unknown): boolean {
  const status: unknown = (entry as { status?: unknown } | null)?.status;
  return status === 'up' || status === 'down' || status === 'degraded';
}

/** Indicators of Terminus 11 throw a HealthCheckError that carries the result. One that is up would hide the throw. */
function causesOf(error: unknown): Details | undefined {
  try {
    const causes: unknown = (error as { causes?: unknown } | null | undefined)?.causes;
    return isDetails(causes) && !isUp(causes) ? causes : undefined;
  } catch {
    return undefined; // whatever was thrown, a probe gets its answer
  }
}
