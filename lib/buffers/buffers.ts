import { Inject, Injectable } from '@nestjs/common';
import { within } from '../time/waits.js';
import { CLOCK, PROCESS_PORT, RESOLVED_OPTIONS } from '../tokens.js';
import { mayLog, type BufferedOutput } from './buffer.js';
import { openTelemetry, openTelemetryLogs } from './opentelemetry.js';
import { pino, watchPino } from './pino.js';
import { sentry } from './sentry.js';
import { logStreams } from './streams.js';
import { winston, type WinstonOutput } from './winston.js';
import { Log } from '../log/log.js';
import { notHandedOver } from '../log/shutdown-lines.js';
import { NestContainer } from '../nest/nest-container.js';
import { loggerInUse } from '../nest/nest-log.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { ProcessPort } from '../process/process-port.js';
import type { Clock } from '../time/clock.js';
import type { ShutdownRecord } from '../engine/record.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';

/** A flush is given up this much before its task's deadline, in milliseconds: telemetry that is late is no straggler. */
const BEFORE_DEADLINE_MS = 20;

/**
 * What was written and is not out yet. Looked for when it is needed, and not before: an application pays nothing for it.
 *
 * ```
 * flush   telemetry, while every connection is open
 * end     telemetry once more, for what the hooks have measured since; then the report, and the logs with its line in them
 * exit    winston is ended, when all applications of the process are done; then stdout and stderr are waited for
 * ```
 *
 * A collector that is down is named, and changes neither the outcome nor the exit code: nobody's request was cut.
 */
@Injectable()
export class Buffers {
  private readonly late = new Set<string>();
  /** Of those that were flushed and can tell: whether anything has come since. */
  private readonly news = new Map<string, () => boolean>();
  private endable: readonly WinstonOutput[] = [];
  /** Loggers of pino that have written since the shutdown began; providers or not. */
  private pinos?: ReturnType<typeof watchPino>;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(PROCESS_PORT) private readonly port: ProcessPort,
    private readonly nest: NestContainer,
    private readonly log: Log,
  ) {}

  /** The tasks for the telemetry there is now. */
  tasks(): ShutdownTask[] {
    return this.telemetry().map((output) => ({
      name: output.name,
      phase: 'flush',
      handsOver: true,
      run: async ({ remainingMs }: TaskContext) => {
        const failure = await this.flushOne(output, remainingMs - BEFORE_DEADLINE_MS);
        if (failure) throw failure.error;
      },
    }));
  }

  /** The process will exit: its loggers are watched, so that they can be ended. */
  watch(): void {
    this.pinos ??= watchPino();
    this.endable = winston(this.objects(), this.clock);
  }

  /**
   * Telemetry once more, if there may be any, not longer than half of `flushTimeoutMs` and never until `end`; what had its
   * time and was late gets no more. Returns the record, with what was not handed over in it. Never throws.
   */
  async handOver(record: ShutdownRecord, end: number): Promise<ShutdownRecord> {
    const limitMs = (this.deadline(end) - this.clock.now()) / 2;
    const failures = new Map<string, Failure>();
    await this.flushTelemetry(limitMs, (name, failure) => failures.set(name, failure));
    return failures.size === 0 ? record : withFailures(record, failures);
  }

  /**
   * The logs, the report's own line in them, and telemetry if any has come since; not longer than `flushTimeoutMs` and never
   * until `end`. Never throws; what went wrong is logged.
   */
  async flush(end: number): Promise<void> {
    const deadline = this.deadline(end);
    const leftMs = () => deadline - this.clock.now();
    const tell = (output: string, { error }: Failure) =>
      this.log.say(notHandedOver({ output, error }));
    // The logs keep half of it, for they are to tell what went wrong.
    await this.flushTelemetry(leftMs() / 2, tell);
    const objects = this.objects();
    const logs = [
      ...openTelemetryLogs(this.clock),
      ...pino(new Set([...objects, ...(this.pinos?.loggers ?? [])]), this.clock),
      ...logStreams(objects, this.clock),
    ];
    await this.flushAll(logs, leftMs(), tell);
    this.pinos?.stop();
  }

  /** What comes when nothing is logged any more, right before the process exits. It never rejects. */
  lastStep(end: number): () => Promise<void> {
    return async () => {
      const deadline = this.deadline(end);
      const ended = Promise.allSettled(this.endable.map((output) => output.end(deadline)));
      if (this.endable.length > 0) await within(deadline - this.clock.now(), ended, this.clock);
      const limitMs = Math.max(0, this.deadline(end) - this.clock.now());
      await this.port.flushOutput(limitMs);
    };
  }

  private async flushTelemetry(
    timeoutMs: number,
    tell: (name: string, failure: Failure) => void,
  ): Promise<void> {
    const wanted = this.telemetry().filter(
      ({ name }) => !this.late.has(name) && this.news.get(name)?.() !== false,
    );
    await this.flushAll(wanted, timeoutMs, tell);
  }

  private async flushAll(
    outputs: readonly BufferedOutput[],
    timeoutMs: number,
    tell: (name: string, failure: Failure) => void,
  ): Promise<void> {
    await Promise.all(
      outputs.map(async (output) => {
        const failure = await this.flushOne(output, timeoutMs);
        if (failure) tell(output.name, failure);
      }),
    );
  }

  /** Resolves with the reason if it is not handed over; never rejects. */
  private async flushOne(output: BufferedOutput, timeoutMs: number): Promise<Failure | undefined> {
    const limitMs = Math.max(0, Math.round(timeoutMs));
    let failure: Failure | undefined;
    const flushed = new Promise((settle) => settle(output.flush(limitMs))).catch(
      (error: unknown) => {
        failure = { error };
      },
    );
    // From now on: what is measured while it is being flushed may not be in it.
    const news = output.watch?.();
    if (news) this.news.set(output.name, news);
    if (await within(limitMs, flushed, this.clock)) return failure;
    this.late.add(output.name);
    const late = new Error(`no answer within ${limitMs} ms`);
    return { error: Object.assign(late, { name: 'TimeoutError' }) };
  }

  private deadline(end: number): number {
    const { flushTimeoutMs, exitMarginMs } = this.options;
    return Math.min(this.clock.now() + flushTimeoutMs, end - exitMarginMs / 4);
  }

  private telemetry(): BufferedOutput[] {
    return [...openTelemetry(this.clock), ...sentry()];
  }

  /** The providers that may be loggers, and the logger that `app.useLogger()` or `NestFactory.create()` was given. */
  private objects(): Set<object> {
    const objects = mayLog(this.nest.graph().objects());
    const logger = loggerInUse();
    return logger ? objects.add(logger) : objects;
  }
}

interface Failure {
  readonly error: unknown;
}

/** What was handed over in `flush`, and not when it had more to say, was not handed over. */
function withFailures(
  record: ShutdownRecord,
  failures: ReadonlyMap<string, Failure>,
): ShutdownRecord {
  const phases = record.phases.map((phase) => ({
    ...phase,
    tasks: phase.tasks.map((task) => {
      const failure = task.handedOver === true ? failures.get(task.name) : undefined;
      if (!failure) return task;
      return {
        ...task,
        outcome: 'failed' as const,
        handedOver: false,
        error: String(failure.error),
      };
    }),
  }));
  return { ...record, phases };
}
