#!/usr/bin/env bash
# graphql-ws@6.4.2: a client with the default of five retryAttempts gives up after one: a subscription that was closed
# with 1012 is retried, and if that reconnect is refused because the server is not back yet, it ends with an error.
#
# Seen: the server closes with 1012 and is away: the client tries once and the subscription's error comes, no further
# attempt. With shouldRetry: () => true it goes on trying.
#
# Output: reconnects before it gives up: { byDefault: 1, withShouldRetry: 5 }
#
# One would guess otherwise: retryAttempts says five, and a refused connection is what a reconnect meets first while a
# server restarts. The default of shouldRetry accepts close events only, and a refused connection is an error event.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund graphql-ws@6.4.2 graphql@16.15.0 ws@8.23.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createClient } from 'graphql-ws';
import WebSocket, { WebSocketServer } from 'ws';

async function attempts(options) {
  const http = createServer();
  const server = new WebSocketServer({ server: http, handleProtocols: () => 'graphql-transport-ws' });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      if (type === 'connection_init') socket.send('{"type":"connection_ack"}');
      if (type !== 'subscribe') return;
      http.close(); // the listener first, so that nobody comes back
      socket.close(1012, 'restarting');
    });
  });
  let tried = 0;
  class Counted extends WebSocket {
    constructor(...args) {
      super(...args);
      tried += 1;
    }
  }
  const client = createClient({ url: `ws://127.0.0.1:${http.address().port}`, webSocketImpl: Counted, retryWait: async () => undefined, ...options });
  await new Promise((resolve) => {
    client.subscribe({ query: 'subscription { a }' }, { next() {}, error: resolve, complete: resolve });
  });
  return tried - 1; // the first was no retry
}
const seen = { byDefault: await attempts({}), withShouldRetry: await attempts({ shouldRetry: () => true }) };
console.log('reconnects before it gives up:', seen);
assert.deepEqual(seen, { byDefault: 1, withShouldRetry: 5 });
process.exit();
PROGRAM
node program.mjs
