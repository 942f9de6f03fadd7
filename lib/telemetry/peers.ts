import { createRequire } from 'node:module';
import { join } from 'node:path';

/*
 * As much of `@opentelemetry/api` 1 and `prom-client` 14 and 15 as is used here. Both are optional peers: their own types would be
 * missing wherever one of them is.
 */

/** A label, and what it says. */
export type Labels = Readonly<Record<string, string>>;

/** A value of one combination of labels. */
export interface Sample {
  readonly value: number;
  readonly labels: Labels;
}

// -- OpenTelemetry -----------------------------------------------------------------------------------------------------

export interface SpanContextLike {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

export interface SpanLike {
  spanContext(): SpanContextLike;
  setAttribute(key: string, value: string | number | boolean): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  end(endTime?: Date): void;
}

export interface SpanOptionsLike {
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly links?: Array<{ readonly context: SpanContextLike }>;
  readonly startTime?: Date;
  readonly root?: boolean;
}

export interface TracerLike {
  startSpan(name: string, options?: SpanOptionsLike, context?: never): SpanLike;
}

interface InstrumentOptions {
  readonly description: string;
  readonly unit: string;
  readonly advice?: { readonly explicitBucketBoundaries?: number[] };
}

export interface MeterLike {
  createCounter(
    name: string,
    options?: InstrumentOptions,
  ): { add(value: number, attributes?: Labels): void };
  createHistogram(
    name: string,
    options?: InstrumentOptions,
  ): { record(value: number, attributes?: Labels): void };
  createObservableGauge(
    name: string,
    options?: InstrumentOptions,
  ): {
    addCallback(
      callback: (result: { observe(value: number, attributes?: Labels): void }) => void,
    ): void;
  };
}

/** The module `@opentelemetry/api`. */
export interface OpenTelemetryApi {
  readonly trace: {
    getTracer(name: string, version?: string): TracerLike;
    setSpan(context: never, span: never): unknown;
  };
  readonly metrics: { getMeter(name: string, version?: string): MeterLike };
  readonly ROOT_CONTEXT: unknown;
}

// -- prom-client -------------------------------------------------------------------------------------------------------

interface MetricConfiguration {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: never[];
}

interface CounterLike {
  inc(labels: Labels, value: number): void;
}

interface GaugeLike {
  reset(): void;
  set(labels: Labels, value: number): void;
}

interface HistogramLike {
  observe(labels: Labels, value: number): void;
  zero(labels: Labels): void;
}

/** The module `prom-client`, or an object like it with a registry of your own. */
export interface PrometheusClient {
  readonly register: {
    readonly contentType: string;
    metrics(): string | Promise<string>;
    removeSingleMetric(name: string): unknown;
  };
  readonly Counter: new (configuration: MetricConfiguration) => CounterLike;
  readonly Gauge: new (
    configuration: MetricConfiguration & { collect(this: GaugeLike): void },
  ) => GaugeLike;
  readonly Histogram: new (
    configuration: MetricConfiguration & { readonly buckets: number[] },
  ) => HistogramLike;
}

export function isOpenTelemetry(value: unknown): value is OpenTelemetryApi {
  const { trace, metrics } = objectOf(value);
  return (
    typeof objectOf(trace)['getTracer'] === 'function' &&
    typeof objectOf(metrics)['getMeter'] === 'function'
  );
}

export function isPrometheus(value: unknown): value is PrometheusClient {
  const { register, Counter, Gauge, Histogram } = objectOf(value);
  const isClass = [Counter, Gauge, Histogram].every((one) => typeof one === 'function');
  return isClass && typeof objectOf(register)['metrics'] === 'function';
}

/** A package, as this one finds it, or as the application does; undefined where it is not installed. */
export function installed(name: string): unknown {
  for (const from of [import.meta.url, process.argv[1], join(process.cwd(), 'package.json')]) {
    if (from === undefined) continue;
    try {
      return createRequire(from)(name) as unknown;
    } catch {
      // not here
    }
  }
  return undefined;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}
