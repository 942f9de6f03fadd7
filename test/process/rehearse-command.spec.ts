import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ArmResult } from '../../lib/cli/rehearse/arm.js';
import type { Rehearsal } from '../../lib/cli/rehearse/result.js';
import { applicationFolder, runCommand } from '../support/command.js';
import { rehearsalSchemaErrors } from '../support/schemas.js';

/** Two instances, and a grace period in which the wait for the load balancers fits. */
const SHORT = ['--replicas', '2', '--grace', '12', '--rate', '60', '--lag', '1', '--seed', '7'];
const LIMIT_MS = 180_000;

const sum = (counts: object) =>
  Object.values(counts).reduce((all: number, count: number) => all + count, 0);

/** Every request has one outcome, and every loss one cause. */
function expectAccounted({ requests, outcomes, lost, losses }: ArmResult): void {
  expect(sum(outcomes)).toBe(requests);
  expect(requests - outcomes.ok).toBe(lost);
  expect(sum(losses)).toBe(lost);
}

describe.each([11, 12] as const)('nestjs-graceful rehearse, on Nest %i', (major) => {
  const rehearsed = async (...args: string[]) => {
    const { code, out, err } = await runCommand(major, 'rehearse', ...args, ...SHORT, '--json');
    expect({ err, out }).toMatchObject({ out: expect.stringMatching(/^\{/) });
    const result = JSON.parse(out) as Rehearsal;
    expect(rehearsalSchemaErrors(result)).toEqual([]);
    expectAccounted(result.arms.control);
    expectAccounted(result.arms.module);
    return { code, result };
  };

  it(
    'gives the module to an application without it, which then loses nothing',
    async () => {
      const { code, result } = await rehearsed('programs/command/plain.js');
      expect(result).toMatchObject({
        hasModule: false,
        routes: [{ path: '/api/items', status: 200 }],
        verdict: 'passed',
        arms: { module: { lost: 0 } },
      });
      expect(result.arms.control.lost).toBeGreaterThan(0);
      expect(result.arms.module.stops).toMatchObject([
        { code: 0, killed: false },
        { code: 0, killed: false },
      ]);
      // The same seed: the forwarder is as late for both.
      const lags = ({ stops }: ArmResult) => stops.map(({ lagMs }) => lagMs);
      expect(lags(result.arms.control)).toEqual(lags(result.arms.module));
      expect(code).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'switches the module off for the control of an application that has it',
    async () => {
      const { code, result } = await rehearsed('programs/command/with-module.js');
      expect(result).toMatchObject({ hasModule: true, verdict: 'passed' });
      expect(result.arms.control.lost).toBeGreaterThan(0);
      expect(code).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'sees what an application loses in spite of the module, and why',
    async () => {
      const file = 'programs/command/with-module.js';
      const run = ['rehearse', file, ...SHORT, '--json', '--', 'impatient'];
      const { code, out } = await runCommand(major, ...run);
      const { verdict, arms, reasons } = JSON.parse(out) as Rehearsal;
      expect(verdict).toBe('missed');
      expect(arms.module.losses['closed-too-early']).toBeGreaterThan(0);
      expect(reasons.join('\n')).toContain('the port was closed while the balancer still sent');
      expect(code).toBe(1);
    },
    LIMIT_MS,
  );
});

describe('nestjs-graceful rehearse', () => {
  it('says why an application does not start', async () => {
    const file = 'programs/command/needs-a-server.js';
    const { code, out, err } = await runCommand(12, 'rehearse', file, '--', 'refused');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('ECONNREFUSED');
    expect(err).toMatch(/needs-a-server.js ended \(.*\) before it listened/);
  });

  it.each([
    [['--platform', 'mainframe'], "got 'mainframe'"],
    [['--replicas', '0'], "whole number from 1 to 20, got '0'"],
    [['--rate', 'fast'], "got 'fast'"],
    [['--grace', ''], "got ''"],
    [['--path', 'items'], "begin with '/', got 'items'"],
    [['--quick'], '--quick'],
  ])('refuses %j', async (args, said) => {
    const file = 'programs/command/plain.js';
    const { code, err } = await runCommand(12, 'rehearse', file, ...args);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });

  it('leaves no process behind when it is interrupted', async () => {
    const cwd = applicationFolder(12);
    const file = join(mkdtempSync(join(tmpdir(), 'rehearse-')), 'pids');
    const main = 'node_modules/nestjs-graceful/dist/cli/main.js';
    const args = [main, 'rehearse', 'programs/command/tells-its-pid.js', ...SHORT, '--', file];
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (line.includes('2 instances serve')) child.kill('SIGINT');
    });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    const pids = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    rmSync(dirname(file), { recursive: true });
    expect(code).toBe(130);
    expect(pids).toHaveLength(2);
    expect(pids.filter(isAlive)).toEqual([]);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
