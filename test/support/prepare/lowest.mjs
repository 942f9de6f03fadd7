import { transformFile } from '@swc/core';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { esm } from '../swc-options.mjs';
import { at, cache, tarball } from './folders.mjs';
import { packageInputs } from './package.mjs';
import { run, runBeside } from './run.mjs';

/**
 * An application with the lowest version of every peer, for each alternative of package.json's ranges:
 *
 *   test/.cache/lowest-11/package.json
 *                         node_modules/@nestjs …          11.0.0 and so on, installed
 *                         node_modules/nestjs-graceful    the packed package, unpacked
 *                         program.mjs                      test/programs/package/self-stopping.ts, compiled
 *   test/.cache/lowest-12                                 the same on Nest 12.0.0
 */
const majors = [11, 12];
const program = 'test/programs/package/self-stopping.ts';

/** What an application has besides the peers, in the versions that came with these of Nest. */
const platforms = {
  11: { '@nestjs/platform-express': '11.0.0', '@nestjs/platform-fastify': '11.0.0' },
  12: { '@nestjs/platform-express': '12.0.0', '@nestjs/platform-fastify': '12.0.1' }, // no 12.0.0 was published
};

export const lowestPeers = {
  name: 'lowest-peers',
  inputs: ['package.json', 'test/support/prepare/lowest.mjs'],
  outputs: majors.map((major) => `test/.cache/lowest-${major}/node_modules`),
  async make() {
    await Promise.all(majors.map(install));
  },
};

export const lowest = {
  name: 'lowest',
  inputs: [...packageInputs, program],
  outputs: majors.flatMap((major) => [
    `test/.cache/lowest-${major}/node_modules/nestjs-graceful`,
    `test/.cache/lowest-${major}/program.mjs`,
  ]),
  async make() {
    const { code } = await transformFile(at(program), esm);
    for (const major of majors) {
      const folder = join(cache, `lowest-${major}`);
      unpackInto(folder);
      writeFileSync(join(folder, 'program.mjs'), code);
    }
  },
};

/** Puts the packed package into an application's node_modules: a real folder, from where Node looks for the peers. */
export function unpackInto(application) {
  const unpacked = join(application, 'node_modules/nestjs-graceful');
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
}

async function install(major) {
  const folder = `test/.cache/lowest-${major}`;
  mkdirSync(at(folder), { recursive: true });
  const dependencies = { ...lowestOf(majors.indexOf(major)), ...platforms[major] };
  const manifest = { private: true, type: 'module', dependencies };
  writeFileSync(at(`${folder}/package.json`), JSON.stringify(manifest, null, 2));
  // platform-fastify 11.0.0 names Nest 10 as its peer, and core 12.0.0 common 11: npm would refuse both.
  const quiet = ['--no-package-lock', '--no-audit', '--no-fund', '--legacy-peer-deps'];
  await runBeside('npm', ['install', ...quiet], { cwd: folder });
}

/** `^11.0.0 || ^12.0.0` has 11.0.0 and 12.0.0; a range of one alternative has the same for both. */
function lowestOf(index) {
  const { peerDependencies } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  return Object.fromEntries(
    Object.entries(peerDependencies).map(([name, range]) => {
      const alternatives = range.split(' || ').map((one) => one.replace(/^\^/, ''));
      return [name, alternatives[index] ?? alternatives.at(-1)];
    }),
  );
}
