#!/usr/bin/env bash
# socket.io@4.8.4, transport polling: from the server's disconnect(true) on, a POST of the client is answered with 200 "ok"
# and the event in it is thrown away, as long as the client has not fetched the close packet.
#
# Seen: an event posted before disconnect(true) is answered 200 "ok" and handled; one posted after it is answered 200 "ok",
# too, and never handled.
#
# Output: { before: { status: 200, text: 'ok', handled: true }, after: { status: 200, text: 'ok', handled: false } }
#
# One would guess otherwise: a server that throws a request away answers it with an error, as this one does for a session
# that it does not know (400), so that the client may send it again elsewhere.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund socket.io@4.8.4
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Server } from 'socket.io';

const http = createServer().listen(0, '127.0.0.1');
await once(http, 'listening');
const io = new Server(http, { transports: ['polling'] });
const handled = [];
const connected = new Promise((resolve) => {
  io.on('connection', (socket) => {
    socket.on('order', (name) => handled.push(name));
    resolve(socket);
  });
});
const url = `http://127.0.0.1:${http.address().port}/socket.io/?EIO=4&transport=polling`;
const open = JSON.parse((await (await fetch(url)).text()).slice(1));
const session = `${url}&sid=${open.sid}`;
const post = async (body) => {
  const response = await fetch(session, { method: 'POST', body });
  return { status: response.status, text: await response.text() };
};
await post('40'); // joins the default namespace
const socket = await connected;
await (await fetch(session)).text(); // fetches the answer to that; no poll waits from here on

const before = await post('42["order","before"]');
await new Promise((resolve) => setTimeout(resolve, 100));
socket.disconnect(true);
const after = await post('42["order","after"]');
await new Promise((resolve) => setTimeout(resolve, 100));
const seen = {
  before: { ...before, handled: handled.includes('before') },
  after: { ...after, handled: handled.includes('after') },
};
console.log(seen);
assert.deepEqual(seen, {
  before: { status: 200, text: 'ok', handled: true },
  after: { status: 200, text: 'ok', handled: false },
});
process.exit(0);
PROGRAM
node program.mjs
