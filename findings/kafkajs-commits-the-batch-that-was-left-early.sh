#!/usr/bin/env bash
# kafkajs@2.2.4: a batch whose loop ends early because the consumer is stopping is committed as a whole; what was not
# handled never comes again.
#
# Seen: a batch of three, eachBatch breaks out when isRunning() is false, disconnect() during the first: the group's
# offset is 3, and the next consumer of the group gets nothing. With eachBatchAutoResolve: false and resolveOffset() it
# gets the other two.
#
# Output: { byDefault: { first: 'm1', next: '' }, resolvedByHand: { first: 'm1', next: 'm2 m3' } }
#
# One would guess otherwise: isRunning() is handed to eachBatch so that it can leave early, and only what was resolved
# is committed. Auto-resolve takes a handler's return for the end of the batch.
#
# It needs kcat (Debian's package) on the PATH, for the mock cluster of librdkafka that is in it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund kafkajs@2.2.4
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import kafkajs from 'kafkajs';

const cluster = spawn('kcat', ['-P', '-X', 'test.mock.num.brokers=3', '-d', 'mock', '-b', 'mock', '-t', 'none']);
const brokers = await new Promise((resolve) => {
  let written = '';
  cluster.stderr.on('data', (data) => {
    written += data;
    const found = /bootstrap\.servers=([\d.:,]+)\n/.exec(written);
    if (found) resolve(found[1].split(','));
  });
});
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
const producer = kafka.producer();
await producer.connect();
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function consumer(topic, options) {
  const member = kafka.consumer({ groupId: `of-${topic}`, maxWaitTimeInMs: 300 });
  await member.connect();
  await member.subscribe({ topic, fromBeginning: true });
  await member.run(options);
  return member;
}
async function handled(topic, eachBatchAutoResolve) {
  await producer.send({ topic, messages: ['m1', 'm2', 'm3'].map((value) => ({ value, partition: 0 })) });
  const first = [];
  let began;
  const begun = new Promise((resolve) => (began = resolve));
  const leaving = await consumer(topic, {
    eachBatchAutoResolve,
    eachBatch: async ({ batch, isRunning, resolveOffset }) => {
      for (const { value, offset } of batch.messages) {
        if (!isRunning()) break;
        first.push(String(value));
        began();
        await wait(1_000);
        resolveOffset(offset);
      }
    },
  });
  await begun;
  await leaving.disconnect();
  const next = [];
  const following = await consumer(topic, { eachMessage: async ({ message }) => void next.push(String(message.value)) });
  await wait(5_000);
  await following.disconnect();
  return { first: first.join(' '), next: next.join(' ') };
}
const seen = { byDefault: await handled('orders', true), resolvedByHand: await handled('bills', false) };
await producer.disconnect();
cluster.kill();
console.log(seen);
assert.deepEqual(seen, { byDefault: { first: 'm1', next: '' }, resolvedByHand: { first: 'm1', next: 'm2 m3' } });
process.exit();
PROGRAM
node program.mjs
