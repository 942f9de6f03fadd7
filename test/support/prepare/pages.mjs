import {
  cpSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { applicationOf, applications, filesOn, FIRST_SCREEN } from '../pages.mjs';
import { at, cache } from './folders.mjs';
import { unpackInto } from './lowest.mjs';
import { packageInputs } from './package.mjs';
import { run, runBeside } from './run.mjs';

/**
 * The code on the pages as its readers run it: in an application that the Nest CLI generates, for each page that shows
 * one, with the page's files written over the generated ones, compiled as the CLI compiles them:
 *
 *   test/.cache/pages-12/node_modules        links to test/nest-12/node_modules, and the packed package
 *                        work/src, dist      what `nest new` of the Nest 12 schematics generates, with docs/work.md
 *   test/.cache/pages-11                     the same on Nest 11, in CommonJS: test/starter/application
 *
 * A page's application stands there twice where it has a control (`controls`): the same with what the page warns of.
 */
export const pageApplications = {
  name: 'pages',
  inputs: [
    ...packageInputs,
    'docs',
    'README.md',
    'test/starter/application',
    'test/starter/runners',
    'test/support/pages.mjs',
    'test/nest-11/package.json',
    'test/nest-12/package.json',
  ],
  outputs: ['test/.cache/pages-11/README/dist', 'test/.cache/pages-12/README/dist'],
  async make() {
    await Promise.all([11, 12].map(layOut));
  },
};

/** What the page says not to do; each must lose something, or its test is blind. */
const controls = {
  'quick-start': (code) => code.replace('GracefulModule.forRoot()', ''),
  rollouts: (code) => code.replace('  @WarmUp()\n', '').replace(/\n      warmUp: .*\n/, '\n'),
  work: (code) => code.replaceAll('deadlineSignal', 'signal'),
};

const imports = `import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
`;

/** Of the compilers that are installed, the one that each starter has. */
const compilers = {
  11: 'test/.cache/starter-jest-30/node_modules/typescript/bin/tsc',
  12: 'node_modules/typescript/bin/tsc',
};

async function layOut(major) {
  const finished = join(cache, `pages-${major}`);
  const folder = `${finished}.new`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  linkModules(major, join(folder, 'node_modules'));
  unpackInto(folder);
  const starter = await starterOf(major, folder);
  const firstScreen = { path: 'src/app.module.ts', code: imports + FIRST_SCREEN };
  write(join(folder, 'first-screen'), starter, [firstScreen]);
  for (const page of applications) {
    const name = applicationOf(page);
    write(join(folder, name), starter, filesOn(page), notIn[major]);
    const change = controls[name];
    if (!change) continue;
    const files = filesOn(page).map(({ path, code }) => ({ path, code: change(code) }));
    write(join(folder, `${name}-control`), starter, files);
  }
  const built = readdirSync(folder).filter((name) => !['node_modules', 'starter'].includes(name));
  for (const name of built) {
    await runBeside(process.execPath, [at(compilers[major]), '-p', join(folder, name)]);
  }
  if (major === 12) addRunners(folder);
  rmSync(finished, { recursive: true, force: true });
  renameSync(folder, finished);
}

/** Generates Nest 12's starter with its own schematics; that of Nest 11 is kept in test/starter/application. */
async function starterOf(major, folder) {
  if (major === 11) return at('test/starter/application');
  const cli = createRequire(import.meta.url).resolve(
    '@angular-devkit/schematics-cli/bin/schematics.js',
  );
  const collection = createRequire(import.meta.url).resolve(
    '@nestjs/schematics/dist/collection.json',
  );
  const options = ['--name=starter', '--type=esm', '--language=ts', '--package-manager=npm'];
  run(process.execPath, [cli, `${collection}:application`, ...options, '--no-dry-run'], {
    cwd: folder.slice(at('').length),
  });
  return join(folder, 'starter');
}

/** The spec of docs/testing.md for Vitest, which a CommonJS application can't load. */
const notIn = { 11: ['src/plan.spec.ts'], 12: [] };

function write(folder, starter, files, others = []) {
  mkdirSync(folder, { recursive: true });
  for (const entry of ['package.json', 'tsconfig.json', 'src']) {
    cpSync(join(starter, entry), join(folder, entry), { recursive: true });
  }
  for (const { path, code } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  renameSync(join(folder, 'tsconfig.json'), join(folder, 'tsconfig.starter.json'));
  // The tests of the starter need its test runner, and are not what is shown.
  const config = {
    extends: './tsconfig.starter.json',
    compilerOptions: { rootDir: 'src', outDir: 'dist', types: ['node'], incremental: false },
    include: ['src'],
    exclude: ['src/app.*.spec.ts', ...others],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
}

function linkModules(major, target) {
  const installed = at(`test/nest-${major}/node_modules`);
  for (const name of readdirSync(installed).filter((entry) => !entry.startsWith('.'))) {
    symlinkSync(join(installed, name), join(target, name), 'junction');
  }
  symlinkSync(at('test/.cache/runners/node_modules/vitest'), join(target, 'vitest'), 'junction');
}

/** The shutdown of docs/testing.md in each of the three runners. */
function addRunners(folder) {
  for (const file of readdirSync(at('test/starter/runners'))) {
    cpSync(at(`test/starter/runners/${file}`), join(folder, 'testing/dist', file));
  }
}
