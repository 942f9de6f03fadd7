#!/usr/bin/env bash
# typeorm@1.1.1 with pg@8.23.1: DataSource.destroy() ends a query that is running on PostgreSQL at once; the pool
# below it, asked to end by itself, would have waited.
#
# Seen: pg_sleep(1) and destroy() after 200 ms: the query fails with "Connection terminated"; the same query on pg's
# own Pool and pool.end() gets its row.
#
# Output: { typeorm: 'failed: Connection terminated', 'pg.Pool': 'answered' }
#
# One would guess otherwise: destroy() is what replaced close(), it only calls pool.end(), and pg documents that to
# wait for clients that are checked out. TypeORM first gives every query runner back to the pool, running or not.
#
# It needs a PostgreSQL: DATABASE_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund typeorm@1.1.1 pg@8.23.1 reflect-metadata@0.2.2
export DATABASE_URL=${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
cat > program.mjs <<'PROGRAM'
import 'reflect-metadata';
import assert from 'node:assert/strict';
import pg from 'pg';
import { DataSource } from 'typeorm';

const url = process.env.DATABASE_URL;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const outcome = (query) => query.then(() => 'answered', ({ message }) => `failed: ${message}`);

const source = await new DataSource({ type: 'postgres', url }).initialize();
const byTypeOrm = outcome(source.query('SELECT pg_sleep(1)'));
await sleep(200);
await source.destroy();

const pool = new pg.Pool({ connectionString: url });
pool.on('error', () => undefined);
const byPool = outcome(pool.query('SELECT pg_sleep(1)'));
await sleep(200);
await pool.end();

const seen = { typeorm: await byTypeOrm, 'pg.Pool': await byPool };
console.log(seen);
assert.match(seen.typeorm, /^failed: Connection terminated/);
assert.equal(seen['pg.Pool'], 'answered');
PROGRAM
node program.mjs
