import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { at, cache, tarball } from './folders.mjs';
import { packageInputs } from './package.mjs';
import { run, runBeside } from './run.mjs';

/**
 * Samples that need more than the repository's own `npm install` have a package.json, as an application has it. One
 * install serves them all, with one copy of Nest beside its libraries, for Nest looks for those from where it is itself:
 *
 *   test/.cache/sample-libraries/package.json       what their package.json files name, together
 *                                node_modules       installed, with a link to
 *                                nestjs-graceful    the packed package, unpacked
 *   sample/04-queue-worker/node_modules             a link to that node_modules
 */
const folder = join(cache, 'sample-libraries');
const modules = join(folder, 'node_modules');

const withLibraries = readdirSync(at('sample')).filter((name) =>
  existsSync(at(`sample/${name}/package.json`)),
);

export const sampleLibraries = {
  name: 'sample-libraries',
  inputs: withLibraries.map((name) => `sample/${name}/package.json`),
  outputs: [
    'test/.cache/sample-libraries/node_modules',
    ...withLibraries.map((name) => `sample/${name}/node_modules`),
  ],
  async make() {
    const manifest = { private: true, dependencies: dependenciesOfAll() };
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
    await runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
      cwd: 'test/.cache/sample-libraries',
    });
    link(join(folder, 'nestjs-graceful'), join(modules, 'nestjs-graceful'));
    for (const name of withLibraries) link(modules, at(`sample/${name}/node_modules`));
  },
};

export const samples = {
  name: 'samples',
  inputs: packageInputs,
  outputs: ['test/.cache/sample-libraries/nestjs-graceful'],
  make() {
    // A real folder: Node looks for the peers from where a file really is.
    const finished = join(folder, 'nestjs-graceful');
    const unpacked = `${finished}.new`;
    rmSync(unpacked, { recursive: true, force: true });
    mkdirSync(unpacked, { recursive: true });
    run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
    rmSync(finished, { recursive: true, force: true });
    renameSync(unpacked, finished);
  },
};

function dependenciesOfAll() {
  const all = {};
  for (const sample of withLibraries) {
    const manifest = JSON.parse(readFileSync(at(`sample/${sample}/package.json`), 'utf8'));
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, range] of Object.entries(wanted)) {
      if (name === 'nestjs-graceful') continue; // the one of this repository
      if ((all[name] ??= range) === range) continue;
      throw new Error(`sample/${sample} wants ${name} ${range}, another sample ${all[name]}`);
    }
  }
  return all;
}

function link(target, path) {
  rmSync(path, { recursive: true, force: true });
  // A junction needs no rights on Windows; elsewhere it is an ordinary link.
  symlinkSync(target, path, 'junction');
}
