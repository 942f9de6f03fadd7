import { rmSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { cache, tarball } from './folders.mjs';
import { run } from './run.mjs';

/** Everything that ends in the tarball or decides how it is built. */
export const packageInputs = [
  'lib',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'build.mjs',
  'README.md',
  'LICENSE',
  'ops',
  'plan.schema.json',
  'rehearsal.schema.json',
  'report.schema.json',
  'test/support/prepare',
];

export const pack = {
  name: 'package',
  inputs: packageInputs,
  outputs: ['dist/index.js', 'test/.cache/nestjs-graceful.tgz'],
  make() {
    run('npm', ['run', 'build']);
    mkdirSync(cache, { recursive: true });
    rmSync(tarball, { force: true });
    // Built a moment ago: --ignore-scripts saves the second build of prepack.
    const packed = run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', cache]);
    renameSync(join(cache, JSON.parse(packed)[0].filename), tarball);
  },
};
