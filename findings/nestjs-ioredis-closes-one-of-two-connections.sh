#!/usr/bin/env bash
# @nestjs-modules/ioredis@2.2.2: of two named connections app.close() closes one; the other stays "ready" and keeps
# the process alive.
#
# Seen: two RedisModule.forRoot(..., 'a') and 'b', app.close(): one is "end", the other "ready".
#
# Output: after app.close(): { one: [ 'end' ], two: [ 'end', 'ready' ] }
#
# One would guess otherwise: each registration has its own module with its own shutdown hook, and with one connection
# it closes. They share a static list of names, which whichever hook runs first empties.
#
# It needs a Redis: REDIS_URL, by default the one on this host's standard port.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @nestjs-modules/ioredis@2.2.2 ioredis@5.9.2 @nestjs/common@11.2.10 @nestjs/core@11.2.10 @nestjs/terminus@11.1.1 reflect-metadata@0.2.2 rxjs@7.8.2
export REDIS_URL=${REDIS_URL:-redis://127.0.0.1:6379}
cat > program.mjs <<'PROGRAM'
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { RedisModule, getRedisConnectionToken } = require('@nestjs-modules/ioredis');

async function statuses(...names) {
  class App {}
  const imports = names.map((name) => RedisModule.forRoot({ type: 'single', url: process.env.REDIS_URL }, name));
  Module({ imports })(App);
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const clients = names.map((name) => app.get(getRedisConnectionToken(name)));
  await Promise.all(clients.map((client) => client.ping()));
  await app.close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  return clients.map(({ status }) => status).sort();
}
const seen = { one: await statuses('only'), two: await statuses('a', 'b') };
console.log('after app.close():', seen);
assert.deepEqual(seen, { one: ['end'], two: ['end', 'ready'] });
process.exit();
PROGRAM
node program.mjs
