import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the page of clients that stay', () => {
  const page = read('docs/clients-that-stay.md');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .slice(2); // the head of the table
  const named = rows.flatMap(([client = '', , , , seen = '', test = '']) => {
    const [, file = '', name = ''] = /^(test\/\S+): `(.+)`$/.exec(test) ?? [];
    return file === '' ? [] : [{ client, seen, file, name }];
  });

  it('has rows of six cells, each with a client and how it was seen', () => {
    expect(rows.length).toBeGreaterThan(15);
    for (const cells of rows) {
      expect(cells).toHaveLength(6);
      expect(cells[0]).not.toBe('');
      expect(cells[4]).toMatch(/^(test|run|study|run \(\w+\), study)$/);
    }
  });

  it('names a test wherever it says that one was seen, and nothing else in that column', () => {
    const withTest = rows.filter((cells) => cells[5] !== '');
    expect(named).toHaveLength(withTest.length);
    const seen = rows.filter((cells) => cells[4] === 'test').map(([client]) => client);
    expect(named.map(({ client }) => client)).toEqual(expect.arrayContaining(seen));
  });

  it.each(named)('$file has the test `$name`', ({ file, name }) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(read(file)).toContain(`'${name}'`);
  });

  it('is linked from the README', () => {
    expect(read('README.md')).toContain('](docs/clients-that-stay.md)');
  });
});
