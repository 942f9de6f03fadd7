import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, cache } from './folders.mjs';

/**
 * Runs `make` only when an input changed since it last succeeded or an output is missing,
 * and says in one line which of the two it was.
 *
 * @param {{ name: string, inputs: string[], outputs: string[], make: () => void | Promise<void> }} step
 *   inputs and outputs are files or folders, counted from the root of the repository
 */
export async function step({ name, inputs, outputs, make }) {
  const stamp = join(cache, `${name}.sha256`);
  const fingerprint = fingerprintOf(inputs);
  if (outputs.every((path) => existsSync(at(path))) && readIfThere(stamp) === fingerprint) {
    console.log(`prepare: ${name} is up to date`);
    return;
  }
  const started = performance.now();
  await make();
  mkdirSync(cache, { recursive: true });
  // Hashed before `make`: an input edited meanwhile is made again next time.
  writeFileSync(stamp, fingerprint);
  console.log(`prepare: ${name} made in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function fingerprintOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(filesIn)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(at(path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!existsSync(at(path))) return [];
  if (statSync(at(path)).isFile()) return [path];
  return readdirSync(at(path))
    .toSorted()
    .flatMap((entry) => filesIn(`${path}/${entry}`));
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
