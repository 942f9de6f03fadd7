import { Inject, Injectable, Logger } from '@nestjs/common';
import { within } from './graceful.deferred.js';
import { CLOCK, RESOLVED_OPTIONS } from './graceful.module-definition.js';
import type { BufferedOutput } from './integrations/buffers/buffer.js';
import { openTelemetry, openTelemetryLogs } from './integrations/buffers/opentelemetry.js';
import { pino } from './integrations/buffers/pino.js';
import { sentry } from './integrations/buffers/sentry.js';
import { winston, type WinstonOutput } from './integrations/buffers/winston.js';
import { NestContainer } from './nest/nest-container.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { Clock } from './shutdown/clock.js';
import type { ShutdownTask } from './shutdown/task.js';

/**
 * What was written and is not out yet. Looked for when it is needed, and not before: an application pays nothing for it.
 *
 * ```
 * flush   telemetry, while every connection is open
 * end     telemetry once more, for what the hooks have written; then the logs, the report's own line in them
 * exit    winston is ended, when all applications of the process are done
 * ```
 */
@Injectable()
export class GracefulBuffers {
  private readonly late = new Set<string>();
  private endable: readonly WinstonOutput[] = [];

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly nest: NestContainer,
  ) {}

  /** The tasks for the telemetry there is now. */
  tasks(): ShutdownTask[] {
    return telemetry().map((output) => ({
      name: output.name,
      phase: 'flush',
      run: ({ signal, remainingMs }) => {
        signal.addEventListener('abort', () => this.late.add(output.name));
        return output.flush(remainingMs);
      },
    }));
  }

  /** The process will exit: its loggers are watched, so that they can be ended. */
  watch(): void {
    this.endable = winston(this.objects(), this.clock);
  }

  /**
   * All of it once more, not longer than `flushTimeoutMs` and never until `end`; what had its time and was late gets no
   * more. Never throws; what went wrong is told to `warn`.
   */
  async flush(end: number, warn: (text: string) => void): Promise<void> {
    const deadline = this.deadline(end);
    const leftMs = deadline - this.clock.now();
    const inTime = telemetry().filter(({ name }) => !this.late.has(name));
    // The logs keep half of it, for they are to tell what went wrong.
    await this.flushAll(inTime, leftMs / 2, warn);
    const logs = [...openTelemetryLogs(), ...pino(this.objects())];
    await this.flushAll(logs, deadline - this.clock.now(), warn);
  }

  /** What can only be ended; undefined when there is nothing. To be called when nothing is logged any more. */
  lastStep(end: number): (() => Promise<void>) | undefined {
    if (this.endable.length === 0) return undefined;
    return async () => {
      const deadline = this.deadline(end);
      const ended = Promise.allSettled(this.endable.map((output) => output.end(deadline)));
      await within(deadline - this.clock.now(), ended, this.clock);
    };
  }

  private async flushAll(
    outputs: readonly BufferedOutput[],
    timeoutMs: number,
    warn: (text: string) => void,
  ): Promise<void> {
    const limitMs = Math.max(0, Math.round(timeoutMs));
    await Promise.all(
      outputs.map(async (output) => {
        const flushed = new Promise((settle) => settle(output.flush(limitMs)));
        const told = flushed.catch((error: unknown) => {
          warn(`${output.name} could not be flushed: ${String(error)}`);
        });
        const inTime = await within(limitMs, told, this.clock);
        if (!inTime) warn(`${output.name} was not flushed within ${limitMs} ms`);
      }),
    );
  }

  private deadline(end: number): number {
    const { flushTimeoutMs, exitMarginMs } = this.options;
    return Math.min(this.clock.now() + flushTimeoutMs, end - exitMarginMs / 4);
  }

  /** The providers, and the logger that `app.useLogger()` or `NestFactory.create()` was given. */
  private objects(): Set<object> {
    const logger: unknown = (Logger as unknown as { staticInstanceRef?: unknown })
      .staticInstanceRef;
    const objects = new Set(this.nest.graph().objects());
    return typeof logger === 'object' && logger !== null ? objects.add(logger) : objects;
  }
}

function telemetry(): BufferedOutput[] {
  return [...openTelemetry(), ...sentry()];
}
