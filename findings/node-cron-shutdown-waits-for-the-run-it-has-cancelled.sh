#!/usr/bin/env bash
# node-cron@4.6.0: shutdown(timeout) waits its whole timeout for a run that has not begun, and that shutdown() itself has
# just cancelled: one that is still in its random delay.
#
# Seen with a task of every second, maxRandomDelay of an hour and a timeout of 3 s: shutdown() takes 3 s, and the task's
# function is never called. Without maxRandomDelay, with nothing running, it takes no time.
#
# Output: { withDelay: { seconds: 3, calls: 0 }, without: { seconds: 0 } }
#
# One would guess otherwise: stop() clears the timer of the delay, so there is nothing left to wait for. But the task says
# isBusy() from the tick on, and the "execution:finished" that is awaited never comes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund node-cron@4.6.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import cron from 'node-cron';

async function shutdown() {
  const began = Date.now();
  await cron.shutdown(3_000);
  return Math.round((Date.now() - began) / 1_000);
}
let calls = 0;
const task = cron.schedule('* * * * * *', () => void (calls += 1), { maxRandomDelay: 3_600_000 });
while (!task.isBusy()) await new Promise((resolve) => setTimeout(resolve, 20));
const withDelay = { seconds: await shutdown(), calls };
cron.schedule('0 0 1 1 *', () => undefined);
const without = { seconds: await shutdown() };
const seen = { withDelay, without };
console.log(seen);
assert.deepEqual(seen, { withDelay: { seconds: 3, calls: 0 }, without: { seconds: 0 } });
process.exit();
PROGRAM
node program.mjs
