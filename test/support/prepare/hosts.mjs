import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './folders.mjs';
import { runBeside } from './run.mjs';

/**
 * Installs what runs and stops Node applications, as npm brings it, for the tests that run under it. Without a network there
 * is none, and those tests say so.
 *
 * @param {string} name of the step, and of its folder in test/.cache
 * @param {Record<string, string>} dependencies
 */
const host = (name, dependencies) => ({
  name,
  inputs: ['test/support/prepare/hosts.mjs'],
  outputs: [`test/.cache/${name}/node_modules`],
  async make() {
    const folder = join(cache, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    try {
      const cwd = `test/.cache/${name}`;
      await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], { cwd });
    } catch (error) {
      console.warn(`prepare: no ${name} here. ${error.message}`);
      mkdirSync(join(folder, 'node_modules'), { recursive: true });
    }
  },
});

/** Some 25 MB. */
export const pm2 = host('pm2', { pm2: '7.0.4' });

/** Platformatic Watt, some 150 MB, and a Node that it runs on, where this one is not: it needs 22.19 or newer. */
export const watt = host('watt', {
  wattpm: '3.67.0',
  '@platformatic/nest': '3.69.0',
  ...(isOlderThan(22, 19) ? { [`node-${process.platform}-${process.arch}`]: '^24.0.0' } : {}),
});

/**
 * The schemas of Kubernetes as packages, some 40 MB: 1.27, which knows neither native sidecars nor sleeps, and the newest there
 * is. What fits the old one fits all later ones.
 */
export const kubernetesModels = host('kubernetes-models', {
  'kubernetes-models-old': 'npm:kubernetes-models@4.4.2',
  'kubernetes-models-new': 'npm:kubernetes-models@5.1.0',
});

function isOlderThan(major, minor) {
  const [here = 0, below = 0] = process.versions.node.split('.').map(Number);
  return here < major || (here === major && below < minor);
}
