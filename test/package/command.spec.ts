import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(
  new URL('../.cache/nest-12/node_modules/nestjs-graceful/dist/cli/main.js', import.meta.url),
);

function inFolderOf(files: Readonly<Record<string, string>>, args: readonly string[], input = '') {
  const cwd = mkdtempSync(join(tmpdir(), 'graceful-command-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    cwd,
    input,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const PLAN = JSON.stringify({
  version: 1,
  platform: 'kubernetes',
  gracePeriodMs: 30_000,
  probes: { livePath: '/health/live', readyPath: '/health/ready' },
});

describe('the packed command', () => {
  it('has each of its parsers inside', () => {
    const files = {
      'plan.json': PLAN,
      'compose.yaml': 'services: { api: { build: . } }\n',
      'fly.toml': 'app = "orders"\n',
      'ecosystem.config.js': 'module.exports = { apps: [{ script: "main.js" }] };\n',
      'railway.json': '{ "deploy": {} }',
    };
    const { status, stdout, stderr } = inFolderOf(files, [
      'check',
      '--plan',
      'plan.json',
      '--format',
      'json',
    ]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const { findings } = JSON.parse(stdout) as { findings: Array<{ rule: string }> };
    expect(findings.map(({ rule }) => rule).toSorted()).toEqual([
      'compose/grace',
      'fly/grace',
      'pm2/grace',
      'railway/grace',
    ]);
  });

  it('checks in a pipe what it makes in another', () => {
    const made = inFolderOf({}, ['manifest', 'full', '--plan', '-', '--name', 'orders'], PLAN);
    expect({ status: made.status, stderr: made.stderr }).toEqual({ status: 0, stderr: '' });
    const checked = inFolderOf(
      { 'plan.json': PLAN },
      ['check', '-', '--plan', 'plan.json', '--format', 'github'],
      made.stdout,
    );
    expect(checked.status).toBe(0);
    expect(checked.stdout).not.toMatch(/::(?:error|warning)/);
  });

  it('ends with 2, in one line, when nobody can know what is meant', () => {
    expect(inFolderOf({}, ['chekc'])).toEqual({
      status: 2,
      stdout: '',
      stderr: "nestjs-graceful: there is no command 'chekc'. Did you mean 'check'?\n",
    });
  });
});
