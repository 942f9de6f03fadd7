#!/usr/bin/env bash
# reconnecting-websocket@4.4.0: the random delay before a reconnect is drawn once, when the module is loaded, and is
# the same for every socket of the process.
#
# Seen: 20 sockets whose server closes them all with 1012 come back within a fraction of a second of each other, some
# 1 to 5 s later; the next process draws another delay.
#
# Output: 20 sockets were away for 2725 ms and came back within 139 ms
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
import ReconnectingWebSocketModule from 'reconnecting-websocket';
import WebSocket, { WebSocketServer } from 'ws';

const ReconnectingWebSocket = ReconnectingWebSocketModule.default ?? ReconnectingWebSocketModule;
const SOCKETS = 20;
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await new Promise((resolve) => server.once('listening', resolve));
const arrivals = [];
let wake;
const cameBack = new Promise((resolve) => (wake = resolve));
server.on('connection', () => {
  arrivals.push(Date.now());
  if (arrivals.length === SOCKETS) setTimeout(() => server.clients.forEach((client) => client.close(1012)), 200);
  if (arrivals.length === 2 * SOCKETS) wake();
});
const url = `ws://127.0.0.1:${server.address().port}`;
for (let n = 0; n < SOCKETS; n += 1) new ReconnectingWebSocket(url, [], { WebSocket });
await cameBack;
const back = arrivals.slice(SOCKETS).sort((a, b) => a - b);
const spread = back.at(-1) - back[0];
const away = back[0] - arrivals[SOCKETS - 1] - 200;
console.log(`${SOCKETS} sockets were away for ${away} ms and came back within ${spread} ms`);
// Twenty delays of their own between 1 and 5 s lie within half a second once in many billions.
assert.ok(away > 900 && spread < 500);
process.exit();
PROGRAM
node program.mjs
