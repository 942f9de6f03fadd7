#!/usr/bin/env bash
# @grammyjs/runner@2.0.3: stop() resolves while the middleware of updates that it has fetched is still running.
#
# Seen: three updates in hand whose middleware takes 500 ms: stop() resolves, isRunning() is false, size() is 3 and
# none of them is done.
#
# Output: when stop() resolves: { running: false, size: 3, done: 0 } - a second later, done: 3
#
# One would guess otherwise: the documentation of stop() says that the promise resolves when the runner has stopped
# and all running middleware is done. The updates are confirmed by then, so what the process's end cuts does not come
# again.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund grammy@1.46.0 @grammyjs/runner@2.0.3
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createConcurrentSink, createRunner, createSource } from '@grammyjs/runner';

let id = 0;
let done = 0;
const source = createSource({
  supply: async (size, signal) => {
    if (id < 3) return [{ update_id: (id += 1) }];
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  },
});
const handler = {
  consume: async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    done += 1;
  },
};
const sink = createConcurrentSink(handler, async (error) => Promise.reject(error));
const runner = createRunner(source, sink);
runner.start();
while (id < 3) await new Promise((resolve) => setTimeout(resolve, 10));
await new Promise((resolve) => setTimeout(resolve, 50));
await runner.stop();
const atStop = { running: runner.isRunning(), size: runner.size(), done };
await new Promise((resolve) => setTimeout(resolve, 1_000));
console.log('when stop() resolves:', atStop, '- a second later, done:', done);
assert.deepEqual(atStop, { running: false, size: 3, done: 0 });
assert.equal(done, 3);
process.exit();
PROGRAM
node program.mjs
