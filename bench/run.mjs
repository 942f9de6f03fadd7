// All benchmarks, one after the other, and then the tables of README.md. About half an hour.
//
//   node bench/run.mjs [--quick]      for somebody who changes something: a few arms, in under three minutes, and their
//                                     tables; results/ and README.md stay as they are
import { spawnSync } from 'node:child_process';
import { at } from '../test/support/prepare/folders.mjs';

const quick = [
  ['boot', '--shapes', 'flat,hooks,chain', '--rounds', '3', '--save', 'no'],
  [
    'close',
    '--rounds',
    '2',
    '--closes',
    '20',
    '--hooksRounds',
    '3',
    '--hooks',
    '1000',
    '--save',
    'no',
  ],
  ['messages', '--kinds', 'websocket', '--rounds', '1', '--slices', '6', '--save', 'no'],
  ['idle-connections', '--rounds', '1', '--only', 'nestjs-graceful'],
];

const all = [
  ['steady-state', '--platform', 'express'],
  ['steady-state', '--platform', 'fastify'],
  ['messages'],
  ['overshoot', '--platform', 'express'],
  ['overshoot', '--platform', 'fastify', '--rounds', '2'],
  ['rolling-deploy'],
  ['bootstrap'],
  ['boot'],
  ['close', '--platform', 'express'],
  ['close', '--platform', 'fastify'],
  ['idle-connections'],
  ['report'],
];

for (const [name, ...options] of process.argv.includes('--quick') ? quick : all) {
  console.log(`\n${[name, ...options].join(' ')}`);
  const { status } = spawnSync(process.execPath, [at(`bench/${name}.mjs`), ...options], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.exitCode = 1;
    break;
  }
}
