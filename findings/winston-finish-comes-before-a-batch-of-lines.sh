#!/usr/bin/env bash
# winston@3.19.0 with winston-transport@4.9.0: after logger.end() the event 'finish' comes while a transport is still
# busy with lines that it was given together.
#
# Seen: a transport that takes 50 ms for each line; three lines are logged in one tick; at 'finish' not all of the
# three callbacks have been called. The advice everywhere is to wait for exactly this event before process.exit().
#
# Output: lines done at 'finish': 1; half a second later: 3
#
# One would guess otherwise: 'finish' of a Node stream comes when the callbacks of all writes have been called. The
# transport's _writev calls its own callback without waiting for those of log().
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund winston@3.19.0 winston-transport@4.9.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import Transport from 'winston-transport';
import winston from 'winston';

let done = 0;
class Slow extends Transport {
  log(_line, callback) {
    setTimeout(() => {
      done += 1;
      callback();
    }, 50);
  }
}
const logger = winston.createLogger({ transports: [new Slow()] });
for (const line of ['one', 'two', 'three']) logger.info(line);
const finished = once(logger, 'finish');
logger.end();
await finished;
const atFinish = done;
await new Promise((resolve) => setTimeout(resolve, 500));
console.log(`lines done at 'finish': ${atFinish}; half a second later: ${done}`);
assert.ok(atFinish < 3);
PROGRAM
node program.mjs
