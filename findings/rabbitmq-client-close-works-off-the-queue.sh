#!/usr/bin/env bash
# rabbitmq-client@5.0.8: close() of the connection does not stop its consumers: they go on taking messages, one after
# the other, until the queue is empty.
#
# Seen: a consumer with concurrency 1 and prefetchCount 1, four messages of 0.3 s, close() during the first: all four are
# begun. With the consumer's own close() before it: one.
#
# Output: begun: { 'connection.close()': 4, 'consumer.close() first': 1 }
#
# One would guess otherwise: close() of a connection is the stronger of the two. It is documented to leave the channels
# open so that what is outstanding can be acknowledged, which is not the same as to fetch more. On a queue that is never
# empty, a process that is told to go takes new work until it is killed.
#
# It needs a RabbitMQ: AMQP_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund rabbitmq-client@5.0.8
export AMQP_URL=${AMQP_URL:-amqp://guest:guest@127.0.0.1:5672}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Connection } from 'rabbitmq-client';

async function begunInAll(closeConsumerFirst) {
  const connection = new Connection(process.env.AMQP_URL);
  const queue = `finding-${process.pid}-${closeConsumerFirst}`;
  const channel = await connection.acquire();
  const queueOptions = { arguments: { 'x-expires': 60_000 } };
  await channel.queueDeclare({ queue, ...queueOptions });
  await channel.confirmSelect();
  for (const body of [1, 2, 3, 4]) await channel.basicPublish(queue, body);
  await channel.close();

  let begun = 0;
  let began;
  const first = new Promise((resolve) => (began = resolve));
  const consumer = connection.createConsumer({ queue, queueOptions, qos: { prefetchCount: 1 }, concurrency: 1 }, async () => {
    begun += 1;
    began();
    await new Promise((resolve) => setTimeout(resolve, 300));
  });
  await first;
  if (closeConsumerFirst) await consumer.close();
  void connection.close();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  return begun;
}
const seen = { 'connection.close()': await begunInAll(false), 'consumer.close() first': await begunInAll(true) };
console.log('begun:', seen);
assert.deepEqual(seen, { 'connection.close()': 4, 'consumer.close() first': 1 });
process.exit();
PROGRAM
node program.mjs
