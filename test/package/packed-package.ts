import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The package as npm would install it, unpacked by test/support/prepare.mjs. */
const folder = fileURLToPath(
  new URL('../.cache/nest-12/node_modules/nestjs-graceful/', import.meta.url),
);

/** Of one condition: the declarations and the code. */
export interface Target {
  types: string;
  default: string;
}

export interface Manifest {
  files: string[];
  main: string;
  types: string;
  bin?: Record<string, string>;
  exports: Record<string, string | Record<string, Target>>;
  sideEffects?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

export const manifest = JSON.parse(read('package.json')) as Manifest;

/** Every file's path in the package, with forward slashes. */
export const files: readonly string[] = readdirSync(folder, {
  recursive: true,
  withFileTypes: true,
})
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/'))
  .toSorted();

/** What a file imports, requires or refers to, in every form there is. */
export function importsOf(code: string): string[] {
  const { importedFiles, typeReferenceDirectives } = ts.preProcessFile(code, true, true);
  return [...importedFiles, ...typeReferenceDirectives]
    .map(({ fileName }) => fileName)
    .filter((name) => !/\s/.test(name)); // acorn's messages speak of 'import' and 'export'
}

/** `@nestjs/core/x.js` belongs to `@nestjs/core`; a path and `node:` belong to none. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined;
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
