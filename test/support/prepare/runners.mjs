import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './folders.mjs';
import { runBeside } from './run.mjs';

/** Vitest, which docs/testing.md shows beside Jest and node:test, in test/.cache/runners. */
export const runners = {
  name: 'runners',
  inputs: ['test/support/prepare/runners.mjs'],
  outputs: ['test/.cache/runners/node_modules/vitest'],
  async make() {
    const folder = join(cache, 'runners');
    mkdirSync(folder, { recursive: true });
    const manifest = { private: true, dependencies: { vitest: '^4.0.0' } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
      cwd: 'test/.cache/runners',
    });
  },
};
