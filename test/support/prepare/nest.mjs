import { readFileSync } from 'node:fs';
import { at } from './folders.mjs';
import { runBeside } from './run.mjs';

/** Installs a Nest major of its own in test/nest-<major>, with the official packages that test/services is about. */
const nest = (major) => ({
  name: `nest-${major}`,
  inputs: [`test/nest-${major}/package.json`],
  outputs: [`test/nest-${major}/node_modules`],
  make() {
    refuseGaps(major);
    return runBeside('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund'], {
      cwd: `test/nest-${major}`,
    });
  },
});

export const nest11 = nest(11);
export const nest12 = nest(12);

/** Names that only the command line needs: no spec or program loads them. */
const tools = new Set(['@nestjs/cli', '@nestjs/schematics']);

/**
 * Node looks for a package in the parent folders too. One that is missing in test/nest-11 would be found
 * in the repository's own node_modules: Nest 12 inside an app on Nest 11, and nobody would notice.
 * In test/nest-12 it would be a second copy of the same package.
 */
function refuseGaps(major) {
  const read = (path) => JSON.parse(readFileSync(at(path), 'utf8'));
  const here = read(`test/nest-${major}/package.json`).dependencies;
  const missing = Object.keys(read('package.json').devDependencies).filter(
    (name) => name.startsWith('@nestjs/') && !tools.has(name) && !(name in here),
  );
  if (missing.length > 0) {
    throw new Error(
      `test/nest-${major}/package.json lacks ${missing.join(', ')}, which package.json has. Add it there with its Nest ${major} range.`,
    );
  }
}
