// Whether the last counters of a shutdown arrive: at each of a pair of real Prometheus servers, and at a collector.
//
//   node bench/last-counters.mjs [--shutdowns 200] [--seed 1]
//
// test/process/last-counters.spec.ts does it, with some; this keeps what came of many.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { at } from '../test/support/prepare/folders.mjs';
import { parseOptions } from './support/options.mjs';
import { prepare } from './support/prepare.mjs';
import { circumstances, save } from './support/results.mjs';
import { summarize } from './summaries/last-counters.mjs';

const options = parseOptions({ shutdowns: 200, seed: 1 });
await prepare();
const head = { bench: 'last-counters', ...circumstances(options) };
const folder = mkdtempSync(join(tmpdir(), 'graceful-last-counters-'));
const results = join(folder, 'results.json');
const { status } = spawnSync(
  'npm',
  ['run', '-s', 'jest', '--', '--selectProjects', 'process', '--testPathPatterns', 'last-counters'],
  {
    cwd: at('.'),
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      SHUTDOWNS: String(options.shutdowns),
      SHUTDOWNS_SEED: String(options.seed),
      SHUTDOWNS_RESULTS: results,
    },
  },
);
const { everyMs, runs } = JSON.parse(readFileSync(results, 'utf8'));
rmSync(folder, { recursive: true });
const result = { ...head, everyMs, runs };
save('last-counters', result);
console.log(summarize(result));
process.exitCode = status ?? 1;
