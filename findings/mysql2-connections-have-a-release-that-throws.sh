#!/usr/bin/env bash
# mysql2@3.24.6, mysql2/promise: a connection of createConnection(), which belongs to no pool, has a method release() that
# throws a TypeError. Only the callback interface tells the two by the method.
#
# Seen: typeof release is 'function' for a connection with and without a pool of mysql2/promise; calling it without a pool
# throws; the callback interface has none without a pool.
#
# Output: { 'promise, no pool': 'TypeError', 'promise, of a pool': 'released', 'callbacks, no pool': 'undefined' }
#
# One would guess otherwise: whoever is handed a connection asks for release() to find out whether it was lent by a pool,
# which is right for pg, for mariadb, and for mysql2 itself with callbacks.
#
# It needs a MariaDB or MySQL: MARIADB_HOST, MARIADB_PORT, MARIADB_USER and MARIADB_PASSWORD, by default root without a
# password on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund mysql2@3.24.6
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import callbacks from 'mysql2';
import mysql from 'mysql2/promise';

const { MARIADB_HOST = '127.0.0.1', MARIADB_PORT = '3306', MARIADB_USER = 'root', MARIADB_PASSWORD = '' } = process.env;
const server = { host: MARIADB_HOST, port: Number(MARIADB_PORT), user: MARIADB_USER, password: MARIADB_PASSWORD };

async function release(connection) {
  if (typeof connection.release !== 'function') return typeof connection.release;
  try {
    await connection.release();
    return 'released';
  } catch (error) {
    return error.name;
  }
}
const alone = await mysql.createConnection(server);
const pool = mysql.createPool(server);
const plain = callbacks.createConnection(server);
const seen = {
  'promise, no pool': await release(alone),
  'promise, of a pool': await release(await pool.getConnection()),
  'callbacks, no pool': await release(plain),
};
await alone.end();
await pool.end();
plain.end();
console.log(seen);
assert.deepEqual(seen, {
  'promise, no pool': 'TypeError',
  'promise, of a pool': 'released',
  'callbacks, no pool': 'undefined',
});
PROGRAM
node program.mjs
