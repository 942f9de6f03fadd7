#!/usr/bin/env bash
# tsx@4.23.15: a SIGTERM to tsx ends its program by SIGKILL when that program's event loop is busy at the moment: no
# handler runs, and tsx exits with 143 as if there had been none.
#
# Seen: a program with a handler for SIGTERM that drains and exits with 0. Idle: the handler runs, exit code 0. While
# the program computes for 400 ms without a pause: no handler runs, exit code 143.
#
# Output: { idle: { handler: true, code: 0 }, busy: { handler: false, code: 143 } }
#
# One would guess otherwise: tsx passes signals on, and a signal that comes while the event loop is busy is handled as
# soon as it is free; with node in tsx's place it is. tsx asks the program whether it has heard the signal and takes a
# late answer for none.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund tsx@4.23.15
cat > served.mjs <<'PROGRAM'
process.on('SIGTERM', () => {
  console.log('handled');
  setTimeout(() => process.exit(0), 300);
});
const busyFor = Number(process.argv[2]);
setInterval(() => {
  const until = Date.now() + busyFor;
  while (Date.now() < until);
}, 20);
console.log('ready');
PROGRAM
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

async function ended(busyFor) {
  const tsx = spawn(process.execPath, ['node_modules/tsx/dist/cli.mjs', 'served.mjs', String(busyFor)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let written = '';
  tsx.stdout.on('data', (data) => (written += data));
  await once(tsx.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, 300));
  tsx.kill('SIGTERM');
  const [code] = await once(tsx, 'close');
  return { handler: written.includes('handled'), code };
}
const seen = { idle: await ended(0), busy: await ended(400) };
console.log(seen);
assert.deepEqual(seen, { idle: { handler: true, code: 0 }, busy: { handler: false, code: 143 } });
PROGRAM
node program.mjs
