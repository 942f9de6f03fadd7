import { createRequire } from 'node:module';

const require = createRequire(new URL('../nest-12/package.json', import.meta.url));

/** A library of test/nest-12, for specs that have no Nest of their own: real clients. */
export const installed = (name: string): unknown => require(name);
