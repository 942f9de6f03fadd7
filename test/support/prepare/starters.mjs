import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, cache } from './folders.mjs';
import { unpackInto } from './lowest.mjs';
import { packageInputs } from './package.mjs';
import { runBeside } from './run.mjs';

/**
 * Applications as `nest new` of the Nest 11 CLI generates them, CommonJS with Jest and ts-jest, with the one line added:
 *
 *   test/.cache/starter-jest-30     test/starter/application, and test/starter/es-modules
 *   test/.cache/starter-jest-29     with Jest 29 and a Terminus controller of its own: test/starter/with-terminus
 */
const applications = [
  { name: 'starter-jest-30', folders: ['application', 'es-modules'], dependencies: {} },
  {
    name: 'starter-jest-29',
    folders: ['application', 'with-terminus'],
    dependencies: {
      '@nestjs/terminus': '^11.0.0',
      '@types/jest': '^29.5.0',
      jest: '^29.7.0',
    },
  },
];

export const starterLibraries = {
  name: 'starter-libraries',
  inputs: ['test/starter/application/package.json', 'test/support/prepare/starters.mjs'],
  outputs: applications.map(({ name }) => `test/.cache/${name}/node_modules`),
  async make() {
    await Promise.all(applications.map(install));
  },
};

export const starters = {
  name: 'starters',
  inputs: [...packageInputs, 'test/starter'],
  outputs: applications.map(({ name }) => `test/.cache/${name}/node_modules/nestjs-graceful`),
  make() {
    for (const { name, folders } of applications) {
      const folder = join(cache, name);
      removeSources(folder);
      for (const source of folders) copySources(source, folder);
      unpackInto(folder);
    }
  },
};

async function install({ name, dependencies }) {
  const folder = join(cache, name);
  mkdirSync(folder, { recursive: true });
  const manifest = JSON.parse(readFileSync(at('test/starter/application/package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) delete manifest.devDependencies[name];
  Object.assign(manifest.dependencies, dependencies);
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
    cwd: `test/.cache/${name}`,
  });
}

/** What is there is an application of its own: its package.json and its libraries stay. */
const isKept = (entry) => ['package.json', 'node_modules'].includes(entry);

function removeSources(folder) {
  for (const entry of readdirSync(folder)) {
    if (!isKept(entry)) rmSync(join(folder, entry), { recursive: true });
  }
}

function copySources(source, folder) {
  // The ES modules need a package.json of their own, and so a folder.
  const target = source === 'es-modules' ? join(folder, source) : folder;
  mkdirSync(target, { recursive: true });
  for (const entry of readdirSync(at(`test/starter/${source}`))) {
    if (entry === 'package.json' && target === folder) continue;
    cpSync(at(`test/starter/${source}/${entry}`), join(target, entry), { recursive: true });
  }
}
