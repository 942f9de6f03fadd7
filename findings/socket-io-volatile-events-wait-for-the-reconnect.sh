#!/usr/bin/env bash
# socket.io-client@4.8.4: an event that is emitted as volatile while the client is disconnected is not dropped: it is
# delivered after the reconnect.
#
# Seen: the server closes, volatile.emit() while it is away, the server comes back: it gets the event.
#
# Output: { connectedAtEmit: false, received: [ 'volatile' ] }
#
# One would guess otherwise: the documentation describes volatile events as those that will not be sent if the
# connection is not ready, and recommends them against a burst of events after a reconnect.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund socket.io@4.8.4 socket.io-client@4.8.4
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';

const received = [];
async function start(port) {
  const http = createServer();
  const server = new Server(http);
  server.on('connection', (socket) => socket.onAny((name) => received.push(name)));
  await new Promise((resolve) => http.listen(port, '127.0.0.1', resolve));
  return { http, server, port: http.address().port };
}
const first = await start(0);
const client = io(`http://127.0.0.1:${first.port}`, { transports: ['websocket'], reconnectionDelay: 300, randomizationFactor: 0 });
await new Promise((resolve) => client.once('connect', resolve));
const left = new Promise((resolve) => client.once('disconnect', resolve));
await first.server.close();
await left;
const connectedAtEmit = client.connected;
client.volatile.emit('volatile');
const back = new Promise((resolve) => client.once('connect', resolve));
await start(first.port);
await back;
await new Promise((resolve) => setTimeout(resolve, 500));
console.log({ connectedAtEmit, received });
assert.deepEqual({ connectedAtEmit, received }, { connectedAtEmit: false, received: ['volatile'] });
process.exit();
PROGRAM
node program.mjs
