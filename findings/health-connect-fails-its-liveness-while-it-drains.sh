#!/usr/bin/env bash
# @cloudnative/health-connect@2.1.0: its liveness endpoint, too, answers 503 from SIGTERM on, while the shutdown checks
# that it was given are still running.
#
# Seen with a shutdown check of 1 s: liveness and readiness are 200; 0.3 s after SIGTERM both are 503, STOPPING.
#
# Output: { before: { live: 200, ready: 200 }, draining: { live: 503, ready: 503 } }
#
# One would guess otherwise: the package is made for Kubernetes, has one endpoint for each probe, and only one of the two
# means "send no more requests". The other one means "kill it": where something still asks it during a shutdown that
# takes its time, the container is killed or restarted in the middle of its drain.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @cloudnative/health-connect@2.1.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import health from '@cloudnative/health-connect';

const checker = new health.HealthChecker();
checker.registerShutdownCheck(new health.ShutdownCheck('drain', () => new Promise((resolve) => setTimeout(resolve, 1_000))));
const endpoints = { '/live': health.LivenessEndpoint(checker), '/ready': health.ReadinessEndpoint(checker) };
const server = createServer((request, response) => endpoints[request.url](request, response)).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const status = async (path) => (await fetch(`http://127.0.0.1:${server.address().port}${path}`)).status;
const both = async () => ({ live: await status('/live'), ready: await status('/ready') });

const seen = { before: await both() };
process.kill(process.pid, 'SIGTERM');
await new Promise((resolve) => setTimeout(resolve, 300));
seen.draining = await both();
console.log(seen);
assert.deepEqual(seen, { before: { live: 200, ready: 200 }, draining: { live: 503, ready: 503 } });
process.exit();
PROGRAM
node program.mjs
