import type { PhaseReport, ShutdownReport, TaskReport } from '../engine/record.js';
import type { ApplicationStatus } from '../lifecycle/state-events.js';
import type { InFlightSpans } from './in-flight-spans.js';
import type { OpenTelemetryApi, SpanLike, TracerLike } from './peers.js';

/** Of `SpanStatusCode` in `@opentelemetry/api` 1. */
const ERROR = 2;
/** So many tasks of a phase have a span, the longest: a batch processor holds 2,048, and drops what comes in one go beyond that. */
const MOST_TASKS = 200;

type Attributes = Record<string, string | number | boolean>;

/**
 * A span for the shutdown, and within it one for each phase and each of its tasks. A phase is told when it is over, so that it leaves
 * with the flush; the shutdown's own and those of `close` leave with the second flush, after the report.
 */
export class ShutdownSpans {
  private current?: {
    readonly span: SpanLike;
    readonly context: never;
    readonly startedAt: number;
  };

  constructor(
    private readonly api: OpenTelemetryApi,
    private readonly tracer: () => TracerLike,
    private readonly inFlight: InFlightSpans,
  ) {}

  begun({ progress }: ApplicationStatus): void {
    const startedAt = Date.now() - progress.elapsedMs;
    const { reason } = progress;
    const attributes: Attributes = {
      'nestjs_graceful.reason': reason?.kind ?? 'unknown',
      ...(reason?.kind === 'signal' && { 'nestjs_graceful.signal': reason.signal }),
      'nestjs_graceful.in_flight': progress.inFlight.reduce((sum, { count }) => sum + count, 0),
    };
    const links = this.inFlight.links();
    const startTime = new Date(startedAt);
    const span = this.tracer().startSpan('shutdown', { root: true, attributes, links, startTime });
    const context = this.api.trace.setSpan(this.api.ROOT_CONTEXT as never, span as never) as never;
    this.current = { span, context, startedAt };
  }

  phaseEnded(phase: PhaseReport): void {
    if (!this.current || phase.outcome === 'skipped') return;
    const { context } = this.current;
    const span = this.start(`phase ${phase.name}`, phase, context, {
      'nestjs_graceful.phase': phase.name,
      'nestjs_graceful.outcome': phase.outcome,
    });
    const inPhase = this.api.trace.setSpan(context, span as never) as never;
    const longest = phase.tasks.toSorted((one, other) => other.durationMs - one.durationMs);
    for (const task of longest.slice(0, MOST_TASKS)) this.tell(task, phase.name, inPhase);
    if (phase.outcome === 'timed-out') span.setStatus({ code: ERROR, message: phase.outcome });
    this.end(span, phase);
  }

  ended(report: ShutdownReport): void {
    if (!this.current) return;
    const { span } = this.current;
    this.current = undefined;
    const { outcome, exitCode, unfinished, startedAt, durationMs } = report;
    span.setAttribute('nestjs_graceful.outcome', outcome);
    span.setAttribute('nestjs_graceful.unfinished', unfinished.length);
    if (exitCode !== undefined) span.setAttribute('process.exit.code', exitCode);
    if (outcome === 'forced') span.setStatus({ code: ERROR, message: outcome });
    span.end(new Date(startedAt + durationMs));
  }

  private tell(task: TaskReport, phase: string, context: never): void {
    const { name, outcome } = task;
    const span = this.start(`task ${name}`, task, context, {
      'nestjs_graceful.task': name,
      'nestjs_graceful.phase': phase,
      'nestjs_graceful.outcome': outcome,
      'nestjs_graceful.critical': task.critical,
    });
    if (outcome === 'failed' || outcome === 'timed-out') {
      span.setAttribute('error.type', task.error === undefined ? outcome : typeOf(task.error));
      span.setStatus({ code: ERROR, message: outcome });
    }
    this.end(span, task);
  }

  private start(
    name: string,
    { startMs }: { readonly startMs: number },
    context: never,
    attributes: Attributes,
  ): SpanLike {
    const startTime = new Date((this.current?.startedAt ?? Date.now()) + startMs);
    return this.tracer().startSpan(name, { attributes, startTime }, context);
  }

  private end(span: SpanLike, of: { readonly startMs: number; readonly durationMs: number }): void {
    span.end(new Date((this.current?.startedAt ?? Date.now()) + of.startMs + of.durationMs));
  }
}

/** The class of an error, and not what it says, which may name hosts, users and passwords. */
function typeOf(error: string): string {
  return /^[A-Za-z_$][\w$]*(?=:|$)/.exec(error)?.[0] ?? '_OTHER';
}
