import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programTexts } from '../../../lib/process/program-files.js';
import { sendsReadyItself } from '../../../lib/process/sends-ready.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program of these files; the first is the one that is started. */
function program(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, String(Object.keys(files)[0]));
}

/** Without what is loaded here, which is Jest's. */
const sends = (main: string) => sendsReadyItself(main, []);

const SENDS = "export const say = () => process.send?.('ready');";

describe('a program sends `ready` itself', () => {
  it.each([
    ["process.send('ready')"],
    ['if (process.send) process.send?.( "ready" );'],
    ["const READY = 'ready'; process.send(READY);"],
    ["const send = process.send; send.call(process, 'ready');"],
    ["tellParent(process.send, 'ready');"],
  ])('when it says %s', (text) => {
    expect(sends(program({ 'main.js': text }))).toBe(true);
  });

  it.each([
    ["redis.once('ready', () => process.send('up'))"],
    ["if (process.send) redis.once('ready', () => process.send?.({ up: true }))"],
    ['process.send(message)'],
    ["import './not-there.js'; import 'not-installed';"],
    [''],
  ])('not when it says %s', (text) => {
    expect(sends(program({ 'main.js': text }))).toBe(false);
  });

  it.each<[string, Record<string, string>]>([
    ['imported', { 'main.js': "import { say } from './warm-up.js'", 'warm-up.js': SENDS }],
    ['imported for what it does', { 'main.mjs': "import './say.mjs'", 'say.mjs': SENDS }],
    ['imported later', { 'main.js': "await import('./warm-up.js')", 'warm-up.js': SENDS }],
    ['required', { 'main.js': "require('./warm-up')", 'warm-up.js': SENDS }],
    ['a folder', { 'dist/main.js': "require('../warm-up')", 'warm-up/index.js': SENDS }],
    ['of TypeScript', { 'main.ts': "import { say } from './say.js'", 'say.ts': SENDS }],
    [
      'behind another',
      { 'a.js': "import './b.js'", 'b.js': "export * from './c.js'", 'c.js': SENDS },
    ],
    [
      'an alias of the package',
      {
        'main.js': "import '#warm-up'",
        'package.json': '{ "name": "x", "imports": { "#warm-up": "./src/warm-up.js" } }',
        'src/warm-up.js': SENDS,
      },
    ],
    [
      'a constant of another file',
      {
        'main.js': "import { READY } from './words.js'; process.send(READY)",
        'words.js': "export const READY = 'ready'",
      },
    ],
  ])('in another of its files: %s', (_how, files) => {
    expect(sends(program(files))).toBe(true);
  });

  it('in a package that is linked from its workspace, and not in one that is installed', () => {
    const manifest = '{ "main": "index.js" }';
    const main = program({
      'apps/api/main.js': "import 'linked'; import 'installed'; import 'node:http';",
      'packages/linked/package.json': manifest,
      'packages/linked/index.js': '',
      'node_modules/installed/package.json': manifest,
      'node_modules/installed/index.js': SENDS,
    });
    symlinkSync(join(folder, 'packages/linked'), join(folder, 'node_modules/linked'));
    expect(sends(main)).toBe(false);
    writeFileSync(join(folder, 'packages/linked/index.js'), SENDS);
    expect(sends(main)).toBe(true);
  });
});

it("a program's files are read once each, and not without end", () => {
  const main = program({
    'main.js': "import './a.js'; import './b.js';",
    'a.js': "import './main.js'; import './b.js';",
    'b.js': "import './a.js';",
  });
  const texts = programTexts([main], 1_000) ?? [];
  expect(texts.filter((text) => text.includes("'./a.js'"))).toHaveLength(2);
  expect(programTexts([main], 2)).toBeUndefined();
});
