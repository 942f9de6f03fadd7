#!/usr/bin/env bash
# sqs-consumer@15.0.3: stop({ abort: true }) lets a handler that is running finish, and then aborts the deletion of
# its message.
#
# Seen with a client that answers from memory: the handler runs to its end after stop(), the DeleteMessage that
# follows gets an aborted signal, and the message stays in the queue to be handled once more.
#
# Output: { handled: 1, stillInTheQueue: 1, errors: [ 'SQS delete message failed: Request aborted' ] }
#
# One would guess that abort cuts the handler, or that it cuts only the long poll. It is the one thing that should not
# be cut: what was done is done again.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund sqs-consumer@15.0.3 @aws-sdk/client-sqs@3.1175.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

const queue = [{ MessageId: '1', ReceiptHandle: 'r', Body: 'order 1' }];
let given = false;
const sqs = {
  config: { region: 'none' },
  async send(command, { abortSignal } = {}) {
    const aborted = () => Object.assign(new Error('Request aborted'), { name: 'AbortError' });
    if (abortSignal?.aborted) throw aborted();
    if (command instanceof ReceiveMessageCommand) {
      if (!given) {
        given = true;
        return { Messages: [...queue] };
      }
      return new Promise((_, reject) => abortSignal?.addEventListener('abort', () => reject(aborted())));
    }
    if (command instanceof DeleteMessageCommand) queue.pop();
    return {};
  },
};
let handled = 0;
const consumer = Consumer.create({
  queueUrl: 'https://sqs.none.amazonaws.com/1/orders',
  sqs,
  handleMessage: async (message) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    handled += 1;
    return message;
  },
});
const errors = [];
consumer.on('error', (error) => errors.push(error.message));
consumer.start();
await new Promise((resolve) => setTimeout(resolve, 100));
consumer.stop({ abort: true });
await new Promise((resolve) => setTimeout(resolve, 1_000));
console.log({ handled, stillInTheQueue: queue.length, errors });
assert.equal(handled, 1);
assert.equal(queue.length, 1);
process.exit();
PROGRAM
node program.mjs
