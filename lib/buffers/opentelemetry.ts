import type { Clock } from '../time/clock.js';
import { hasMethods } from '../integrations/kit/shape.js';
import type { BufferedOutput } from './buffer.js';
import { findInside } from './inside.js';
import { watchMeasurements } from './opentelemetry-measurements.js';

/** A provider of the SDK, which gives the call to its processors, readers and exporters. */
interface Provider {
  forceFlush(): Promise<void>;
}

/** The part of the SDK that sends: one batch at a time, or several. */
interface Exporter {
  export(items: unknown, callback: (result: ExportResult) => void): unknown;
  forceFlush?(): Promise<void>;
}

/** Its `code` is 0 when the collector has taken it. */
interface ExportResult {
  readonly code?: number;
  readonly error?: unknown;
}

/** Where `@opentelemetry/api` 1 keeps what was registered (`internal/global-utils.js`). */
interface Api {
  readonly trace?: { getDelegate?(): unknown };
  readonly metrics?: unknown;
}

const API = Symbol.for('opentelemetry.js.api.1');
/** Of `@opentelemetry/api-logs`: a function that takes the version it is asked for. */
const LOGS_API = Symbol.for('io.opentelemetry.js.api.logs');

/** Leads from a provider to its exporters (SDK 1 to 3), and nowhere else. */
const TO_EXPORTERS = /processor|exporter|reader|collector|sharedstate|delegate/i;

/** How often a processor is asked whether it is done, in milliseconds: it has no event for that. */
const POLL_MS = 10;

/** The spans and metrics of the SDK that is registered now. It stays: `shutdown()` is its owner's. */
export function openTelemetry(clock: Clock): BufferedOutput[] {
  const { trace, metrics } = (Reflect.get(globalThis, API) as Api | undefined) ?? {};
  const tracers = hasMethods(trace, 'getDelegate') ? trace?.getDelegate?.() : trace;
  const [meters] = output('OpenTelemetry metrics', metrics, clock);
  return [
    ...output('OpenTelemetry traces', tracers, clock),
    ...(meters ? [{ ...meters, watch: () => watchMeasurements(metrics) }] : []),
  ];
}

/** Its log records. */
export function openTelemetryLogs(clock: Clock): BufferedOutput[] {
  const logs: unknown = Reflect.get(globalThis, LOGS_API);
  return output('OpenTelemetry logs', typeof logs === 'function' ? logs(1) : undefined, clock);
}

function output(name: string, provider: unknown, clock: Clock): BufferedOutput[] {
  if (!hasMethods(provider, 'forceFlush')) return []; // nothing registered
  return [{ name, flush: (timeoutMs) => flush(provider as Provider, timeoutMs, clock) }];
}

/**
 * The provider's `forceFlush()` sends what is waiting, and does not wait for a batch that is under way already, because it
 * was full or because its timer had come (SDK 1 to 3). That of the exporter does. That of metrics resolves when
 * nothing has arrived, too, so the exporter's own word on each batch is listened to.
 */
async function flush(provider: Provider, timeoutMs: number, clock: Clock): Promise<void> {
  const end = clock.now() + timeoutMs;
  const exporters = findInside(provider, TO_EXPORTERS, isExporter);
  const results = exporters.map((exporter) => listenTo(exporter));
  try {
    await provider.forceFlush();
    await Promise.all(exporters.map(async (exporter) => exporter.forceFlush?.()));
    const processors = findInside(provider, TO_EXPORTERS, isBatchProcessor);
    while (processors.some((one) => isExporting(one)) && clock.now() < end) {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, POLL_MS));
    }
  } finally {
    for (const { stop } of results) stop();
  }
  const failure = results.flatMap(({ failures }) => failures).at(0);
  if (failure) throw failure.error ?? new Error('the exporter has failed');
}

/** Keeps what an exporter says of what it is given from now on. */
function listenTo(exporter: Exporter): { failures: ExportResult[]; stop: () => void } {
  const failures: ExportResult[] = [];
  const own = Object.getOwnPropertyDescriptor(exporter, 'export');
  const original = exporter.export.bind(exporter);
  const wrapped: Exporter['export'] = (items, callback) =>
    original(items, (result) => {
      if (result?.code !== undefined && result.code !== 0) failures.push(result);
      callback(result);
    });
  if (!Reflect.set(exporter, 'export', wrapped)) return { failures, stop: () => undefined };
  const stop = () => {
    if (exporter.export !== wrapped) return; // somebody has put another around it
    if (own) Object.defineProperty(exporter, 'export', own);
    else Reflect.deleteProperty(exporter, 'export');
  };
  return { failures, stop };
}

function isExporter(value: object): value is object & Exporter {
  return hasMethods(value, 'export', 'shutdown');
}

/** The batch processors of traces and logs (SDK 1 to 3) say so while a batch that nobody has asked for is under way. */
const UNDER_WAY = '_isExporting';

function isExporting(processor: object): boolean {
  return Reflect.get(processor, UNDER_WAY) === true;
}

function isBatchProcessor(value: object): value is object & Record<never, never> {
  return Object.hasOwn(value, UNDER_WAY);
}
