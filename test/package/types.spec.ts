import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from './run-program.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A compiler takes longer than a program on a busy machine. */
const LIMIT_MS = 2 * PATIENCE_MS;

/**
 * What a compiler has to say of the application in test/.cache/types-11 or -12, line by line. Compiled elsewhere, for above
 * test/.cache are the repository's own packages, Terminus among them.
 */
async function compile(compiler: string, nestMajor: number): Promise<string[]> {
  const application = at(`test/.cache/types-${nestMajor}`);
  const cwd = mkdtempSync(join(tmpdir(), 'types-'));
  for (const file of ['package.json', 'tsconfig.json', 'app.mts']) {
    cpSync(join(application, file), join(cwd, file));
  }
  symlinkSync(join(application, 'node_modules'), join(cwd, 'node_modules'), 'junction');
  const args = [at(compiler), '-p', '.', '--preserveSymlinks', '--pretty', 'false'];
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: LIMIT_MS }, (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`);
    });
  });
  rmSync(cwd, { recursive: true });
  return output.split('\n').filter((line) => line !== '');
}

const COMPILERS = [
  ['5.2', 'test/.cache/types-12/node_modules/typescript'],
  ['6.0', 'node_modules/typescript'],
  ['7.0', 'node_modules/typescript-native'],
] as const;

describe.each(COMPILERS)(
  'the types with TypeScript %s, without skipLibCheck',
  (version, folder) => {
    it('are those of that version', () => {
      const manifest = JSON.parse(readFileSync(at(`${folder}/package.json`), 'utf8')) as {
        version: string;
      };
      expect(manifest.version.startsWith(`${version}.`)).toBe(true);
    });

    it.each([11, 12])(
      'are complete in an application on Nest %d that has no Terminus',
      async (nestMajor) => {
        const modules = `test/.cache/types-${nestMajor}/node_modules`;
        expect(existsSync(at(`${modules}/@nestjs/terminus`))).toBe(false);

        const errors = await compile(`${folder}/bin/tsc`, nestMajor);

        // Of other packages' declarations there may be: they are not ours to mend.
        const ours = errors.filter(
          (line) => !/^node_modules\/(?!nestjs-graceful\/)|^\s/.test(line),
        );
        expect(ours).toEqual([]);
      },
      LIMIT_MS,
    );
  },
);
