#!/usr/bin/env bash
# @opentelemetry/api@1.9.1 with its SDK 2.12.1: a meter that was got before the SDK was registered stays silent for ever; a
# tracer that was got before works from then on.
#
# Seen: a tracer and a meter are got at the top of a module, then both providers are registered. The early tracer's span
# is recorded, the early meter's counter is not exported; a meter that is got afterwards is.
#
# Output: { spans: [ 'early' ], counters: [ 'late' ] }
#
# One would guess otherwise: both come from the same API by the same call, and `trace` hands out a proxy that finds its
# provider later. `metrics` hands out the silent meter itself, without a word. A library that counts its shutdowns, and is
# imported before the SDK, counts nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/sdk-metrics@2.12.1
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { metrics, trace } from '@opentelemetry/api';
import * as sdkMetrics from '@opentelemetry/sdk-metrics';
import * as sdkTrace from '@opentelemetry/sdk-trace-base';

const earlyTracer = trace.getTracer('app');
const earlyMeter = metrics.getMeter('app');

const spans = [];
const processor = { onStart: () => undefined, onEnd: ({ name }) => spans.push(name), forceFlush: async () => undefined, shutdown: async () => undefined };
trace.setGlobalTracerProvider(new sdkTrace.BasicTracerProvider({ spanProcessors: [processor] }));
const exporter = new sdkMetrics.InMemoryMetricExporter(sdkMetrics.AggregationTemporality.CUMULATIVE);
const provider = new sdkMetrics.MeterProvider({ readers: [new sdkMetrics.PeriodicExportingMetricReader({ exporter })] });
metrics.setGlobalMeterProvider(provider);

earlyTracer.startSpan('early').end();
earlyMeter.createCounter('early').add(1);
metrics.getMeter('app').createCounter('late').add(1);
await provider.forceFlush();
const counters = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all.map(({ descriptor }) => descriptor.name)));
const seen = { spans, counters };
console.log(seen);
assert.deepEqual(seen, { spans: ['early'], counters: ['late'] });
await provider.shutdown();
PROGRAM
node program.mjs
