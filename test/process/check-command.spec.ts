import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cells } from '../support/cells.js';
import { runCommand } from '../support/command.js';

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: orders }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec:
      terminationGracePeriodSeconds: 3
      containers: [{ name: orders, image: orders }]
`;

describe.each(cells([12, 11] as const))('nestjs-graceful check --entry, on Nest %i', (major) => {
  const file = join(mkdtempSync(join(tmpdir(), 'graceful-entry-')), 'orders.yaml');
  writeFileSync(file, DEPLOYMENT);

  it('holds a manifest against the plan of the application as it is built', async () => {
    const entry = 'programs/command/context.js'; // with the 5 s of Nomad
    const { code, out, err } = await runCommand(major, 'check', file, '--entry', entry);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain('plan 5 s > 3 s (terminationGracePeriodSeconds: 3)');
  });

  it.each([
    [
      ['--entry', 'programs/command/no-nest.js'],
      'the plan of programs/command/no-nest.js could not be made',
    ],
    [['--entry', 'a.js', '--plan', 'b.json'], '--entry and --plan exclude each other'],
  ])('ends with 2 for %j', async (args, message) => {
    const { code, out, err } = await runCommand(major, 'check', file, ...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
  });
});
