import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { MetricsMessage } from '../health/metrics-endpoint.js';
import type { UncleanEndMessage } from '../lifecycle/life-log.js';
import type {
  ApplicationStatus,
  AskMessage,
  PhaseMessage,
  ReportMessage,
  StateMessage,
} from '../lifecycle/state-events.js';
import { InFlightSpans } from './in-flight-spans.js';
import { Measurements } from './measurements.js';
import {
  resolveTelemetryOptions,
  type ResolvedTelemetryOptions,
  type TelemetryOptions,
} from './options.js';
import type { OpenTelemetryApi } from './peers.js';
import { meterSink, prometheusSink } from './sinks.js';
import { ShutdownSpans } from './spans.js';

/** Its instrumentation scope. */
const SCOPE = 'nestjs-graceful';
/** Of all copies of this package in the process. */
const RUNNING = Symbol.for('nestjs-graceful:telemetry');

/** What `startTelemetry()` has started. */
export interface Telemetry {
  /**
   * For the `spanProcessors` of your OpenTelemetry SDK: with it, the span of a shutdown links to the requests and messages that were
   * in flight when it began.
   */
  readonly spanProcessor: InFlightSpans;
  /** Takes no part any more, and takes its metrics out of the registry of `prom-client`. */
  stop(): void;
}

/**
 * Spans and metrics of every shutdown in this process, by OpenTelemetry and by `prom-client`, whichever is installed. Call it before
 * `NestFactory.create()`; it listens to `node:diagnostics_channel` and costs nothing while nothing is being shut down. A second call
 * without options gives what the first has started.
 *
 * @throws InvalidOptionError when neither is installed, for an option that is wrong, and for options of a second call;
 *   UnknownOptionError
 */
export function startTelemetry(options?: TelemetryOptions): Telemetry {
  const running = Reflect.get(globalThis, RUNNING) as Telemetry | undefined;
  if (running && options === undefined) return running;
  if (running) {
    throw new InvalidOptionError(
      'options of startTelemetry()',
      'left out in a second call',
      options,
      'Call it once, or stop() the first.',
    );
  }
  const telemetry = new RunningTelemetry(
    resolveTelemetryOptions(options === undefined ? {} : options),
    () => Reflect.deleteProperty(globalThis, RUNNING),
  );
  Reflect.set(globalThis, RUNNING, telemetry);
  return telemetry;
}

class RunningTelemetry implements Telemetry {
  readonly spanProcessor = new InFlightSpans();
  private readonly measurements = new Measurements(ask);
  private readonly spans?: ShutdownSpans;
  private readonly undos: Array<() => unknown> = [];
  /** What has come before there was an application that is ready. */
  private early: UncleanEndMessage[] = [];
  private isShuttingDown = false;
  private isMetered = false;

  constructor(
    private readonly options: ResolvedTelemetryOptions,
    stopped: () => unknown,
  ) {
    const { openTelemetry, prometheus } = options;
    this.undos.push(stopped);
    if (openTelemetry) this.spans = this.spansOf(openTelemetry);
    if (prometheus) {
      const { sink, remove } = prometheusSink(prometheus, this.measurements);
      this.measurements.addSink(sink);
      this.undos.push(remove);
      const { register } = prometheus;
      const text = () => register.metrics();
      this.listen('metrics', (message: MetricsMessage) =>
        message.answer({ contentType: register.contentType, text }),
      );
    }
    this.listen('state', (message: StateMessage) => this.entered(message));
    this.listen('phase', (message: PhaseMessage) => this.phase(message));
    this.listen('report', (message: ReportMessage) => this.ended(message));
    this.listen('unclean-end', (message: UncleanEndMessage) => {
      if (this.isMetered) this.measurements.uncleanEnd(message);
      else this.early.push(message);
    });
    if (ask().some(({ progress }) => progress.state !== 'starting')) this.meter();
  }

  stop(): void {
    for (const undo of this.undos.splice(0)) undo();
  }

  /** A subscriber that throws would end the process, in the middle of its shutdown. */
  private listen(name: string, hear: (message: never) => void): void {
    const listener = (message: unknown) => {
      try {
        hear(message as never);
      } catch {
        // less is told of this shutdown
      }
    };
    subscribe(`nestjs-graceful:${name}`, listener);
    this.undos.push(() => unsubscribe(`nestjs-graceful:${name}`, listener));
  }

  private entered({ state, reason }: StateMessage): void {
    this.meter();
    if (reason && state !== 'closed') this.begin();
  }

  private phase(message: PhaseMessage): void {
    this.begin();
    this.measurements.phaseEnded(message);
    if (message.report) this.spans?.phaseEnded(message.report);
  }

  private ended({ report }: ReportMessage): void {
    this.begin();
    this.isShuttingDown = false;
    this.spans?.ended(report);
    this.measurements.ended(report);
  }

  private begin(): void {
    if (this.isShuttingDown) return;
    this.isShuttingDown = true;
    this.meter();
    const status = ask().find(({ progress }) => progress.reason !== undefined);
    if (!status) return;
    this.measurements.begun(status.progress.reason?.kind ?? 'unknown');
    this.spans?.begun(status);
  }

  /** Not before the application is there: a meter of OpenTelemetry that was made before its SDK stays silent for ever. */
  private meter(): void {
    if (this.isMetered) return;
    this.isMetered = true;
    const { openTelemetry } = this.options;
    if (openTelemetry) {
      const meter = openTelemetry.metrics.getMeter(SCOPE);
      this.measurements.addSink(meterSink(meter, this.measurements));
    }
    this.measurements.zero();
    for (const message of this.early.splice(0)) this.measurements.uncleanEnd(message);
  }

  private spansOf(api: OpenTelemetryApi): ShutdownSpans {
    return new ShutdownSpans(api, () => api.trace.getTracer(SCOPE), this.spanProcessor);
  }
}

/** How the applications of this process are. */
function ask(): ApplicationStatus[] {
  const answers: ApplicationStatus[] = [];
  const message: AskMessage = { answer: (status) => void answers.push(status) };
  const asked = channel('nestjs-graceful:ask');
  if (asked.hasSubscribers) asked.publish(message);
  return answers;
}
