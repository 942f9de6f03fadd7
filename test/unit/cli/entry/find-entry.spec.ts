import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { findEntry } from '../../../../lib/cli/entry/find-entry.js';
import { UsageError } from '../../../../lib/cli/usage-error.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'find-entry-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What `findEntry()` finds in an application of these files. */
function found(files: Record<string, unknown>, given?: string): [string, string] {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(folder, path), text);
  }
  const { file, from } = findEntry(folder, given);
  return [relative(folder, file), from];
}

describe('findEntry()', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['the default of the Nest CLI', { 'nest-cli.json': {}, 'dist/main.js': '' }, 'dist/main.js'],
    [
      'a build that keeps the folder of the sources',
      { 'nest-cli.json': { sourceRoot: 'src' }, 'dist/src/main.js': '' },
      'dist/src/main.js',
    ],
    [
      'another name of the entry',
      { 'nest-cli.json': { entryFile: 'server' }, 'dist/server.js': '' },
      'dist/server.js',
    ],
    [
      'an output that tsconfig.json says, behind comments and another that extends it',
      {
        'nest-cli.json': '{ // the CLI\n "sourceRoot": "src", }',
        'tsconfig.build.json':
          '{ "extends": "./tsconfig.json", /* no tests */ "exclude": ["**/*spec.ts",] }',
        'tsconfig.json': { compilerOptions: { outDir: './out' } },
        'out/main.js': '',
      },
      'out/main.js',
    ],
    [
      'the default project of a monorepo',
      {
        'nest-cli.json': {
          monorepo: true,
          root: 'apps/api',
          sourceRoot: 'apps/api/src',
          projects: { api: { root: 'apps/api', sourceRoot: 'apps/api/src', entryFile: 'main' } },
        },
        'dist/apps/api/main.js': '',
      },
      'dist/apps/api/main.js',
    ],
  ])('finds %s', (_what, files, file) => {
    expect(found(files)).toEqual([file, 'nest-cli.json']);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['start:prod', { scripts: { 'start:prod': 'node dist/main' } }, 'dist/main.js'],
    [
      'a start with options of Node',
      { scripts: { start: 'X=1 node --enable-source-maps dist/main.js' } },
      'dist/main.js',
    ],
    ['main', { main: 'dist/main.js' }, 'dist/main.js'],
  ])('finds what package.json runs: %s', (_what, manifest, file) => {
    expect(found({ 'package.json': manifest, [file]: '' })).toEqual([file, 'package.json']);
  });

  it('finds what is named: a file, one without its ending, a folder, a project', () => {
    const config = { projects: { mails: { root: 'apps/mails', sourceRoot: 'apps/mails/src' } } };
    const files = { 'nest-cli.json': config, 'dist/apps/mails/main.js': '', 'x/dist/main.js': '' };
    expect(found({ ...files, 'x/nest-cli.json': {} }, 'x/dist/main.js')[0]).toBe('x/dist/main.js');
    expect(found(files, 'x/dist/main')[0]).toBe('x/dist/main.js');
    expect(found(files, 'x')[0]).toBe('x/dist/main.js');
    expect(found(files, 'mails')[0]).toBe('dist/apps/mails/main.js');
  });

  it.each<[string, Record<string, unknown>, string | undefined, RegExp]>([
    ['nothing that says what it is', {}, undefined, /no nest-cli.json and no package.json/],
    [
      'an application that is not built',
      { 'nest-cli.json': {} },
      undefined,
      /not built: none of dist\/main.js/,
    ],
    ['a file that is not there', {}, 'dist/main.js', /there is no dist\/main.js/],
    ['TypeScript', { 'src/main.ts': '' }, 'src/main.ts', /TypeScript. Build/],
    [
      'a configuration that is no JSON',
      { 'nest-cli.json': '{' },
      undefined,
      /nest-cli.json can't be read/,
    ],
  ])('refuses %s', (_what, files, given, message) => {
    expect(() => found(files, given)).toThrow(UsageError);
    expect(() => found(files, given)).toThrow(message);
  });
});
