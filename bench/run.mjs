// All benchmarks, one after the other, and then the tables of README.md. About a quarter of an hour.
import { spawnSync } from 'node:child_process';
import { at } from '../test/support/prepare/folders.mjs';

const commands = [
  ['steady-state', '--platform', 'express'],
  ['steady-state', '--platform', 'fastify'],
  ['overshoot', '--platform', 'express'],
  ['overshoot', '--platform', 'fastify', '--rounds', '2'],
  ['rolling-deploy'],
  ['bootstrap'],
  ['idle-connections'],
  ['report'],
];

for (const [name, ...options] of commands) {
  console.log(`\n${[name, ...options].join(' ')}`);
  const { status } = spawnSync(process.execPath, [at(`bench/${name}.mjs`), ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
