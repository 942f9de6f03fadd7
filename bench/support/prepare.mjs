import { transformFile } from '@swc/core';
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { at } from '../../test/support/prepare/folders.mjs';
import { nest12 } from '../../test/support/prepare/nest.mjs';
import { run } from '../../test/support/prepare/run.mjs';
import { step } from '../../test/support/prepare/step.mjs';
import { esm } from '../../test/support/swc-options.mjs';

const CONTENDERS = 'bench/.cache/contenders';
const PACKAGE = `${CONTENDERS}/node_modules/nestjs-graceful`;

/**
 * Lays out what the benchmark runs:
 *
 *   bench/.cache/contenders/node_modules/…   all contenders, this package among them. None brings a @nestjs/* of its
 *                                            own, so all of them use the repository's, four folders up
 *   bench/.cache/apps/*.js                   bench/apps, compiled
 *   bench/.cache/rig/*.js                    lib/testing/rig, compiled
 */
export async function prepare() {
  for (const each of [contenders, thisPackage, programs]) await step(each);
}

/**
 * What messages.mjs runs, beside an install with all of Nest's official packages:
 *
 *   bench/.cache/messages/node_modules/…     those of test/nest-12, and this package
 *   bench/.cache/messages/*.js               bench/messages, compiled
 */
export async function prepareMessages() {
  await prepare();
  for (const each of [nest12, messages]) await step(each);
}

const contenders = {
  name: 'bench-contenders',
  inputs: ['bench/contenders/package.json'],
  outputs: ['http-terminator', 'prom-client'].map((name) => `${CONTENDERS}/node_modules/${name}`),
  make() {
    rmSync(at(CONTENDERS), { recursive: true, force: true });
    mkdirSync(at(CONTENDERS), { recursive: true });
    copyFileSync(at('bench/contenders/package.json'), at(`${CONTENDERS}/package.json`));
    // Peers are not to be installed: the point is that there is one copy of Nest for all.
    const flags = ['--legacy-peer-deps', '--no-package-lock', '--no-audit', '--no-fund'];
    run('npm', ['install', ...flags], { cwd: CONTENDERS });
  },
};

/** A build of its own, so that no `npm run build` next door changes what is being measured. */
const thisPackage = {
  name: 'bench-package',
  inputs: ['lib', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'build.mjs'],
  outputs: [`${PACKAGE}/dist/index.js`],
  make() {
    const fresh = `${CONTENDERS}/fresh`;
    rmSync(at(fresh), { recursive: true, force: true });
    run('node', ['build.mjs', `${fresh}/dist`]); // what is published, in its one file
    copyFileSync(at('package.json'), at(`${fresh}/package.json`));
    rmSync(at(PACKAGE), { recursive: true, force: true });
    renameSync(at(fresh), at(PACKAGE));
  },
};

const programs = {
  name: 'bench-programs',
  inputs: ['bench/apps', 'lib/testing/rig', 'bench/support/prepare.mjs'],
  outputs: ['bench/.cache/apps', 'bench/.cache/rig'],
  async make() {
    await compile('bench/apps', 'bench/.cache/apps', () => true);
    await compile('lib/testing/rig', 'bench/.cache/rig', () => true);
  },
};

const messages = {
  name: 'bench-messages',
  inputs: [
    'bench/messages',
    'lib',
    'package.json',
    'build.mjs',
    'test/nest-12/package.json',
    'bench/support/prepare.mjs',
  ],
  outputs: ['bench/.cache/messages/node_modules'],
  async make() {
    const modules = 'bench/.cache/messages/node_modules';
    await compile('bench/messages', 'bench/.cache/messages', () => true);
    mkdirSync(at(modules), { recursive: true });
    // Inside of the repository its name would mean the repository.
    writeFileSync(at('bench/.cache/messages/package.json'), '{ "type": "module" }');
    for (const name of readdirSync(at('test/nest-12/node_modules'))) {
      if (name === 'nestjs-graceful' || name.startsWith('.')) continue;
      symlinkSync(at(`test/nest-12/node_modules/${name}`), at(`${modules}/${name}`));
    }
    // No link: it has to find the Nest beside it.
    cpSync(at(PACKAGE), at(`${modules}/nestjs-graceful`), { recursive: true });
  },
};

async function compile(from, to, wanted) {
  rmSync(at(to), { recursive: true, force: true });
  const files = readdirSync(at(from), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((path) => path.endsWith('.ts') && wanted(path));
  for (const path of sources) {
    const { code } = await transformFile(at(`${from}/${path}`), esm);
    const target = join(at(to), path.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
}
