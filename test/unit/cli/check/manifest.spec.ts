import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../../lib/cli/run.js';
import { recordingTerminal } from '../../../support/terminal.js';
import { PLAN_JSON } from './plan.js';

const KINDS = ['patch', 'helm', 'kustomize', 'full', 'compose', 'systemd'];

/** Plans of which each asks for something else. */
const PLANS = {
  'as it comes': PLAN_JSON,
  'with 90 s, slow checks and a port for probes': {
    ...PLAN_JSON,
    gracePeriodMs: 90_000,
    probes: { ...PLAN_JSON.probes, port: 9_000, checkTimeoutMs: 5_000, readyPath: '/up, or not' },
  },
  'of a laptop, without probes': {
    ...PLAN_JSON,
    platform: 'none',
    gracePeriodMs: 10_000,
    probes: null,
  },
};

function folderWith(plan: object): string {
  const cwd = mkdtempSync(join(tmpdir(), 'graceful-manifest-'));
  writeFileSync(join(cwd, 'plan.json'), JSON.stringify(plan));
  writeFileSync(join(cwd, 'package.json'), '{ "name": "@acme/Orders.api" }');
  return cwd;
}

async function inFolder(cwd: string, ...args: string[]) {
  const terminal = recordingTerminal({ cwd });
  const code = await run(args, terminal);
  return { code, ...terminal.written };
}

describe('nestjs-graceful manifest', () => {
  describe.each(Object.entries(PLANS))('with a plan %s', (_name, plan) => {
    it.each(KINDS)('%s: check finds nothing in it', async (kind) => {
      const cwd = folderWith(plan);
      expect(
        await inFolder(cwd, 'manifest', kind, '--plan', 'plan.json', '--out', 'made'),
      ).toMatchObject({ code: 0 });
      expect(readdirSync(join(cwd, 'made')).length).toBeGreaterThan(0);
      const { code, out } = await inFolder(
        cwd,
        'check',
        'made',
        '--plan',
        'plan.json',
        '--format',
        'json',
        '--fail-on',
        'note',
      );
      const { findings, unreadable } = JSON.parse(out) as {
        findings: object[];
        unreadable: object[];
      };
      // Without probes there is nothing to ask a Service's pod for, which is the application's choice.
      const others = findings.filter(
        (one) => plan.probes !== null || !JSON.stringify(one).includes('probe/missing'),
      );
      expect({ others, unreadable }).toEqual({ others: [], unreadable: [] });
      expect([0, 1]).toContain(code);
    });
  });

  it('takes the number of the plan, and its probes', async () => {
    const { out } = await inFolder(
      folderWith(PLANS['with 90 s, slow checks and a port for probes']),
      'manifest',
      '--plan',
      'plan.json',
    );
    expect(out).toContain('name: orders-api\n');
    expect(out).toContain('terminationGracePeriodSeconds: 90\n');
    expect(out).toContain(
      'httpGet: { path: "/up, or not", port: 9000 }\n            periodSeconds: 6\n            timeoutSeconds: 6\n',
    );
  });

  it('writes documents of one stream, each with the name of its file', async () => {
    const { out } = await inFolder(
      folderWith(PLAN_JSON),
      'manifest',
      'full',
      '--plan',
      'plan.json',
      '--name',
      'a',
    );
    expect(out.match(/^# .*|^---|^kind: .*/gm)).toEqual([
      '# deployment.yaml',
      'kind: Deployment',
      '---',
      '# service.yaml',
      'kind: Service',
      '---',
      '# pod-disruption-budget.yaml',
      'kind: PodDisruptionBudget',
    ]);
  });

  it.each([
    [['ful'], 'expected one of patch, helm'],
    [['full'], 'a plan is needed'],
    [['--plan', 'none.json'], "the plan none.json can't be read"],
    [['--plan', 'package.json'], 'package.json is no plan'],
    [['--plan', 'plan.json', '--name', 'A\nb: c'], '--name has to be'],
    [['--plan', 'plan.json', '--image', 'a b'], '--image has to be'],
    [['--plan', 'plan.json', '--port', '0'], '--port has to be'],
    [['--plan', 'plan.json', '--colour', 'red'], "Unknown option '--colour'"],
  ])('refuses %j', async (args, message) => {
    const { code, err, out } = await inFolder(folderWith(PLAN_JSON), 'manifest', ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });

  it('leaves what was there alone, on standard output', async () => {
    const cwd = folderWith(PLAN_JSON);
    await inFolder(cwd, 'manifest', '--plan', 'plan.json');
    expect(readdirSync(cwd).toSorted()).toEqual(['package.json', 'plan.json']);
    expect(readFileSync(join(cwd, 'plan.json'), 'utf8')).toBe(JSON.stringify(PLAN_JSON));
  });
});
