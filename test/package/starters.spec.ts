import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from './run-program.js';

interface JestRun {
  readonly code: number | null;
  readonly output: string;
  /** Of the tests: how many there were, and how many of them passed. */
  readonly total: number;
  readonly passed: number;
}

/** Runs Jest in an application of test/.cache as `npm test` does there, in a process without our settings. */
function jestIn(
  starter: string,
  args: readonly string[],
  nodeArgs: string[] = [],
): Promise<JestRun> {
  const cwd = fileURLToPath(new URL(`../.cache/${starter}`, import.meta.url));
  const { NODE_OPTIONS: _, ...env } = process.env;
  return new Promise((resolve) => {
    const command = [...nodeArgs, 'node_modules/jest/bin/jest.js', '--json', ...args];
    const options = { cwd, env, timeout: PATIENCE_MS } as const;
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) => {
      const { numTotalTests: total = 0, numPassedTests: passed = 0 } = parsed(stdout);
      resolve({ code: child.exitCode, output: stderr, total, passed });
    });
  });
}

function parsed(json: string): { numTotalTests?: number; numPassedTests?: number } {
  try {
    return JSON.parse(json) as ReturnType<typeof parsed>;
  } catch {
    return {};
  }
}

// CommonJS applications on Nest 11 with Jest, whose tests were green before the one line was added.
describe('the tests of an application as the Nest CLI generates it', () => {
  it.each([
    ['`npm test` of Jest 30 and ts-jest', 'starter-jest-30', [], 2],
    ['`npm run test:e2e` of the same', 'starter-jest-30', ['--config', 'test/jest-e2e.json'], 1],
    [
      'both with @swc/jest',
      'starter-jest-30',
      ['--config', 'jest.both.config.js', '--selectProjects', 'swc'],
      3,
    ],
    [
      'both of Jest 29, with ts-jest and @swc/jest, and with Terminus',
      'starter-jest-29',
      ['--config', 'jest.both.config.js'],
      10,
    ],
  ] as const)(
    '%s pass',
    async (_what, starter, args, tests) => {
      const { output, ...run } = await jestIn(starter, args);

      expect({ ...run, output: run.code === 0 ? '' : output }).toEqual({
        ...{ code: 0, total: tests, passed: tests, output: '' },
      });
    },
    PATIENCE_MS,
  );

  it(
    'tests that are ES modules get one copy, or two that know each other',
    async () => {
      const config = ['--config', 'es-modules/jest.config.json'];
      const { output, ...run } = await jestIn('starter-jest-30', config, [
        '--experimental-vm-modules',
      ]);

      expect({ ...run, output: run.code === 0 ? '' : output }).toEqual({
        ...{ code: 0, total: 2, passed: 2, output: '' },
      });
    },
    PATIENCE_MS,
  );
});
