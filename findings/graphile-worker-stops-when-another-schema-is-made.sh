#!/usr/bin/env bash
# graphile-worker@0.18.0: the first start with a new schema stops every worker that runs with another schema of the same
# database, in other processes and applications as well.
#
# Seen: a runner with the schema a waits for jobs; a runner with the schema b starts. The runner of a has stopped and the
# exit code of its process is 57, the one of b runs.
#
# Output: { 'a has stopped': true, 'exit code set': 57, 'b has stopped': false }
#
# One would guess otherwise: the schema is the option that keeps two applications apart in one database, and a's own schema
# has not changed. The migration tells by NOTIFY "worker:migrate", whose channel belongs to the whole database.
#
# It needs Node 22 or newer, which npm brings, and a PostgreSQL: DATABASE_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund graphile-worker@0.18.0 pg@8.23.1 node@24.21.0 > npm.log 2>&1 || { cat npm.log; exit 1; }
export DATABASE_URL=${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Logger, run } from 'graphile-worker';
import pg from 'pg';

const database = `finding_${process.pid}`;
const url = new URL(process.env.DATABASE_URL);
const administrate = async (text) => {
  const client = new pg.Client(String(url));
  await client.connect();
  await client.query(text);
  await client.end();
};
await administrate(`create database ${database}`);
const own = new URL(url);
own.pathname = database;
const start = async (schema) => {
  const logger = new Logger(() => () => undefined);
  const taskList = { nothing: async () => undefined };
  const options = { connectionString: String(own), schema, logger, taskList, noHandleSignals: true };
  const runner = await run(options);
  const state = { runner, stopped: false };
  runner.events.on('stop', () => (state.stopped = true));
  return state;
};
const a = await start('a');
await new Promise((resolve) => setTimeout(resolve, 1_000)); // it listens
const b = await start('b');
await new Promise((resolve) => setTimeout(resolve, 1_000));
const seen = { 'a has stopped': a.stopped, 'exit code set': process.exitCode, 'b has stopped': b.stopped };
await Promise.allSettled([a.runner.stop(), b.runner.stop()]);
await administrate(`drop database ${database} with (force)`);
process.exitCode = 0;
console.log(seen);
assert.deepEqual(seen, { 'a has stopped': true, 'exit code set': 57, 'b has stopped': false });
PROGRAM
node_modules/.bin/node program.mjs
