#!/usr/bin/env bash
# prom-client@15.1.3: the sum of AggregatorRegistry falls as soon as a worker of node:cluster disconnects to drain,
# though the worker still works and its counter has lost nothing.
#
# Seen: two workers that have counted 5 each: 10; one calls process.disconnect(), as cluster.disconnect() makes it do:
# 5.
#
# Output: { both: 10, oneIsDraining: 5, itStillLives: true }
#
# One would guess otherwise: a counter never goes down, that is what Prometheus' rate() and increase() rest on. It
# takes the fall for a restart, and then counts all that is left as new.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund prom-client@15.1.3
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import prometheus from 'prom-client';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
if (cluster.isPrimary) {
  const aggregator = new prometheus.AggregatorRegistry();
  const ready = [0, 1].map(() => new Promise((resolve) => cluster.fork().once('message', resolve)));
  await Promise.all(ready);
  const sum = async () => Number(/^orders_total (\d+)/m.exec(await aggregator.clusterMetrics())?.[1]);
  const seen = { both: await sum() };
  const [first] = Object.values(cluster.workers);
  first.send('leave');
  await new Promise((resolve) => first.once('disconnect', resolve));
  seen.oneIsDraining = await sum();
  seen.itStillLives = !first.isDead();
  console.log(seen);
  for (const { process: child } of Object.values(cluster.workers)) child.kill();
  first.process.kill();
  assert.deepEqual(seen, { both: 10, oneIsDraining: 5, itStillLives: true });
  process.exit();
} else {
  new prometheus.AggregatorRegistry();
  new prometheus.Counter({ name: 'orders_total', help: 'orders' }).inc(5);
  cluster.worker.exitedAfterDisconnect = true; // or Node ends a worker that has lost its primary
  process.on('message', (message) => message === 'leave' && process.disconnect());
  setTimeout(() => process.exit(), 20_000);
  process.send('ready');
}
PROGRAM
node program.mjs
