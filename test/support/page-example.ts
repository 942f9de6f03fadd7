import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './job-libraries.js';

const root = join(import.meta.dirname, '../..');
let count = 0;

/** What an example imports: by name, what a module of the application or a library has. */
export type Parts = Readonly<Record<string, object>>;

/**
 * The first example of a page, as a module: libraries come from where they are installed, `./…` from `parts`, which may
 * also stand for a library.
 */
export async function exampleOf<T>(page: string, parts: Parts): Promise<T> {
  const text = readFileSync(join(root, page), 'utf8');
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(text) ?? [];
  const loaded: Record<string, object> = { ...parts };
  const own = code.replace(
    /^import (?:(\w+)|\{([^}]*)\}) from '([^']+)';$/gm,
    (line, byDefault: string | undefined, names: string | undefined, from: string) => {
      if (from.startsWith('@nestjs/')) return line;
      loaded[from] ??= {};
      const bound = byDefault ? `default: ${byDefault}` : names;
      return `const { ${bound} } = globalThis.partsOfThePage['${from}'];`;
    },
  );
  for (const name of Object.keys(loaded)) loaded[name] = parts[name] ?? (await load(name));
  const file = join(import.meta.dirname, `page-example-${process.pid}-${(count += 1)}.ts`);
  writeFileSync(file, own);
  Reflect.set(globalThis, 'partsOfThePage', loaded);
  try {
    return (await import(file)) as T;
  } finally {
    rmSync(file);
  }
}
