import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveOptions } from '../../lib/options/resolve-options.js';

const root = join(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('the option table of the README', () => {
  const rows = section('options')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
  const documented = new Map(rows.map(([name = '', ...cells]) => [name, cells] as const));

  it('has every option of the code, and no other', () => {
    expect([...documented.keys()]).toEqual([...flatten('none').keys()]);
  });

  it.each([...flatten('none')])('says the default of %s', (name, value) => {
    const expected = name === 'platform' ? "'auto'" : literal(value); // 'auto' is what becomes a platform
    expect(documented.get(name)?.[0]).toBe(expected);
  });

  it.each([...flatten('kubernetes')])('says the default of %s on Kubernetes', (name, value) => {
    const [general, onKubernetes] = documented.get(name) ?? [];
    if (name === 'platform') return;
    expect(onKubernetes === '' ? general : onKubernetes).toBe(literal(value));
  });

  function flatten(platform: 'none' | 'kubernetes'): Map<string, unknown> {
    const { probes, ...options } = resolveOptions({ platform }, { env: {}, pid: 1 });
    const ofProbes = Object.entries(probes).map(
      ([key, value]) => [`probes.${key}`, value] as const,
    );
    return new Map([...Object.entries(options), ['probes', {}], ...ofProbes] as [
      string,
      unknown,
    ][]);
  }
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

function literal(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value);
  return JSON.stringify(value).replaceAll('"', "'").replaceAll("','", "', '");
}
