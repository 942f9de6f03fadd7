import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve, sep } from 'node:path';

/** What a file may load: `import … from 'x'`, `import 'x'`, `import('x')` and `require('x')`, TypeScript's output as well. */
const SPECIFIERS = /\b(?:from|import|require)\s*\(?\s*(['"])([^'"\n]+)\1/g;
/** What may stand for a specifier without an ending, or with that of what TypeScript makes of it. */
const ENDINGS = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '/index.js', '/index.ts'];
const PACKAGES = `${sep}node_modules${sep}`;

/**
 * The text of a program's own files: of these, and of all that they name, whether it is loaded by now or not. Nothing of
 * installed packages, except for those that are linked from elsewhere, as in a workspace.
 *
 * @param files where to begin
 * @param most files that are read at most
 * @returns undefined when there are more
 */
export function programTexts(files: readonly string[], most: number): string[] | undefined {
  const seen = new Set(files.filter(isOwn));
  const texts: string[] = [];
  for (const file of seen) {
    if (texts.length >= most) return undefined;
    const text = textOf(file);
    texts.push(text);
    // What is added to a set while it is walked through is walked through, too.
    for (const named of filesNamedIn(file, text)) seen.add(named);
  }
  return texts;
}

/** The files that CommonJS has loaded by now. */
export function loadedByRequire(): string[] {
  try {
    return Object.keys(createRequire(process.execPath).cache ?? {});
  } catch {
    return []; // other runtimes need not have it
  }
}

function* filesNamedIn(file: string, text: string): Iterable<string> {
  for (const [, , specifier = ''] of text.matchAll(SPECIFIERS)) {
    const named = specifier.startsWith('.')
      ? relativeFile(resolve(dirname(file), specifier))
      : linkedFile(file, specifier);
    if (named !== undefined && isOwn(named)) yield named;
  }
}

function relativeFile(path: string): string | undefined {
  const asTypeScript = path.replace(/\.([cm]?)js$/, '.$1ts');
  return [...ENDINGS.map((ending) => path + ending), asTypeScript].find(isFile);
}

/** An alias of the program (`#config`), or a package that is linked from elsewhere. */
function linkedFile(from: string, specifier: string): string | undefined {
  try {
    return realpathSync(createRequire(from).resolve(specifier));
  } catch {
    return undefined; // of Node itself, not installed, or nothing for `require`
  }
}

function isOwn(file: string): boolean {
  return file.includes(sep) && !file.includes(PACKAGES) && !file.endsWith('.json');
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // such as the file of a program inside an archive
  }
}
