#!/usr/bin/env bash
# srvx@1.0.8: a served process does not end at SIGTERM: the server closes, and whatever else is open, a timer or a
# connection pool, keeps the process running.
#
# Seen with serve() as it is and an interval: 3 s after SIGTERM the server has stopped listening and the process is
# there; a second SIGTERM changes nothing within 2 s. With gracefulShutdown: false the signal ends it.
#
# Output: { byDefault: { listening: false, ended: 'no' }, switchedOff: { ended: 'SIGTERM' } }
#
# One would guess otherwise: a library that takes SIGTERM over by default to shut down gracefully also ends the process
# afterwards, with process.exit() or by the signal; without it, the signal had.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund srvx@1.0.8
cat > served.mjs <<'PROGRAM'
import { serve } from 'srvx';

const options = process.argv[2] === 'off' ? { gracefulShutdown: false } : {};
const server = serve({ port: 0, hostname: '127.0.0.1', silent: true, fetch: () => new Response('answered'), ...options });
await server.ready();
setInterval(() => process.send({ listening: server.node.server.listening }), 100);
PROGRAM
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';

async function afterSigterm(option) {
  const child = fork('served.mjs', [option], { env: { ...process.env, NODE_ENV: 'production' } });
  let last;
  child.on('message', (message) => (last = message));
  await once(child, 'message');
  const gone = once(child, 'exit').then(([code, signal]) => ({ ended: signal ?? code }));
  const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms, undefined));
  child.kill('SIGTERM');
  const first = await Promise.race([gone, after(3_000)]);
  if (first) return first;
  child.kill('SIGTERM');
  const second = await Promise.race([gone, after(2_000)]);
  child.kill('SIGKILL');
  return second ?? { ...last, ended: 'no' };
}
const seen = { byDefault: await afterSigterm('on'), switchedOff: await afterSigterm('off') };
console.log(seen);
assert.deepEqual(seen, { byDefault: { listening: false, ended: 'no' }, switchedOff: { ended: 'SIGTERM' } });
PROGRAM
node program.mjs
