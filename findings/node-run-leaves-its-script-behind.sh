#!/usr/bin/env bash
# node@24.21.0: a SIGTERM to "node --run start" ends the runner and does not reach the script, which goes on running
# without a parent.
#
# Seen: a script with a handler for SIGTERM. npm's "npm start" passes the signal on. "node --run start" is dead 2 ms
# after it, by the signal; the script hears nothing, and handles the SIGTERM that it is then sent itself.
#
# Output: { runner: 'SIGTERM', scriptHeardIt: false, scriptStillThere: true }
#
# One would guess otherwise: --run is made as a faster npm run, whose runner hands SIGTERM to what it has started; as
# the command of a container it is process 1, and the application is cut with it instead of drained.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module", "scripts": { "start": "node served.mjs" } }' > package.json
npm install --silent --no-audit --no-fund node@24.21.0
cat > served.mjs <<'PROGRAM'
import { appendFileSync } from 'node:fs';
process.on('SIGTERM', () => {
  appendFileSync('seen.txt', 'handled\n');
  process.exit();
});
setTimeout(() => process.exit(), 60_000);
appendFileSync('seen.txt', `${process.pid}\n`);
PROGRAM
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';

const written = () => (existsSync('seen.txt') ? readFileSync('seen.txt', 'utf8') : '');
const until = async (condition) => {
  for (let n = 0; n < 400 && !condition(); n += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  return condition();
};
const runner = spawn('node_modules/node/bin/node', ['--run', 'start'], { stdio: 'inherit' });
assert.ok(await until(() => written().endsWith('\n')));
await new Promise((resolve) => setTimeout(resolve, 300));
runner.kill('SIGTERM');
const [, signal] = await once(runner, 'exit');
await new Promise((resolve) => setTimeout(resolve, 1_000));
const seen = { runner: signal, scriptHeardIt: written().includes('handled') };
process.kill(Number.parseInt(written()), 'SIGTERM');
seen.scriptStillThere = await until(() => written().includes('handled'));
console.log(seen);
assert.deepEqual(seen, { runner: 'SIGTERM', scriptHeardIt: false, scriptStillThere: true });
PROGRAM
node program.mjs
