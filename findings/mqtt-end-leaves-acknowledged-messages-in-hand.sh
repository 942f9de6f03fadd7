#!/usr/bin/env bash
# mqtt@5.16.0 with aedes@1.2.0: a message of QoS 1 is acknowledged before an asynchronous handler of 'message' has
# done anything, and end(false), the graceful form, does not wait for it.
#
# Seen: two messages whose handlers take 500 ms; endAsync(false) resolves with both running; the broker has both
# PUBACKs and gives a client that comes back with the same session nothing.
#
# Output: when end(false) resolves: { begun: 2, done: 0 } - given to the next client of the session: 0
#
# One would guess otherwise: QoS 1 means "at least once", and the documentation of end() says that without force it
# waits for in-flight messages to be acked. Those are the outgoing ones.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund mqtt@5.16.0 aedes@1.2.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import mqtt from 'mqtt';

const broker = Aedes.createBroker ? await Aedes.createBroker() : new Aedes();
const server = createServer(broker.handle);
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `mqtt://127.0.0.1:${server.address().port}`;
const session = { clientId: 'worker', clean: false, reconnectPeriod: 0 };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const worker = await mqtt.connectAsync(url, session);
await worker.subscribeAsync('jobs', { qos: 1 });
let begun = 0;
let done = 0;
worker.on('message', async () => {
  begun += 1;
  await sleep(500);
  done += 1;
});
const sender = await mqtt.connectAsync(url);
await sender.publishAsync('jobs', 'one', { qos: 1 });
await sender.publishAsync('jobs', 'two', { qos: 1 });
while (begun < 2) await sleep(10);
await sleep(50);
await worker.endAsync(false);
const atEnd = { begun, done };

let again = 0;
const next = mqtt.connect(url, session);
next.on('message', () => (again += 1));
await sleep(1_000);
console.log('when end(false) resolves:', atEnd, '- given to the next client of the session:', again);
assert.deepEqual({ ...atEnd, again }, { begun: 2, done: 0, again: 0 });
process.exit();
PROGRAM
node program.mjs
