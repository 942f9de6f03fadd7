import { transformFile } from '@swc/core';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { commonjs, esm } from '../swc-options.mjs';
import { at, cache, tarball } from './folders.mjs';
import { packageInputs } from './package.mjs';
import { run } from './run.mjs';

/**
 * Lays out a folder for each Nest major as a user's application has it:
 *
 *   test/.cache/nest-11/package.json
 *                       node_modules/nestjs-graceful    the packed package, unpacked
 *                       node_modules/@nestjs …          links to test/nest-11/node_modules
 *                       programs/*.js                    test/programs, compiled
 *   test/.cache/nest-12                                 the same on Nest 12
 */
export const programs = {
  name: 'programs',
  inputs: [
    ...packageInputs,
    'test/programs',
    'test/nest-11/package.json',
    'test/nest-12/package.json',
    'test/support/swc-options.mjs',
  ],
  outputs: ['test/.cache/nest-11/programs', 'test/.cache/nest-12/programs'],
  async make() {
    const compiled = await compile(at('test/programs'));
    for (const major of [11, 12]) layOut(major, compiled);
  },
};

function layOut(major, compiled) {
  const finished = join(cache, `nest-${major}`);
  const folder = `${finished}.new`;
  rmSync(folder, { recursive: true, force: true });

  // The unpacked package must be a real folder: Node looks for the peers from where a file really is.
  const unpacked = join(folder, 'node_modules/nestjs-graceful');
  mkdirSync(unpacked, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1']);
  linkNest(major, join(folder, 'node_modules'));

  // A package.json of its own, or `nestjs-graceful` would mean the repository itself (self-reference).
  const manifest = { name: `programs-on-nest-${major}`, private: true, type: 'module' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  mkdirSync(join(folder, 'programs'));
  for (const [path, code] of compiled) {
    mkdirSync(dirname(join(folder, 'programs', path)), { recursive: true });
    writeFileSync(join(folder, 'programs', path), code);
  }

  // Swapped at the end, so that a run which uses the folder at this moment sees the old or the new one.
  rmSync(finished, { recursive: true, force: true });
  renameSync(folder, finished);
}

function linkNest(major, target) {
  const installed = at(`test/nest-${major}/node_modules`);
  for (const name of readdirSync(installed).filter((entry) => !entry.startsWith('.'))) {
    // A junction needs no rights on Windows; elsewhere it is an ordinary link.
    symlinkSync(join(installed, name), join(target, name), 'junction');
  }
}

/** `.ts` becomes an ES module, `.cts` CommonJS. Returns pairs of path and code. */
async function compile(folder) {
  if (!existsSync(folder)) return [];
  const sources = readdirSync(folder, { recursive: true }).filter((path) => /\.c?ts$/.test(path));
  return Promise.all(
    sources.map(async (path) => {
      const options = path.endsWith('.cts') ? commonjs : esm;
      const { code } = await transformFile(join(folder, path), options);
      return [path.replace(/ts$/, 'js'), code];
    }),
  );
}
