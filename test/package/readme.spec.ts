import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { defaultsOn, optionDocs } from '../support/option-docs.js';

const root = join(import.meta.dirname, '../..');
let readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the option table of the README', () => {
  it('is that of the code', () => {
    // UPDATE_README=1 writes it.
    if (process.env['UPDATE_README']) writeOptions();
    expect(section('options').trim()).toBe(optionDocs());
  });

  it.each(['none', 'kubernetes'] as const)('says the defaults there are on %s', (platform) => {
    const rows = section('options').split('\n');
    for (const [name, value] of defaultsOn(platform)) {
      const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
      const [, , general = '', onKubernetes = ''] =
        row?.split('|').map((cell) => cell.trim()) ?? [];
      const said = platform === 'kubernetes' && onKubernetes !== '' ? onKubernetes : general;
      expect([name, runInNewContext(`(${said.slice(1, -1)})`)]).toEqual([name, value]);
    }
  });
});

describe('the code in the README', () => {
  const program = [
    'test/programs/readme/app.module.ts',
    'test/programs/readme/database.readiness.ts',
    'test/programs/readme/telemetry.ts',
    'test/programs/readme/ordered/event.store.ts',
    'test/programs/readme/ordered/app.module.ts',
    'test/programs/readme/ordered/import.service.ts',
    'test/programs/readme/source/pollers.ts',
    'test/programs/readme/source/pollers.spec.ts',
  ].map((path) => readFileSync(join(root, path), 'utf8').trim());
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code.trim());

  it('is the code of a program that the tests run', () => {
    for (const block of blocks) {
      const [, ...code] = block.split('\n'); // the first line names the file
      expect(program).toContain(code.join('\n').trim());
    }
    expect(blocks).toHaveLength(program.length);
  });
});

function section(name: string): string {
  const [, text = ''] =
    new RegExp(`<!-- ${name} -->([\\s\\S]*?)<!-- /${name} -->`).exec(readme) ?? [];
  return text;
}

function writeOptions(): void {
  const block = /(<!-- options -->\n\n)[\s\S]*?(\n\n<!-- \/options -->)/;
  readme = readme.replace(block, (_, before, after) => `${before}${optionDocs()}${after}`);
  writeFileSync(join(root, 'README.md'), readme);
}
