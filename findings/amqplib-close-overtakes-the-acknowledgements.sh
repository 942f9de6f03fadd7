#!/usr/bin/env bash
# amqplib@2.3.1: acknowledgements that were given before connection.close() are lost: the messages are delivered
# again. With channel.close() before it they are kept.
#
# Seen: one message taken and acked, then await connection.close(): the queue has it again; the same with await
# channel.close() first: the queue is empty.
#
# Output: messages that come again: { 'connection.close()': 1, 'channel.close() first': 0 }
#
# One would guess otherwise: ack() had returned, close() is awaited and documented to close the connection "cleanly",
# and both write to one socket in order. The channels' frames wait in buffers of their own, and the connection's close
# goes past them.
#
# It needs a RabbitMQ: AMQP_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund amqplib@2.3.1
export AMQP_URL=${AMQP_URL:-amqp://127.0.0.1:5672}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import amqp from 'amqplib';

async function leftAfter(closeChannelFirst) {
  const connection = await amqp.connect(process.env.AMQP_URL);
  const channel = await connection.createChannel();
  const queue = `finding-${process.pid}-${closeChannelFirst}`;
  await channel.assertQueue(queue, { expires: 60_000 });
  channel.sendToQueue(queue, Buffer.from('order'));
  const message = await new Promise((resolve) => void channel.consume(queue, resolve));
  channel.ack(message);
  if (closeChannelFirst) await channel.close();
  await connection.close();

  const control = await amqp.connect(process.env.AMQP_URL);
  const look = await control.createChannel();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { messageCount } = await look.checkQueue(queue);
  await look.deleteQueue(queue);
  await control.close();
  return messageCount;
}
const seen = { 'connection.close()': await leftAfter(false), 'channel.close() first': await leftAfter(true) };
console.log('messages that come again:', seen);
assert.deepEqual(seen, { 'connection.close()': 1, 'channel.close() first': 0 });
PROGRAM
node program.mjs
