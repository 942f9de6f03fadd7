import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, cache } from './folders.mjs';
import { unpackInto } from './lowest.mjs';
import { packageInputs } from './package.mjs';
import { runBeside } from './run.mjs';

/**
 * Applications that lack something which the others here have, each with the packed package:
 *
 *   test/.cache/nest-10         on a major of Nest that is not supported; has test/starter/old-nest
 *   test/.cache/types-11, -12   no Terminus, and TypeScript 5.2, the oldest that is promised; has test/starter/types
 */
const nest = (major) => ({
  '@nestjs/common': `^${major}.0.0`,
  '@nestjs/core': `^${major}.0.0`,
  '@nestjs/platform-express': `^${major}.0.0`,
  'reflect-metadata': '^0.2.2',
  rxjs: '^7.8.1',
});
const types = { '@types/node': '^20.19.0', typescript: '~5.2.2' };

const applications = [
  { name: 'nest-10', source: 'old-nest', dependencies: nest(10) },
  { name: 'types-11', source: 'types', dependencies: { ...nest(11), ...types } },
  { name: 'types-12', source: 'types', dependencies: { ...nest(12), ...types } },
];

export const withoutLibraries = {
  name: 'without-libraries',
  inputs: ['test/support/prepare/without.mjs'],
  outputs: applications.map(({ name }) => `test/.cache/${name}/node_modules`),
  async make() {
    await Promise.all(applications.map(install));
  },
};

export const without = {
  name: 'without',
  inputs: [...packageInputs, ...applications.map(({ source }) => `test/starter/${source}`)],
  outputs: applications.map(({ name }) => `test/.cache/${name}/node_modules/nestjs-graceful`),
  make() {
    for (const { name, source } of applications) {
      unpackInto(join(cache, name));
      cpSync(at(`test/starter/${source}`), join(cache, name), { recursive: true });
    }
  },
};

async function install({ name, dependencies }) {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  const manifest = { private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
    cwd: `test/.cache/${name}`,
  });
}
