import { fileURLToPath } from 'node:url';

/** The file or folder at `path`, counted from the root of the repository. */
export const at = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Everything that is made here and can be thrown away, except the node_modules of Nest 11. */
export const cache = at('test/.cache');

/** What `npm publish` would send, as `npm pack` made it. */
export const tarball = at('test/.cache/nestjs-graceful.tgz');
