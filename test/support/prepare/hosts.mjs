import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './folders.mjs';
import { runBeside } from './run.mjs';

/** What runs and stops Node applications, as npm brings it; PM2 is some 25 MB. */
const versions = { pm2: '7.0.4' };

const folder = join(cache, 'hosts');

/** Installs PM2 for the tests that run under it. Without a network there is none, and those tests say so. */
export const hosts = {
  name: 'hosts',
  inputs: ['test/support/prepare/hosts.mjs'],
  outputs: ['test/.cache/hosts/node_modules'],
  async make() {
    mkdirSync(folder, { recursive: true });
    const manifest = { private: true, dependencies: versions };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    try {
      const cwd = 'test/.cache/hosts';
      await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], { cwd });
    } catch (error) {
      console.warn(`prepare: no PM2 here. ${error.message}`);
      mkdirSync(join(folder, 'node_modules'), { recursive: true });
    }
  },
};
