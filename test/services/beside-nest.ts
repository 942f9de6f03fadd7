import { transformFile, type Options } from '@swc/core';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const esm: Options = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'es6' },
  swcrc: false,
};

const lib = fileURLToPath(new URL('../../lib', import.meta.url));
const nest = fileURLToPath(new URL(`../nest-${NEST_MAJOR}`, import.meta.url));

/** How a process went. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** A folder beside the libraries of this Nest major, with the compiled sources in `lib/` and files of its own. */
export class FolderBesideNest {
  private constructor(readonly path: string) {}

  static async make(files: Readonly<Record<string, string>>): Promise<FolderBesideNest> {
    const cache = join(nest, '.cache');
    await mkdir(cache, { recursive: true });
    const folder = new FolderBesideNest(await mkdtemp(join(cache, 'sources-')));
    await folder.write({ 'package.json': '{ "type": "module" }', ...files });
    const sources = await readdir(lib, { recursive: true });
    await Promise.all(
      sources.filter((name) => name.endsWith('.ts')).map((name) => folder.compile(name)),
    );
    return folder;
  }

  /** Runs a program of it to its end; killed after 15 s. */
  run(program: string, env: Readonly<Record<string, string>>): Promise<Outcome> {
    return new Promise((resolve) => {
      const options = { cwd: this.path, timeout: 15_000, killSignal: 'SIGKILL' } as const;
      const child = execFile(
        process.execPath,
        [program],
        { ...options, env: { PATH: process.env.PATH, ...env } },
        (_error, stdout, stderr) =>
          resolve({ code: child.exitCode, signal: child.signalCode, stderr: stdout + stderr }),
      );
    });
  }

  remove(): Promise<void> {
    return rm(this.path, { recursive: true });
  }

  private async write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) await writeFile(join(this.path, name), text);
  }

  private async compile(name: string): Promise<void> {
    const target = join(this.path, 'lib', name.replace(/\.ts$/, '.js'));
    const { code } = await transformFile(join(lib, name), esm);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
}
