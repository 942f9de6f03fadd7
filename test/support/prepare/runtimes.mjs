import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './folders.mjs';
import { runBeside } from './run.mjs';

/** Other runtimes that have Node's modules, as npm brings them; some 200 MB. */
const versions = { bun: '1.4.5', deno: '2.9.6' };

const folder = join(cache, 'runtimes');

/**
 * Installs Bun and Deno for the tests that run on them. Without a network, or on a machine that they are not made for, there are
 * none, and those tests say so.
 */
export const runtimes = {
  name: 'runtimes',
  inputs: ['test/support/prepare/runtimes.mjs'],
  outputs: ['test/.cache/runtimes/node_modules'],
  async make() {
    mkdirSync(folder, { recursive: true });
    const manifest = {
      private: true,
      dependencies: versions,
      allowScripts: { bun: true, deno: true },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    // Bun follows the `paths` of a tsconfig.json above a program at run time, and would run lib/ instead of the package.
    writeFileSync(join(folder, 'tsconfig.json'), '{}');
    try {
      const cwd = 'test/.cache/runtimes';
      await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], { cwd });
    } catch (error) {
      console.warn(`prepare: no Bun and no Deno here. ${error.message}`);
      mkdirSync(join(folder, 'node_modules'), { recursive: true });
    }
  },
};
