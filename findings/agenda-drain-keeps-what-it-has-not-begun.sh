#!/usr/bin/env bash
# agenda@6.2.6 with @agendajs/postgres-backend@3.0.6: after drain() the jobs that were locked ahead and not begun stay
# locked, so that nobody else can take them; stop() unlocks them, and keeps the lock of the job that it has cut.
#
# Seen with concurrency 1 and three jobs, the first of which runs: after drain() the first is finished, the other two are
# locked; after stop() the first is locked and not finished, the other two are free.
#
# Output: { drain: 'finished locked locked', stop: 'locked free free' }
#
# One would guess otherwise: drain() is the gentle one of the two, its result says that nothing is running any more, and
# a job that was never begun is given back by stop(). The two wait for lockLifetime, ten minutes by default.
#
# It needs a PostgreSQL: DATABASE_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund agenda@6.2.6 @agendajs/postgres-backend@3.0.6 pg@8.23.1
export DATABASE_URL=${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { PostgresBackend } from '@agendajs/postgres-backend';
import { Agenda } from 'agenda';
import pg from 'pg';

const connectionString = process.env.DATABASE_URL;
const tableName = `finding_${process.pid}`;
const look = new pg.Client({ connectionString });
await look.connect();
const states = async () => {
  const sql = `SELECT CASE WHEN last_finished_at IS NOT NULL THEN 'finished' WHEN locked_at IS NOT NULL THEN 'locked' ELSE 'free' END AS state`;
  const { rows } = await look.query(`${sql} FROM ${tableName} ORDER BY data->>'n'`);
  return rows.map(({ state }) => state).join(' ');
};
async function after(end) {
  const agenda = new Agenda({ backend: new PostgresBackend({ connectionString, tableName }), processEvery: '200 milliseconds' });
  agenda.on('error', () => undefined);
  agenda.define('slow', () => new Promise((resolve) => setTimeout(resolve, 2_000)), { concurrency: 1, lockLimit: 5 });
  await agenda.start();
  for (const n of [1, 2, 3]) await agenda.now('slow', { n });
  for (let tries = 0; (await states()) !== 'locked locked locked' && tries < 60; tries += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  await agenda[end]();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const seen = await states();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await look.query(`DROP TABLE ${tableName}`);
  return seen;
}
const seen = { drain: await after('drain'), stop: await after('stop') };
await look.end();
console.log(seen);
assert.deepEqual(seen, { drain: 'finished locked locked', stop: 'locked free free' });
process.exit();
PROGRAM
node program.mjs
