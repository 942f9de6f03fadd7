#!/usr/bin/env bash
# @sentry/node@10.78.0: flush() resolves with true when the server could not be reached and no event has arrived.
#
# Seen: one captured event and a DSN whose port refuses connections: flush(2000) is true within a moment. With a
# server that takes the connection and answers too late it is false after the time.
#
# Output: flush() says: { refuses: true, slow: false } - requests that reached a server: 1
#
# One would guess otherwise: the documentation speaks of a wait "until all events are sent", and of true if the queue
# has successfully drained. True means that nothing is pending any more, for whatever reason.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @sentry/node@10.78.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import * as Sentry from '@sentry/node';

async function portOf(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server.address().port;
}
let received = 0;
const slow = createServer((request) => {
  received += 1;
  request.resume(); // and no answer within the time
});
const gone = createServer();
const ports = { slow: await portOf(slow), refuses: await portOf(gone) };
await new Promise((resolve) => gone.close(resolve));

async function flushed(port) {
  Sentry.init({ dsn: `http://key@127.0.0.1:${port}/1`, defaultIntegrations: false, skipOpenTelemetrySetup: true });
  Sentry.captureMessage('the last words');
  return Sentry.flush(2_000);
}
const seen = { refuses: await flushed(ports.refuses), slow: await flushed(ports.slow) };
console.log('flush() says:', seen, '- requests that reached a server:', received);
assert.deepEqual(seen, { refuses: true, slow: false });
process.exit();
PROGRAM
node program.mjs
