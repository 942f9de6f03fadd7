#!/usr/bin/env bash
# close-with-grace@2.5.0: a program that has set process.exitCode exits with 0, when it ends by itself as well as at
# SIGTERM.
#
# Seen with process.exitCode = 3 and a close handler that does nothing: without the package the code is 3, with it 0. At
# SIGTERM, where the handler itself sets process.exitCode = 3 because something was lost: 0.
#
# Output: { without: 3, byItself: 0, atSigterm: 0 }
#
# One would guess otherwise: process.exitCode is Node's way to say what the exit will be without leaving at once, and
# process.exit() without a number keeps it. A job that failed, or a shutdown that was not clean, is reported as done.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund close-with-grace@2.5.0
cat > ended.mjs <<'PROGRAM'
import closeWithGrace from 'close-with-grace';

const failed = () => void (process.exitCode = 3);
const way = process.argv[2];
if (way !== 'atSigterm') failed();
if (way !== 'without') closeWithGrace({ delay: 2_000, logger: false }, async () => way === 'atSigterm' && failed());
if (way === 'atSigterm') {
  setInterval(() => undefined, 1_000);
  setTimeout(() => process.kill(process.pid, 'SIGTERM'), 100);
}
PROGRAM
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const code = (way) => spawnSync(process.execPath, ['ended.mjs', way], { stdio: 'inherit' }).status;
const seen = { without: code('without'), byItself: code('byItself'), atSigterm: code('atSigterm') };
console.log(seen);
assert.deepEqual(seen, { without: 3, byItself: 0, atSigterm: 0 });
PROGRAM
node program.mjs
