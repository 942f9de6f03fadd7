#!/usr/bin/env bash
# pino@10.4.0 (sonic-boom 4): logger.flush(callback) of an asynchronous destination calls back with lines still in
# memory.
#
# Seen: 1,000 lines of some 130 bytes, then flush(): with the default minLength of 0 the callback comes before flush()
# has returned and the file has next to nothing; with minLength 4096 it comes after a write, and the last lines, less
# than 4096 bytes, are still not in the file.
#
# Output: '0': { bytes: 122, of: 122000, atOnce: true }, '4096': { bytes: 118584, of: 122000, atOnce: false }
#
# One would guess otherwise: flush() with its callback is documented as the way to get buffered lines out before a
# process ends, and a destination that is told to hold nothing back looks like the safe one. The callback waits for a
# drain event, and there is none to wait for, or an earlier one comes first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund pino@10.4.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import pino from 'pino';

async function atCallback(minLength) {
  const file = `lines-${minLength}.log`;
  const destination = pino.destination({ dest: file, sync: false, minLength });
  await once(destination, 'ready');
  const logger = pino({ base: null, timestamp: false }, destination);
  for (let line = 0; line < 1_000; line += 1) logger.info('x'.repeat(100));
  let returned = false;
  const callback = new Promise((resolve, reject) => {
    logger.flush((error) => (error ? reject(error) : resolve({ bytes: statSync(file).size, atOnce: !returned })));
  });
  returned = true;
  const { bytes, atOnce } = await callback;
  destination.end();
  await once(destination, 'close');
  return { bytes, of: statSync(file).size, atOnce };
}

const seen = { 0: await atCallback(0), 4096: await atCallback(4096) };
console.log('bytes in the file when flush() calls back, by minLength:', seen);
assert.ok(seen[0].atOnce && seen[0].bytes < seen[0].of);
assert.ok(!seen[4096].atOnce && seen[4096].bytes < seen[4096].of);
PROGRAM
node program.mjs
