import { describe, expect, it } from '@jest/globals';
import * as sources from 'nestjs-graceful';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programPath } from '../support/programs.js';

interface Outcome {
  answer: string;
  nest: string;
  packageFile: string;
  exports: string[];
}

/** Fails when the program ends with another code than 0, or has not ended by itself in time. */
async function run(nestMajor: 11 | 12, name: string): Promise<Outcome & { stderr: string }> {
  const path = programPath(nestMajor, name);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], {
    timeout: 15_000,
  });
  return { ...(JSON.parse(stdout) as Outcome), stderr };
}

describe('the packed package in an application', () => {
  it.each([
    ['imported by an ES module', 12, 'imports-the-package'],
    ['imported by an ES module', 11, 'imports-the-package'],
    ['required by CommonJS', 12, 'requires-the-package.cjs'],
    ['required by CommonJS', 11, 'requires-the-package.cjs'],
  ] as const)(
    '%s on Nest %d',
    async (_how, nestMajor, program) => {
      const outcome = await run(nestMajor, program);

      expect(outcome.answer).toBe('hello');
      expect(outcome.nest).toMatch(new RegExp(`^${nestMajor}\\.`));
      expect(outcome.packageFile).toMatch(
        new RegExp(
          `/test/\\.cache/nest-${nestMajor}/node_modules/nestjs-graceful/dist/index\\.js$`,
        ),
      );
      // The markers that Node adds when an ES module is required are not ours.
      expect(outcome.exports.filter((name) => !name.startsWith('__'))).toEqual(
        Object.keys(sources).toSorted(),
      );
      expect(outcome.stderr).toBe('');
    },
    20_000,
  );
});
