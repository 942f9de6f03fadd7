#!/usr/bin/env bash
# @aws-sdk/client-sqs@3.1175.0: destroy() of a client while a SendMessage is on its way cuts its connection, and sends
# the message a second time. The destroyed client goes on to answer.
#
# Seen against a server that answers after 0.5 s: destroy() after 0.25 s: the server has received the message twice,
# send() resolves with attempts: 2; a send() after destroy() resolves as well.
#
# Output: { attempts: 2, received: 2, afterwards: 'sent' }
#
# One would guess otherwise: that what is on its way is waited for, or fails. Destroying the sockets is an ECONNRESET to
# the client's own retry, which is a new connection of the pool that was destroyed; a queue that is no FIFO keeps both.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @aws-sdk/client-sqs@3.1175.0
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

let received = 0;
let arrived = () => undefined;
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    received += 1;
    arrived();
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    setTimeout(() => response.end('{"MessageId":"1"}'), 500);
  });
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const endpoint = `http://127.0.0.1:${server.address().port}`;
const credentials = { accessKeyId: 'here', secretAccessKey: 'here' };
const client = new SQSClient({ endpoint, credentials, region: 'eu-central-1', md5: false });
const send = () => client.send(new SendMessageCommand({ QueueUrl: `${endpoint}/1/orders`, MessageBody: 'order' }));

const first = new Promise((resolve) => (arrived = resolve));
const sent = send();
await first;
client.destroy();
const { attempts } = (await sent).$metadata;
const seen = { attempts, received };
seen.afterwards = await send().then(() => 'sent', ({ message }) => message);
console.log(seen);
assert.deepEqual(seen, { attempts: 2, received: 2, afterwards: 'sent' });
process.exit();
PROGRAM
node program.mjs
