import { readFileSync } from 'node:fs';
import { isAbsolute, join, sep } from 'node:path';

/**
 * A resolver for Jest by which Nest and everything else that `folder`/package.json lists come from there, whoever imports
 * them: lib, a spec, or one of those packages. What such a package lacks there is missing, and not found in the
 * repository's own node_modules, where Nest is another copy or even another major.
 */
export function resolveIn(folder) {
  const installed = join(folder, 'node_modules') + sep;
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

  return (request, options) => {
    const isInside = (options.basedir + sep).startsWith(installed);
    const name = packageOf(request);
    if (!isInside && !(name in dependencies) && !name.startsWith('@nestjs/')) {
      return options.defaultResolver(request, options);
    }
    const basedir = isInside ? options.basedir : folder;
    const found = options.defaultResolver(request, { ...options, basedir });
    if (!isAbsolute(found) || found.startsWith(installed)) return found; // `node:` modules are no paths
    throw Object.assign(new Error(`${request} is not installed in ${folder}`), {
      code: 'MODULE_NOT_FOUND',
    });
  };
}

const packageOf = (request) =>
  request
    .split('/')
    .slice(0, request.startsWith('@') ? 2 : 1)
    .join('/');
