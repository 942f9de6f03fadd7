#!/usr/bin/env bash
# mqtt@5.16.0 (MQTT.js): while a client's handleMessage() has not called back, which is the documented way to hold back the
# next message, the broker's PINGRESP waits behind it: after one and a half keepalive intervals the client takes the broker
# for dead and cuts the connection.
#
# Seen with a keepalive of 2 s, one QoS 1 message, and a callback after 6 s: "Keepalive timeout" after 3 s, although the
# broker has answered every ping. The same client with a callback at once stays connected.
#
# Output: { held: 'Keepalive timeout', atOnce: 'connected' }
#
# One would guess otherwise: its documentation offers handleMessage() for back pressure, and a broker that is idle and
# answers is not dead. So an acknowledgement can't be held by it until slow work is done.
#
# It needs an MQTT broker: MQTT_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund mqtt@5.16.0
export MQTT_URL=${MQTT_URL:-mqtt://127.0.0.1:1883}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { connectAsync } from 'mqtt';

const url = process.env.MQTT_URL;
async function after(callbackMs) {
  const topic = `finding-${process.pid}-${callbackMs}`;
  const client = await connectAsync(url, { keepalive: 2, reconnectPeriod: 0 });
  let end = 'connected';
  client.on('error', (error) => (end = error.message));
  client.handleMessage = (_packet, callback) => setTimeout(callback, callbackMs);
  await client.subscribeAsync(topic, { qos: 1 });
  const publisher = await connectAsync(url);
  await publisher.publishAsync(topic, 'one', { qos: 1 });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  client.end(true);
  publisher.end(true);
  return end;
}
const seen = { held: await after(6_000), atOnce: await after(0) };
console.log(seen);
assert.deepEqual(seen, { held: 'Keepalive timeout', atOnce: 'connected' });
process.exit();
PROGRAM
node program.mjs
