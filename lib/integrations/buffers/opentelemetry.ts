import { hasMethods } from '../integration.js';
import type { BufferedOutput } from './buffer.js';

/** A provider of the SDK, which gives the call to its processors, readers and exporters. */
interface Provider {
  forceFlush(): Promise<void>;
}

/** Where `@opentelemetry/api` 1 keeps what was registered (`internal/global-utils.js`). */
interface Api {
  readonly trace?: { getDelegate?(): unknown };
  readonly metrics?: unknown;
}

const API = Symbol.for('opentelemetry.js.api.1');
/** Of `@opentelemetry/api-logs`: a function that takes the version it is asked for. */
const LOGS_API = Symbol.for('io.opentelemetry.js.api.logs');

/** The spans and metrics of the SDK that is registered now. It stays: `shutdown()` is its owner's. */
export function openTelemetry(): BufferedOutput[] {
  const { trace, metrics } = (Reflect.get(globalThis, API) as Api | undefined) ?? {};
  const tracers = hasMethods(trace, 'getDelegate') ? trace?.getDelegate?.() : trace;
  return [...output('OpenTelemetry traces', tracers), ...output('OpenTelemetry metrics', metrics)];
}

/** Its log records. */
export function openTelemetryLogs(): BufferedOutput[] {
  const logs: unknown = Reflect.get(globalThis, LOGS_API);
  return output('OpenTelemetry logs', typeof logs === 'function' ? logs(1) : undefined);
}

function output(name: string, provider: unknown): BufferedOutput[] {
  if (!hasMethods(provider, 'forceFlush')) return []; // nothing registered
  return [{ name, flush: () => (provider as Provider).forceFlush() }];
}
