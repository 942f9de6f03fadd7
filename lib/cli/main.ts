#!/usr/bin/env node
import { text } from 'node:stream/consumers';
import { run } from './run.js';

// Who reads the output may stop reading, as `head` does: that ends the program, and is no error.
process.stdout.on('error', () => process.exit());

process.exitCode = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  isInteractive: Boolean(process.stdout.isTTY),
  out: (written) => void process.stdout.write(written),
  err: (written) => void process.stderr.write(written),
  readIn: () => text(process.stdin),
});
