export { startTelemetry, type Telemetry } from './start.js';
export { type TelemetryOptions } from './options.js';
export { InFlightSpans } from './in-flight-spans.js';
export { type OpenTelemetryApi, type PrometheusClient } from './peers.js';
