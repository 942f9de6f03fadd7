#!/usr/bin/env bash
# sequelize@6.37.8 with mariadb@3.5.4: no SELECT works: "Cannot delete property 'meta'". The
# dialect 'mysql' with mysql2@3.24.6 works on the same server.
#
# Seen: query('SELECT 1 AS one') of dialect 'mariadb' rejects with that TypeError, of dialect 'mysql' it gives the row;
# authenticate(), which asks for no row, resolves with both.
#
# Output: { mariadb: "TypeError: Cannot delete property 'meta' of [object Array]", mysql: '{"one":1}' }
#
# One would guess otherwise: mariadb is the driver that Sequelize's documentation names for MariaDB, Sequelize sets no
# upper bound for it, and a driver's minor release freezes no property that it used to give away. The rows' `meta` is not
# configurable any more.
#
# It needs a MariaDB: MARIADB_HOST, MARIADB_PORT, MARIADB_USER and MARIADB_PASSWORD, by default root without a password on
# this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund sequelize@6.37.8 mariadb@3.5.4 mysql2@3.24.6
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { Sequelize } from 'sequelize';

const { MARIADB_HOST = '127.0.0.1', MARIADB_PORT = '3306', MARIADB_USER = 'root', MARIADB_PASSWORD = '' } = process.env;

async function connect(dialect) {
  const sequelize = new Sequelize('', MARIADB_USER, MARIADB_PASSWORD, {
    dialect,
    host: MARIADB_HOST,
    port: Number(MARIADB_PORT),
    logging: false,
  });
  const seen = await sequelize.query('SELECT 1 AS one').then(([[row]]) => JSON.stringify(row), String);
  await sequelize.close();
  return seen;
}
const seen = { mariadb: await connect('mariadb'), mysql: await connect('mysql') };
console.log(seen);
assert.deepEqual(seen, {
  mariadb: "TypeError: Cannot delete property 'meta' of [object Array]",
  mysql: '{"one":1}',
});
PROGRAM
node program.mjs
