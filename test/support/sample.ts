import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

export interface Run {
  readonly code: number;
  readonly lines: readonly string[];
}

/** As its README says. The package itself is built already: `prepare:tests` packs it. */
export async function compile(sample: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript-native/bin/tsc');
  // Without types, which `npm run typecheck` looks at.
  await run(process.execPath, [tsc, '-p', '.', '--noCheck'], { cwd: join(root, 'sample', sample) });
}

export async function runSample(script: string, flags: string[] = [], env = {}): Promise<Run> {
  const { code, stdout } = await run(process.execPath, [script, ...flags], {
    env: { ...withoutPlatform(process.env), ...env },
    timeout: 50_000,
  }).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (failed: { code: number; stdout: string; stderr: string }) => {
      if (failed.stdout === '') throw new Error(failed.stderr);
      return failed;
    },
  );
  return { code, lines: stdout.trimEnd().split('\n') };
}

/** The machine that runs the tests may itself be a pod. */
export function withoutPlatform(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const platform = /^(KUBERNETES_|ECS_|K_|DYNO|NOMAD_|SYSTEMD_|NOTIFY_|GRACEFUL_GRACE)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !platform.test(name)));
}

/** The text between the comments `name` and `/name`. */
export function block(readme: string, name: string): string {
  const pattern = new RegExp(`<!-- ${name} -->\\n\`\`\`\\n([\\s\\S]*?)\`\`\`\\n<!-- /${name} -->`);
  const [, text = ''] = pattern.exec(readme) ?? [];
  expect(text.trim()).not.toBe('');
  return text.trim();
}

/** The table that it prints first, with its labels and what is in the column of the module. `mask` hides what differs. */
export function expectItsTable(
  readme: string,
  { lines }: Run,
  mask: (line: string) => string,
): void {
  const columns = (line: string) => mask(line.trim().split(/ {2,}/).slice(0, 2).join(': '));
  const table = lines.slice(0, lines.indexOf(''));
  expect(table.map(columns)).toEqual(block(readme, 'output').split('\n').map(columns));
}

/** The timeline of a report, in its shape. */
export function expectItsTimeline(readme: string, report: string, shape = shapeOf): void {
  expect(shape(report)).toContain(shape(block(readme, 'timeline-output')));
}

/** Each block of code names its file in the first line, and stands in it. */
export function expectItsCode(readme: string, folder: string): void {
  const blocks = [...readme.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)];
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks).toHaveLength([...readme.matchAll(/```ts/g)].length);
  for (const [, file = '', code = ''] of blocks) {
    expect(readFileSync(join(folder, file), 'utf8')).toContain(code);
  }
}

/** Without what is different in each run: times, counts of polls, and how long the bars are. */
export function shapeOf(text: string): string {
  return text
    .trim()
    .replace(/\.js:\d+/g, '.js')
    .replace(/ +\d+(\.\d+)? m?s\b/g, ' # s')
    .replace(/×\d+/g, '×#')
    .replace(/\d+ tracked task/g, '# tracked task')
    .replace(/[-=]{2,}|(?<= )[-=](?=\n|$)/g, '#')
    .replace(/ +/g, ' ');
}
