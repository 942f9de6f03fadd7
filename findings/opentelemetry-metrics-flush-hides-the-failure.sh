#!/usr/bin/env bash
# @opentelemetry/sdk-metrics@2.12.1: forceFlush() of a MeterProvider resolves when the collector has refused
# everything; that of traces rejects in the same case.
#
# Seen with an exporter whose every export fails: traces reject, metrics resolve. With delta temporality what was in
# the refused export is gone: the next one that succeeds has only what came after it.
#
# Output: collector down: { traces: 'rejected', metrics: 'resolved' } - counted 7 and 1, arrived: [ 1 ]
#
# One would guess otherwise, because the two providers are one SDK with one interface, and because "flushed" without
# an error reads like "arrived". A shutdown that asks forceFlush() whether its last metrics are out gets a yes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/api@1.9.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { diag } from '@opentelemetry/api';
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

diag.disable();
let down = true;
const sums = [];
const exporter = {
  export(data, done) {
    if (down) return done({ code: 1, error: new Error('503 Service Unavailable') });
    for (const scope of data.scopeMetrics ?? [])
      for (const metric of scope.metrics) sums.push(...metric.dataPoints.map(({ value }) => value));
    done({ code: 0 });
  },
  selectAggregationTemporality: () => AggregationTemporality.DELTA,
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
};
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
const meters = new MeterProvider({ readers: [reader] });
const counter = meters.getMeter('finding').createCounter('orders');
const traces = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
const outcome = (promise) => promise.then(() => 'resolved', () => 'rejected');

traces.getTracer('finding').startSpan('work').end();
counter.add(7);
const seen = { traces: await outcome(traces.forceFlush()), metrics: await outcome(meters.forceFlush()) };
down = false;
counter.add(1);
await meters.forceFlush();
console.log('collector down:', seen, '- counted 7 and 1, arrived:', sums);
assert.deepEqual(seen, { traces: 'rejected', metrics: 'resolved' });
assert.deepEqual(sums, [1]);
await reader.shutdown();
PROGRAM
node program.mjs
