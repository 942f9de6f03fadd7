#!/usr/bin/env bash
# bullmq@6.7.0: worker.close(true) waits for the running job when its processor is a file, and does not when it is a
# function.
#
# Seen: the same job of 1.5 s, close(true) when it has begun: with a function it resolves at once, with a child process
# and with useWorkerThreads when the job has ended.
#
# Output: close(true) waited for the job: { function: false, process: true, thread: true }
#
# One would guess otherwise: the first parameter of close() is named force and documented as not to wait for the current
# jobs; and a process of its own is what could be ended by force. A deadline that ends in close(true) has none.
#
# It needs a Redis: REDIS_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund bullmq@6.7.0 ioredis@6.0.0
export REDIS_URL=${REDIS_URL:-redis://127.0.0.1:6379}
cat > slow.mjs <<'PROGRAM'
export default async function slow(job) {
  await job.updateProgress(1);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}
PROGRAM
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Queue, Worker } from 'bullmq';
import slow from './slow.mjs';

const { hostname: host, port, username, password } = new URL(process.env.REDIS_URL);
const connection = { host, port: Number(port) || 6_379, username: username || undefined, password: password || undefined };
const queue = new Queue(`finding-${process.pid}`, { connection });

async function waited(processor, options) {
  const worker = new Worker(queue.name, processor, { connection, ...options });
  worker.on('error', () => undefined);
  const begun = new Promise((resolve) => worker.once('progress', resolve));
  await queue.add('order', {});
  await begun;
  const from = Date.now();
  await worker.close(true);
  const took = Date.now() - from;
  await new Promise((resolve) => setTimeout(resolve, 1_600 - Math.min(took, 1_600)));
  await queue.obliterate({ force: true });
  return took > 1_000;
}
const file = new URL('slow.mjs', import.meta.url);
const seen = { function: await waited(slow, {}), process: await waited(file, {}), thread: await waited(file, { useWorkerThreads: true }) };
await queue.close();
console.log('close(true) waited for the job:', seen);
assert.deepEqual(seen, { function: false, process: true, thread: true });
process.exit();
PROGRAM
node program.mjs
