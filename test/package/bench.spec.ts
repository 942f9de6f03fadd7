import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const tables = textOf('bench/README.md');

describe('the figures of the benchmarks', () => {
  it('are those of their raw output', async () => {
    const report = join(root, 'bench/report.mjs');
    const checked = promisify(execFile)(process.execPath, [report, '--check']);
    await expect(checked).resolves.toEqual({ stdout: '', stderr: '' });
  });

  const [, shown = ''] =
    /<!-- bench-output -->([\s\S]*?)<!-- \/bench-output -->/.exec(textOf('docs/comparison.md')) ??
    [];
  const rows = shown
    .split('\n')
    .filter((line) => /\| \d+ \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, contender = '', lost = '', requests = '', failed = '']) => {
      return { contender, lost, requests, failed };
    });

  it.each(rows)('are those of the comparison: $contender', ({ lost, requests, failed }) => {
    const [row] = tables.match(new RegExp(`.*\\| +${requests} \\| +${lost} \\|.*`)) ?? [];
    expect(row).toMatch(new RegExp(`\\| +${failed} \\|`));
  });

  it('are many', () => expect(rows.length).toBeGreaterThan(4));
});
