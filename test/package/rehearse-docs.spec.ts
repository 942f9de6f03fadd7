import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArmResult } from '../../lib/cli/rehearse/arm.js';
import { CAUSES } from '../../lib/cli/rehearse/diagnose.js';
import { rehearsalText } from '../../lib/cli/rehearse/text.js';
import { command } from '../../lib/cli/rehearse/rehearse.command.js';

const page = readFileSync(join(import.meta.dirname, '../../docs/rehearse.md'), 'utf8');

const outcomes = { ok: 0, reset: 0, refused: 0, '5xx': 0, truncated: 0, timeout: 0, unexpected: 0 };
const stop = { name: 'replica-1', code: 0, signal: null, killed: false, ms: 5_100, lagMs: 300 };
const module: ArmResult = {
  ...{ requests: 1_262, due: 1_262, lost: 0, losses: {}, outcomes, stops: [stop, stop] },
  ...{ longestGapMs: 32, p99AtRestMs: 50, p99Ms: 49 },
};
const killed = { ...stop, code: null, signal: 'SIGKILL', killed: true, ms: 30_000 };
const control: ArmResult = {
  ...{ ...module, requests: 3_644, lost: 164, stops: [killed, killed] },
  ...{ losses: { 'teardown-under-work': 119, 'closed-too-early': 45 }, longestGapMs: 47 },
  ...{ p99AtRestMs: 68, p99Ms: 54 },
};

describe('docs/rehearse.md', () => {
  it('shows what the command prints', () => {
    const printed = rehearsalText({
      ...{ version: 1, entry: 'programs/command/plain.js', platform: 'kubernetes', seed: 1 },
      ...{ graceMs: 30_000, lagMs: [200, 2_000], replicas: 2, ratePerSecond: 100 },
      ...{
        hasModule: false,
        routes: [],
        arms: { control, module },
        reasons: [],
        verdict: 'passed',
      },
      sentence:
        'With the module, 0 of 1262 were lost: fewer than 1 in 420 at 95 %. Without it, 164 of 3644 were lost.',
    });
    expect(page).toContain(`\`\`\`\n${printed}\n\`\`\``);
  });

  it('has its options', () => {
    expect(page).toContain(`\`\`\`\n${command.help}\n\`\`\``);
  });

  it('has every cause of a loss', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\|/gm)].map(([, cause]) => cause);
    expect(rows.toSorted()).toEqual(Object.keys(CAUSES).toSorted());
  });
});
