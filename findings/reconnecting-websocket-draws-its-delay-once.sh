#!/usr/bin/env bash
# reconnecting-websocket@4.4.0: the random delay before a reconnect is drawn once, when the module is loaded, and is
# the same for every socket of the process.
#
# Seen: 20 sockets whose server closes them all with 1012 wait for exactly the same time, somewhere between 1 and 5 s, and
# come back together; the next process draws another delay.
#
# Output: 20 sockets wait for their first reconnect: [ 2517.169398072466 ] ms
#
# One would guess otherwise: the documented default of minReconnectionDelay is 1000 + Math.random() * 4000, which
# reads like a jitter that spreads the clients of a server that restarts.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund reconnecting-websocket@4.4.0 ws@8.23.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import WebSocket, { WebSocketServer } from 'ws';

// What the library waits for, read from its timers, so that a busy machine changes nothing.
const waits = [];
const { setTimeout: realSetTimeout } = globalThis;
globalThis.setTimeout = (callback, ms, ...args) => {
  if (ms >= 1_000 && ms < 5_000 && ms !== 4_000) waits.push(ms); // 4 s is its limit for a connection
  return realSetTimeout(callback, ms, ...args);
};
const { default: module } = await import('reconnecting-websocket');
const ReconnectingWebSocket = module.default ?? module;

const SOCKETS = 20;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await new Promise((resolve) => server.once('listening', resolve));
let connected = 0;
const back = new Promise((resolve) => {
  server.on('connection', (socket) => {
    connected += 1;
    if (connected <= SOCKETS) socket.close(1012);
    if (connected === 2 * SOCKETS) resolve();
  });
});
const url = `ws://127.0.0.1:${server.address().port}`;
for (let n = 0; n < SOCKETS; n += 1) new ReconnectingWebSocket(url, [], { WebSocket });
await back;
console.log(`${SOCKETS} sockets wait for their first reconnect:`, [...new Set(waits)], 'ms');
assert.ok(waits.length >= SOCKETS);
assert.equal(new Set(waits).size, 1);
process.exit();
PROGRAM
node program.mjs
