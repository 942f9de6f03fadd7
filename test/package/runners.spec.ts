import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PATIENCE_MS } from './run-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const jest = `${root}node_modules/jest/bin/jest.js`;
const vitest = `${root}test/.cache/runners/node_modules/vitest/vitest.mjs`;
const moduleFlags = ['--disable-warning=ExperimentalWarning', '--experimental-vm-modules'];

interface Run {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a file of tests of docs/testing.md, built against the packed package, with one of the runners. */
function run(nestMajor: 11 | 12, args: readonly string[]): Promise<Run> {
  const cwd = `${root}test/.cache/pages-${nestMajor}/testing`;
  const { NODE_OPTIONS: _, JEST_WORKER_ID: __, NODE_TEST_CONTEXT: ___, ...env } = process.env;
  const options = { cwd, env: { ...env, CI: '1', NO_COLOR: '1' }, timeout: PATIENCE_MS } as const;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, output: stdout + stderr });
    });
  });
}

const withJest = (file: string, nodeArgs: readonly string[] = []) => {
  const config = { rootDir: 'dist', testMatch: [`**/${file}`], transform: {} };
  return [...nodeArgs, jest, '--ci', '--config', JSON.stringify(config)];
};
const withVitest = (file: string) => [vitest, 'run', '--root', 'dist', '--reporter=verbose', file];
const withNode = (file: string) => ['--test-reporter=tap', `dist/${file}`];

const pages: Array<[string, 11 | 12, readonly string[], RegExp]> = [
  ['node:test, ES modules', 12, withNode('request.spec.js'), /^# pass 1$/m],
  ['node:test, CommonJS', 11, withNode('request.spec.js'), /^# pass 1$/m],
  ['Jest, ES modules', 12, withJest('collector.spec.js', moduleFlags), /1 passed, 1 total/],
  ['Jest, CommonJS', 11, withJest('collector.spec.js'), /1 passed, 1 total/],
  ['Vitest', 12, withVitest('plan.spec.js'), /1 passed/],
];
const halfAMinute: Array<[string, readonly string[]]> = [
  ['node:test', withNode('half-a-minute.node.js')],
  ['Jest', withJest('half-a-minute.jest.js', moduleFlags)],
  ['Vitest', withVitest('half-a-minute.spec.js')],
];

describe('docs/testing.md', () => {
  it.each(pages)('pass with %s', async (_name, major, args, passed) => {
    const { code, output } = await run(major, args);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    expect(output).toMatch(passed);
  });
});

describe('half a minute of shutdown', () => {
  it.each(halfAMinute)('is the same with %s, and inside its fake timers', async (name, args) => {
    const { code, output } = await run(12, args);
    expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    const told = [...output.matchAll(/staged (\{.*\})/g)].map(
      ([, json = '']) => JSON.parse(json) as { runner: string; virtualMs: number; body: string },
    );
    expect(told.map(({ runner }) => runner.split(',')[0])).toEqual([name, name]);
    expect(told.map(({ virtualMs, body }) => [virtualMs, body])).toEqual([
      [30_000, 'order 7'],
      [30_000, 'order 7'],
    ]);
  });
});
