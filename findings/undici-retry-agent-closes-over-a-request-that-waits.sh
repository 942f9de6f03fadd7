#!/usr/bin/env bash
# undici@7.30.2: close() of a RetryAgent resolves while a request waits for its next try, and that request then fails
# with "The client is destroyed".
#
# Seen: a server that answers 503 with Retry-After: 1 and then 200. Without close() the request gets its 200. With
# close() during that second: close() resolves within it, the request rejects a moment later, nothing is tried again.
#
# Output: { left: '200', closed: 'The client is destroyed', closeWaited: false }
#
# One would guess otherwise: close() of a dispatcher is documented to wait for the requests that it has been given
# before it resolves, destroy() is the one that fails them, and a RetryAgent is a dispatcher.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund undici@7.30.2
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Agent, request, RetryAgent } from 'undici';

async function outcome(closeMeanwhile) {
  let tried = 0;
  const refused = Promise.withResolvers?.() ?? {};
  refused.promise ??= new Promise((resolve) => (refused.resolve = resolve));
  const server = createServer((_, response) => {
    tried += 1;
    if (tried > 1) return response.end('answered');
    response.writeHead(503, { 'retry-after': '1' }).end(refused.resolve);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const dispatcher = new RetryAgent(new Agent());
  let settled = false;
  const answer = request(`http://127.0.0.1:${server.address().port}`, { dispatcher })
    .then(({ statusCode }) => String(statusCode), ({ message }) => message)
    .finally(() => (settled = true));
  await refused.promise;
  await new Promise((resolve) => setTimeout(resolve, 200));
  if (closeMeanwhile) await dispatcher.close();
  const closeWaited = settled;
  return { answer: await answer, closeWaited };
}
const left = await outcome(false);
const closed = await outcome(true);
const seen = { left: left.answer, closed: closed.answer, closeWaited: closed.closeWaited };
console.log(seen);
assert.deepEqual(seen, { left: '200', closed: 'The client is destroyed', closeWaited: false });
process.exit();
PROGRAM
node program.mjs
