#!/usr/bin/env bash
# @nats-io/jetstream@3.4.0: drain() of the connection resolves while a callback of consume() is running, and the ack()
# that follows neither throws nor reaches the server: the message is delivered again.
#
# Seen: one message in hand for 500 ms, await connection.drain() at 100 ms resolves at once; ack() returns; after
# ack_wait the message is given to the next who asks.
#
# Output: { drainedUnderTheHandler: true, ack: 'returned', comesAgain: true }
#
# One would guess otherwise: drain() is documented as the way to let subscriptions process what is in flight before
# the connection closes, and most clients raise an error when something is sent on a closed connection.
#
# It needs a NATS server with JetStream: NATS_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0
export NATS_URL=${NATS_URL:-nats://127.0.0.1:4222}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';

const servers = process.env.NATS_URL;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const name = `finding_${process.pid}`;
const setup = await connect({ servers });
const manager = await jetstreamManager(setup);
await manager.streams.add({ name, subjects: [name], storage: 'memory' });
await manager.consumers.add(name, { durable_name: 'worker', ack_policy: AckPolicy.Explicit, ack_wait: nanos(2_000) });
await jetstream(setup).publish(name, 'order');

const worker = await connect({ servers });
const consumer = await jetstream(worker).consumers.get(name, 'worker');
let acked;
const done = new Promise((resolve) => {
  void consumer.consume({
    callback: async (message) => {
      await sleep(500);
      try {
        message.ack();
        acked = 'returned';
      } catch (error) {
        acked = error.message;
      }
      resolve();
    },
  });
});
await sleep(100);
const before = Date.now();
await worker.drain();
const drained = Date.now() - before;
await done;

await sleep(2_500);
const again = await (await jetstream(setup).consumers.get(name, 'worker')).next({ expires: 3_000 });
const seen = { drainedUnderTheHandler: drained < 300, ack: acked, comesAgain: again !== null };
console.log(seen);
await manager.streams.delete(name);
await setup.close();
assert.deepEqual(seen, { drainedUnderTheHandler: true, ack: 'returned', comesAgain: true });
PROGRAM
node program.mjs
