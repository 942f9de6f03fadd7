import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The compiled file of `test/programs/<name>.ts`, in an application folder where `nestjs-graceful` is the packed
 * package and its peers are of the major asked for. Start it with `process.execPath`.
 * A CommonJS program (`.cts`) is asked for with its ending: `programPath(11, 'required.cjs')`.
 */
export function programPath(nestMajor: 11 | 12, name: string): string {
  const file = /\.c?js$/.test(name) ? name : `${name}.js`;
  const path = fileURLToPath(
    new URL(`../.cache/nest-${nestMajor}/programs/${file}`, import.meta.url),
  );
  if (!existsSync(path)) {
    throw new Error(`${path} is missing: is the name right? \`npm run prepare:tests\` makes it.`);
  }
  return path;
}
