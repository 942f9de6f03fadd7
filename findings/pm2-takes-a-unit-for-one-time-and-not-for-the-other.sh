#!/usr/bin/env bash
# pm2@7.0.4: of two times in one ecosystem file, min_uptime takes a text with a unit, and kill_timeout, which is what
# a graceful stop depends on, does not.
#
# Seen: min_uptime '10s' becomes 10000; kill_timeout '10s' is reported as not being a number.
#
# Output: { min_uptime: 10000, errors: [] } { kill_timeout: undefined, errors: [ 'Expect "kill_timeout" to be a typeof
# [object Number], but now is [object String]' ] }
#
# One would guess otherwise: they are documented side by side, both in milliseconds, and the file's other times and
# sizes take units.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund pm2@7.0.4
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const Config = createRequire(import.meta.url)('pm2/lib/tools/Config.js');
const read = (times) => Config.validateJSON({ script: 'program.mjs', ...times });
const uptime = read({ min_uptime: '10s' });
const timeout = read({ kill_timeout: '10s' });
console.log({ min_uptime: uptime.config.min_uptime, errors: uptime.errors }, { kill_timeout: timeout.config.kill_timeout, errors: timeout.errors });
assert.deepEqual([uptime.config.min_uptime, uptime.errors], [10_000, []]);
assert.equal(timeout.errors.length, 1);
process.exit();
PROGRAM
node program.mjs
