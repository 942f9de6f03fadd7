#!/usr/bin/env bash
# node-schedule@2.1.1: gracefulShutdown() waits for the running job of a recurring schedule, and not for the running job
# that was scheduled for a date.
#
# Seen: the same asynchronous job of 1.5 s, gracefulShutdown() while it runs: with "* * * * * *" it resolves when the
# job is done, with a Date at once.
#
# Output: done when gracefulShutdown() resolves: { 'a rule': true, 'a date': false }
#
# One would guess otherwise: the documentation says that it cancels all jobs and returns a promise that is resolved once
# all running jobs are finished. A job of one date is off the list as soon as it has begun.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund node-schedule@2.1.1
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import schedule from 'node-schedule';

async function doneAtShutdown(when) {
  let done = false;
  let finished;
  await new Promise((began) => {
    schedule.scheduleJob(when, async () => {
      finished = new Promise((resolve) => setTimeout(resolve, 1_500));
      began();
      await finished;
      done = true;
    });
  });
  await schedule.gracefulShutdown();
  const atShutdown = done;
  await finished;
  return atShutdown;
}
const seen = { 'a rule': await doneAtShutdown('* * * * * *'), 'a date': await doneAtShutdown(new Date(Date.now() + 300)) };
console.log('done when gracefulShutdown() resolves:', seen);
assert.deepEqual(seen, { 'a rule': true, 'a date': false });
process.exit(); // an interval of gracefulShutdown() goes on
PROGRAM
node program.mjs
