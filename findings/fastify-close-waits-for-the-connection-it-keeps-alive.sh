#!/usr/bin/env bash
# fastify@5.12.8: a request that is in flight at close() is answered with "Connection: keep-alive", and close() then
# waits until that idle connection times out (keepAliveTimeout, 72 s by default).
#
# Seen with keepAliveTimeout 1500: an idle connection is closed at once; the answer of the request in flight says
# keep-alive; close() resolves about 1.5 s after the answer, and not with it.
#
# Output: the answer says keep-alive; close() resolves 2524 ms after it
#
# One would guess otherwise: the documentation says that with the default, 'idle', close() closes idle connections,
# and that requests which come during the closing are answered with Connection: close. The one that was there before
# is neither.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund fastify@5.12.8
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import Fastify from 'fastify';

const app = Fastify({ keepAliveTimeout: 1_500 });
app.get('/', async () => {
  await new Promise((resolve) => setTimeout(resolve, 300));
  return 'answered';
});
await app.listen({ port: 0, host: '127.0.0.1' });
const client = connect(app.server.address().port, '127.0.0.1');
client.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
const answer = new Promise((resolve) => {
  client.once('data', (data) => resolve({ at: Date.now(), connection: /^connection: (.*)$/im.exec(data)?.[1] }));
});
await new Promise((resolve) => setTimeout(resolve, 100));
const closed = app.close().then(() => Date.now());
const { at, connection } = await answer;
const waited = (await closed) - at;
client.destroy();
console.log(`the answer says ${connection}; close() resolves ${waited} ms after it`);
assert.equal(connection, 'keep-alive');
assert.ok(waited > 1_000);
PROGRAM
node program.mjs
