#!/usr/bin/env bash
# @opentelemetry/sdk-trace-base@2.12.1: forceFlush() of a BatchSpanProcessor does not wait for a batch that is already
# on its way.
#
# Seen: 511 ended spans are flushed in the time of the exporter, all of them exported; with 512, which is one full
# batch and leaves at once, forceFlush() resolves in no time and nothing is exported yet.
#
# Output: exported when forceFlush() resolves: { '511': 511, '512': 0 }
#
# One would guess otherwise, for the specification says that ForceFlush should complete what was received before the
# call, and because one span fewer behaves as expected. Who flushes before process.exit() loses the last full batch.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @opentelemetry/sdk-trace-base@2.12.1
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

async function exportedAfterFlush(spans) {
  let exported = 0;
  const exporter = {
    export(batch, done) {
      setTimeout(() => {
        exported += batch.length;
        done({ code: 0 });
      }, 300);
    },
    shutdown: async () => undefined,
  };
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer('finding');
  for (let span = 0; span < spans; span += 1) tracer.startSpan('work').end();
  await provider.forceFlush();
  return exported;
}

const seen = { 511: await exportedAfterFlush(511), 512: await exportedAfterFlush(512) };
console.log('exported when forceFlush() resolves:', seen);
assert.deepEqual(seen, { 511: 511, 512: 0 });
PROGRAM
node program.mjs
