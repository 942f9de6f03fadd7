#!/usr/bin/env bash
# @nestjs/core@12.5.1: a method that is assigned to the application of NestFactory.create() is dropped without a word, and
# any other property throws a TypeError.
#
# Seen: app.getUrl = …, then app.getUrl() runs Nest's own; app.note = 'x' throws "'set' on proxy: trap returned falsish".
# Object.defineProperty() on the same object does what the assignment would: the control.
#
# Output: { assigned: "Nest's own", other: 'TypeError', defined: 'ours' }
#
# One would guess otherwise: to wrap close() or listen() by assigning a function is how applications and tools are
# instrumented everywhere, the type allows it, and strict mode throws where an assignment has no effect. What create()
# returns is a proxy whose trap for writing is that for reading, and answers with the method: taken for success.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund @nestjs/core@12.5.1 @nestjs/common@12.5.1 @nestjs/platform-express@12.5.1 \
  reflect-metadata@0.2.2 rxjs@7.8.2
cat > program.mjs <<'PROGRAM'
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

class AppModule {}
Module({})(AppModule);

const app = await NestFactory.create(AppModule, { logger: false });
const who = async () => ((await app.getUrl().catch(() => '')) === 'ours' ? 'ours' : "Nest's own");

app.getUrl = async () => 'ours';
const assigned = await who();
let other = 'nothing';
try {
  app.note = 'x';
} catch (error) {
  other = error.name;
}
Object.defineProperty(app, 'getUrl', { value: async () => 'ours', configurable: true, writable: true });
const seen = { assigned, other, defined: await who() };
console.log(seen);
assert.deepEqual(seen, { assigned: "Nest's own", other: 'TypeError', defined: 'ours' });
PROGRAM
node program.mjs
