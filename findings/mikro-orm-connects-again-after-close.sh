#!/usr/bin/env bash
# @mikro-orm/postgresql@7.2.5: after close() has resolved, the next query succeeds: the closed ORM opens a new
# connection, which nobody closes.
#
# Seen: isConnected() is true, close(), isConnected() is false, then a query answers and isConnected() is true again.
#
# Output: { before: true, closed: false, row: 1, after: true }
#
# One would guess otherwise: pg, Kysely, Sequelize, TypeORM and knex reject a query after their end, and so does
# MikroORM itself while close() is under way. Work that outlives a shutdown is not told, and its connection keeps the
# process alive.
#
# It needs a PostgreSQL: DATABASE_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @mikro-orm/core@7.2.5 @mikro-orm/postgresql@7.2.5
export DATABASE_URL=${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { EntitySchema, MikroORM } from '@mikro-orm/postgresql';

const Note = new EntitySchema({ name: 'Note', properties: { id: { type: 'number', primary: true } } });
const orm = await MikroORM.init({ clientUrl: process.env.DATABASE_URL, entities: [Note], discovery: { warnWhenNoEntities: false } });
const connected = async () => orm.isConnected();
await orm.em.fork().getConnection().execute('SELECT 1 AS one'); // it connects when it is first asked
const seen = { before: await connected() };
await orm.close();
seen.closed = await connected();
const [row] = await orm.em.fork().getConnection().execute('SELECT 1 AS one');
seen.row = row.one;
seen.after = await connected();
console.log(seen);
assert.deepEqual(seen, { before: true, closed: false, row: 1, after: true });
process.exit();
PROGRAM
node program.mjs
