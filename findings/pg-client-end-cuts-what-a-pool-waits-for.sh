#!/usr/bin/env bash
# pg@8.23.1: end() of a Client terminates a query that is running on it, and the query fails; end() of a Pool waits
# for the same query.
#
# Seen: pg_sleep(1) and end() after 200 ms: Client: "Connection terminated"; Pool: the row comes.
#
# Output: a query that runs at end(): { Client: 'failed: Connection terminated', Pool: 'answered' }
#
# One would guess otherwise: a Pool is made of these Clients, the two methods share a name, and the wire's Terminate
# message, sent behind a query, is read by the server only when the query is over.
#
# It needs a PostgreSQL: DATABASE_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund pg@8.23.1
export DATABASE_URL=${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import pg from 'pg';

const connectionString = process.env.DATABASE_URL;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function atEnd(client) {
  client.on('error', () => undefined);
  if (client instanceof pg.Client) await client.connect();
  const query = client.query('SELECT pg_sleep(1)').then(() => 'answered', ({ message }) => `failed: ${message}`);
  await sleep(200);
  await client.end();
  return query;
}
const seen = { Client: await atEnd(new pg.Client({ connectionString })), Pool: await atEnd(new pg.Pool({ connectionString })) };
console.log('a query that runs at end():', seen);
assert.match(seen.Client, /^failed: Connection terminated/);
assert.equal(seen.Pool, 'answered');
PROGRAM
node program.mjs
