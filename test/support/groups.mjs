import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { at } from './prepare/folders.mjs';

/** So many that the groups of all projects keep every worker busy to the end. */
const FILES = 14;

/** Hooks of a file by itself would be those of the whole group, and mocked time is everybody's. */
const STAYS_ALONE = /^(before|after)(Each|All)\(|useFakeTimers|mockModule/m;

/**
 * The same project with its test files in groups. Jest loads every module anew for each file, Nest and its libraries among
 * them, and that takes longer than most of the tests do.
 *
 * @param {{ displayName: string }} project
 * @param {string[]} files of it
 */
export function grouped(project, files) {
  const alone = files.filter((file) => STAYS_ALONE.test(readFileSync(file, 'utf8')));
  const together = files.filter((file) => !alone.includes(file));
  const folder = at(`test/.groups/${project.displayName}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const count = Math.ceil(together.length / FILES);
  const groups = Array.from({ length: count }, (_, index) => {
    const [from, to] = [index, index + 1].map((n) => Math.round((n * together.length) / count));
    const path = join(folder, `${index + 1}.spec.ts`);
    const imports = together.slice(from, to).map((file) => importOf(relative(folder, file)));
    writeFileSync(path, imports.join(''));
    return path;
  });
  return { ...project, testMatch: [...groups, ...alone] };
}

/** Neighbours use the same libraries. */
export function filesOf(pattern) {
  const [folder] = pattern.replace('<rootDir>/', '').split('/**');
  return readdirSync(at(folder), { recursive: true })
    .filter((file) => file.endsWith('.spec.ts'))
    .map((file) => join(at(folder), String(file)))
    .toSorted();
}

const importOf = (path) => `import '${path.replaceAll('\\', '/').replace(/\.ts$/, '.js')}';\n`;
