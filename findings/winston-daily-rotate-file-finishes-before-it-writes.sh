#!/usr/bin/env bash
# winston-daily-rotate-file@5.0.0: the transport's own "finish" comes when none of the lines is in the file.
#
# Seen: 2 000 lines, then end() of the logger: at "finish" of the transport the file has 0 lines, a moment later all.
# With winston@3.19.0's own File transport it has 2 000 at that event.
#
# Output: lines in the file at "finish": { File: 2000, DailyRotateFile: 0 }
#
# One would guess otherwise: winston's documentation waits for the logger's "finish" to know that everything is written,
# and those who know better wait for the transport's. Here neither of them says it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund winston@3.19.0 winston-daily-rotate-file@5.0.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createLogger, transports } from 'winston';
import DailyRotateFile from 'winston-daily-rotate-file';

const linesIn = (name) => (existsSync(name) ? readFileSync(name, 'utf8').trim().split('\n').filter(Boolean).length : 0);
const rotated = () => readdirSync('.').find((name) => /^rotated.*\.log$/.test(name)) ?? 'rotated.log';

async function atFinish(transport, name) {
  const logger = createLogger({ transports: [transport] });
  for (let n = 0; n < 2_000; n += 1) logger.info(`line ${n}`);
  const finished = new Promise((resolve) => transport.once('finish', () => resolve(linesIn(name()))));
  logger.end();
  const lines = await finished;
  for (let tries = 0; linesIn(name()) < 2_000 && tries < 200; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(linesIn(name()), 2_000);
  return lines;
}
const seen = {
  File: await atFinish(new transports.File({ filename: 'plain.log' }), () => 'plain.log'),
  DailyRotateFile: await atFinish(new DailyRotateFile({ dirname: '.', filename: 'rotated-%DATE%.log' }), rotated),
};
console.log('lines in the file at "finish":', seen);
assert.deepEqual(seen, { File: 2_000, DailyRotateFile: 0 });
process.exit();
PROGRAM
node program.mjs
