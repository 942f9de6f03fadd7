import { transformFile, type Options } from '@swc/core';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const esm: Options = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'es6' },
  swcrc: false,
};

const lib = fileURLToPath(new URL('../../lib', import.meta.url));
const cache = fileURLToPath(new URL('../.cache', import.meta.url));

/** How a process went. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the process is started. */
export interface SourceProgramOptions {
  readonly nodeOptions?: readonly string[];
  /** Makes another command of `node program.js`, such as one that starts it through a shell. */
  readonly wrap?: (node: string) => readonly string[];
}

/**
 * Runs a few lines of JavaScript in a process of their own, beside the compiled sources: `import … from './lib/…'`.
 * For what Jest keeps for itself, such as unhandled rejections. It is killed after 10 s.
 */
export async function runBesideSources(
  folders: readonly string[],
  script: string,
  { nodeOptions = [], wrap }: SourceProgramOptions = {},
): Promise<Outcome> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'sources-')); // inside the repository, for its node_modules
  try {
    // Any folder may import from these.
    const all = new Set(['copies', 'time', ...folders]);
    for (const name of all) await compile(name, join(folder, 'lib'));
    await writeFile(join(folder, 'program.js'), script);
    const node = [process.execPath, ...nodeOptions, 'program.js'];
    return await run(wrap?.(node.join(' ')) ?? node, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function compile(name: string, target: string): Promise<void> {
  await mkdir(join(target, name), { recursive: true });
  for (const file of await readdir(join(lib, name))) {
    const { code } = await transformFile(join(lib, name, file), esm);
    await writeFile(join(target, name, file.replace(/\.ts$/, '.js')), code);
  }
}

function run([command = '', ...args]: readonly string[], cwd: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { timeout: 10_000, killSignal: 'SIGKILL', cwd } as const;
    const child = execFile(command, args, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}
