#!/usr/bin/env bash
# @nats-io/services@3.0.0-25: stop() of a service resolves with the request in hand unanswered; respond() then says true
# on a drained connection, and the caller gets a timeout.
#
# Seen: a handler of 0.6 s, await service.stop() and await connection.drain() while it runs: both are over in some
# milliseconds, respond() returns true afterwards, the caller's request times out.
#
# Output: { stoppedBefore: true, respond: true, caller: 'timeout' }
#
# One would guess otherwise: stop() is documented as a promise for the completion of the service, and what it does to the
# endpoints is a drain; and a respond() that cannot be sent would be false, which is what its boolean is for.
#
# It needs a NATS server: NATS_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @nats-io/services@3.0.0-25 @nats-io/transport-node@3.4.0
export NATS_URL=${NATS_URL:-nats://127.0.0.1:4222}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Svcm } from '@nats-io/services';
import { connect } from '@nats-io/transport-node';

const client = await connect({ servers: process.env.NATS_URL });
const connection = await connect({ servers: process.env.NATS_URL });
const service = await new Svcm(connection).add({ name: 'orders', version: '1.0.0' });
const subject = `finding.${process.pid}`;
let began;
const begun = new Promise((resolve) => (began = resolve));
const handled = new Promise((resolve) => {
  const handler = async (error, message) => {
    began();
    await new Promise((later) => setTimeout(later, 600));
    resolve(message.respond('answered'));
  };
  service.addEndpoint('slow', { subject, handler });
});
await connection.flush();
const answer = client.request(subject, '', { timeout: 3_000 }).then((message) => message.string(), ({ message }) => message);
await begun;
await service.stop();
await connection.drain();
const stoppedBefore = (await Promise.race([handled, 'running'])) === 'running';
const seen = { stoppedBefore, respond: await handled, caller: await answer };
await client.close();
console.log(seen);
assert.deepEqual(seen, { stoppedBefore: true, respond: true, caller: 'timeout' });
PROGRAM
node program.mjs
