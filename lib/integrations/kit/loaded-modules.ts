import { createRequire } from 'node:module';

/**
 * What the CommonJS modules that are loaded by now, and whose file matches, export. Loads none. `import` of Node gets
 * packages in CommonJS by the same cache; in a bundle there is nothing to find.
 */
export function loadedModules(file: RegExp): unknown[] {
  try {
    const cache = createRequire(process.execPath).cache ?? {};
    return Object.keys(cache).flatMap((name) => (file.test(name) ? [cache[name]?.exports] : []));
  } catch {
    return []; // other runtimes need not have it
  }
}
