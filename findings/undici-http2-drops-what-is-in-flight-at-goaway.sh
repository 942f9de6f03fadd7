#!/usr/bin/env bash
# undici@7.30.0 with allowH2: a request whose answer is in flight fails when the server sends GOAWAY with NO_ERROR,
# though the GOAWAY names its stream as one that will be answered.
#
# Seen: the server sends goaway(NO_ERROR, last stream = this one) 100 ms into a handler of 400 ms and then answers in
# full. undici rejects at the GOAWAY; the client of node:http2 gets the answer.
#
# Output: { byUndici: 'failed: SocketError', byNode: 'answered' }
#
# One would guess otherwise: RFC 9113 section 6.8 makes this frame the graceful way to end a connection, and says that
# streams up to the named one may still complete. It is what servers and proxies send when they drain.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund undici@7.30.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { connect, constants, createServer } from 'node:http2';
import { Client } from 'undici';

const server = createServer();
server.on('stream', (stream) => {
  stream.on('error', () => undefined);
  setTimeout(() => stream.session?.goaway(constants.NGHTTP2_NO_ERROR, stream.id), 100);
  setTimeout(() => {
    if (stream.destroyed) return;
    stream.respond({ ':status': 200 });
    stream.end('answered');
  }, 400);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const client = new Client(origin, { allowH2: true, useH2c: true });
const byUndici = await client
  .request({ path: '/', method: 'GET' })
  .then(({ body }) => body.text())
  .catch((error) => `failed: ${error.name}`);
const byNode = await new Promise((resolve) => {
  const session = connect(origin);
  const stream = session.request({ ':path': '/' }).on('error', ({ code }) => resolve(`failed: ${code}`));
  stream.on('data', (chunk) => resolve(String(chunk)));
});
console.log({ byUndici, byNode });
assert.equal(byNode, 'answered');
assert.match(byUndici, /^failed/);
process.exit();
PROGRAM
node program.mjs
