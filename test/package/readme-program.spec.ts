import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { programPath } from '../support/programs.js';

describe('the code in the README, run', () => {
  it.each([11, 12] as const)('answers its probe and drains on Nest %d', async (nestMajor) => {
    const child = spawn(process.execPath, [programPath(nestMajor, 'readme/main')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    const lines: string[] = [];
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      const [, port] = /^listening on (\d+)$/.exec(line) ?? [];
      if (port === undefined) continue;
      const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
      expect([ready.status, await ready.json()]).toEqual([
        200,
        expect.objectContaining({ info: { database: { status: 'up' } } }),
      ]);
      child.kill('SIGTERM');
    }

    expect(await exited).toEqual([0, null]);
    expect(lines).toContainEqual(expect.stringMatching(/^metrics are out, \d+ ms to spare$/));
    expect(lines.at(-1)).toMatch(/\[Graceful\] SIGTERM: clean in /);
  });
});

describe('the tests in the README', () => {
  it.each([11, 12] as const)('pass on Nest %d', async (nestMajor) => {
    const script = programPath(nestMajor, 'readme/source/pollers.spec');
    const child = spawn(process.execPath, ['--test-reporter=tap', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) lines.push(line);

    expect(lines.filter((line) => line.startsWith('not ok'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('ok ')).length).toBeGreaterThan(10);
    expect(await exited).toEqual([0, null]);
  });
});

describe('the output in the README', () => {
  it.each([11, 12] as const)('is what its code prints on Nest %d', async (nestMajor) => {
    const child = spawn(process.execPath, [programPath(nestMajor, 'readme/ordered/main')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1', GRACEFUL_GRACE_PERIOD_MS: '30000' },
    });
    const lines: string[] = [];
    const exited = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === 'started') child.kill('SIGTERM');
    }

    expect(await exited).toEqual([0, null]);
    expect(lines).toContain('a.csv is imported'); // it was under way
    expect(lines).not.toContain('b.csv is imported'); // nothing new was taken
    const printed = shapeOf(lines.join('\n').replace(/^.*?LOG /gm, ''));
    expect(printed).toContain(shapeOf(block('plan-output')));
    expect(printed).toContain(shapeOf(block('timeline-output')));
  });
});

function block(name: string): string {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const pattern = new RegExp(`<!-- ${name} -->\\n\`\`\`\\n([\\s\\S]*?)\`\`\`\\n<!-- /${name} -->`);
  const [, text = ''] = pattern.exec(readme) ?? [];
  expect(text.trim()).not.toBe('');
  return text.trim();
}

/** Without what is different in each run: times, and how long the bars are. */
function shapeOf(text: string): string {
  return text
    .replace(/\S*readme\/ordered\//g, 'src/')
    .replace(/\.[jt]s:\d+/g, '.ts')
    .replace(/ +\d+(\.\d+)? m?s\b/g, ' # s')
    .replace(/[-=]{2,}|(?<= )[-=](?=\n|$)/g, '#')
    .replace(/ +/g, ' ');
}
