import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from './run-program.js';

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What a compiler has to say of the application in test/.cache/types-11 or -12, line by line. */
function compile(compiler: string, nestMajor: number): Promise<string[]> {
  const cwd = at(`test/.cache/types-${nestMajor}`);
  const args = [at(compiler), '-p', '.'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, timeout: PATIENCE_MS }, (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`.split('\n').filter((line) => line !== ''));
    });
  });
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
      PATIENCE_MS,
    );
  },
);
