#!/usr/bin/env bash
# fastify@5.12.8: forceCloseConnections: true cuts a request of HTTP/1.1 that is in flight at close(), and lets the
# stream of an HTTP/2 session finish.
#
# Seen: the same handler of 400 ms, close() after 100 ms: HTTP/1.1 gets ECONNRESET, HTTP/2 gets its answer.
#
# Output: a request in flight at close(): { http1: 'ECONNRESET', http2: 'answered' }
#
# One would guess otherwise, because it is one option, documented as closing persistent connections at once, and
# because HTTP/2 is nothing but persistent connections.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund fastify@5.12.8
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { connect } from 'node:http2';
import Fastify from 'fastify';

async function served(http2) {
  const app = Fastify({ http2, forceCloseConnections: true });
  app.get('/', async () => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return 'answered';
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  const answer = http2 ? overHttp2(address) : overHttp1(address);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await app.close();
  return answer;
}
function overHttp1(address) {
  return new Promise((resolve) => {
    get(address, (response) => response.on('data', (chunk) => resolve(String(chunk)))).on('error', ({ code }) => resolve(code));
  });
}
function overHttp2(address) {
  return new Promise((resolve) => {
    const session = connect(address).on('error', ({ code }) => resolve(code));
    const stream = session.request({ ':path': '/' }).on('error', ({ code }) => resolve(code));
    stream.on('data', (chunk) => {
      resolve(String(chunk));
      session.close();
    });
  });
}
const seen = { http1: await served(false), http2: await served(true) };
console.log('a request in flight at close():', seen);
assert.deepEqual(seen, { http1: 'ECONNRESET', http2: 'answered' });
PROGRAM
node program.mjs
