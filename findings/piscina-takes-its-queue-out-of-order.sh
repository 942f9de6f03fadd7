#!/usr/bin/env bash
# piscina@5.3.2: one thread works off the queue neither first in, first out nor the other way round.
#
# Seen with maxThreads: 1 and ten tasks that are submitted together: 0, 2, 4, 6, 8, 1, 5, 9, 7, 3, the same at every
# run. With the FixedQueue that Piscina exports it is the same order.
#
# Output: { default: '0 2 4 6 8 1 5 9 7 3', FixedQueue: '0 2 4 6 8 1 5 9 7 3' }
#
# One would guess otherwise: one worker and a task queue, which is a list with push and shift; so the last one in is
# the last one done, and what close() has to wait for was submitted last. A task that finds no free thread goes into a
# second list, which is emptied before the first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund piscina@5.3.2
echo 'export default async (n) => n;' > task.mjs
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { FixedQueue, Piscina } from 'piscina';

async function order(options) {
  const pool = new Piscina({ filename: new URL('task.mjs', import.meta.url).href, maxThreads: 1, ...options });
  const done = [];
  await Promise.all(Array.from({ length: 10 }, (_, n) => pool.run(n).then((result) => done.push(result))));
  await pool.close();
  return done.join(' ');
}
const seen = { default: await order({}), FixedQueue: await order({ taskQueue: new FixedQueue() }) };
console.log(seen);
assert.deepEqual(seen, { default: '0 2 4 6 8 1 5 9 7 3', FixedQueue: '0 2 4 6 8 1 5 9 7 3' });
PROGRAM
node program.mjs
