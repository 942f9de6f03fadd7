#!/usr/bin/env bash
# graphile-worker@0.18.0: with a connectionString, the job that is running at stop() finishes, stop() resolves, and the
# job's row stays there, locked. With a pgPool of one's own the row is gone.
#
# Seen: one job of 0.8 s, stop() while it runs: one row left, attempts 1, locked; with pgPool: none.
#
# Output: jobs left: { connectionString: [ { attempts: 1, locked: true } ], pgPool: [] }
#
# One would guess otherwise: stop() waits for the job, and who owns the pool decides who ends it, not whether what has
# been done is written down. After four hours the lock is void, and the job runs again.
#
# It needs a PostgreSQL: DATABASE_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund graphile-worker@0.18.0 pg@8.23.1 node@24.21.0
export DATABASE_URL=${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Logger, run } from 'graphile-worker';
import pg from 'pg';

const connectionString = process.env.DATABASE_URL;
const schema = `finding_${process.pid}`;
const logger = new Logger(() => () => undefined);

async function leftAfterStop(connection) {
  let began;
  const begun = new Promise((resolve) => (began = resolve));
  const slow = async () => {
    began();
    await new Promise((resolve) => setTimeout(resolve, 800));
  };
  const runner = await run({ ...connection, schema, logger, noHandleSignals: true, concurrency: 1, taskList: { slow } });
  await runner.addJob('slow', {});
  await begun;
  await runner.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const look = new pg.Client({ connectionString });
  await look.connect();
  const { rows } = await look.query(`SELECT attempts, locked_at IS NOT NULL AS locked FROM ${schema}._private_jobs`);
  await look.query(`DROP SCHEMA ${schema} CASCADE`);
  await look.end();
  return rows;
}
const pgPool = new pg.Pool({ connectionString });
pgPool.on('error', () => undefined);
pgPool.on('connect', (client) => client.on('error', () => undefined));
const seen = { connectionString: await leftAfterStop({ connectionString }), pgPool: await leftAfterStop({ pgPool }) };
await pgPool.end();
console.log('jobs left:', seen);
assert.deepEqual(seen, { connectionString: [{ attempts: 1, locked: true }], pgPool: [] });
process.exit();
PROGRAM
node_modules/node/bin/node program.mjs
