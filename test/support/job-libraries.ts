import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Service } from './services.js';

/** A module that imports what is installed there. */
export const loader = fileURLToPath(new URL('../.cache/jobs/load.mjs', import.meta.url));

/** What test/support/prepare/jobs.mjs installs. */
export const jobLibraries: Service = {
  name: 'the libraries of jobs',
  available: existsSync(loader),
  hint: 'npm run prepare:tests job-libraries',
};

const [nodeMajor = 0] = process.versions.node.split('.').map(Number);

/** A library that this Node may be too old for. */
export const onNode = (atLeast: number, name: string): Service => ({
  name: `${name}, which needs Node ${atLeast}`,
  available: jobLibraries.available && nodeMajor >= atLeast,
  notOnThisNode: nodeMajor < atLeast,
  hint: `node test/support/nodes.mjs 24 -- --selectProjects services-nest-12`,
});

/** Of the library, what the caller says it has; an empty object when nothing is installed. */
export async function load<T>(name: string): Promise<T> {
  if (!jobLibraries.available) return {} as T;
  const { load: loadThere } = (await import(loader)) as { load: (name: string) => Promise<T> };
  return loadThere(name);
}
