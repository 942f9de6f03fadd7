import { describe, expect, it } from '@jest/globals';
import type { ArmResult } from '../../../../lib/cli/rehearse/arm.js';
import { causeOf, type Cause } from '../../../../lib/cli/rehearse/diagnose.js';
import { judge } from '../../../../lib/cli/rehearse/verdict.js';
import type { Failure } from '../../../../lib/testing/rig/load.js';
import type { Outcome } from '../../../../lib/testing/rig/outcome.js';

const outcomes = { ok: 0, reset: 0, refused: 0, '5xx': 0, truncated: 0, timeout: 0, unexpected: 0 };
const stop = { name: 'replica-1', code: 0, signal: null, killed: false, ms: 5_000, lagMs: 300 };

function arm(more: Partial<ArmResult> = {}): ArmResult {
  return {
    ...{ requests: 3_000, due: 3_000, lost: 0, losses: {}, outcomes, stops: [stop] },
    ...{ longestGapMs: 10, p99AtRestMs: 30, p99Ms: 30 },
    ...more,
  };
}
const losing = arm({ lost: 12, losses: { 'closed-too-early': 12 } });

describe('the verdict of a rehearsal', () => {
  it('is passed when the module loses nothing and the control does', () => {
    expect(judge(losing, arm())).toEqual({
      verdict: 'passed',
      reasons: [],
      sentence:
        'With the module, 0 of 3000 were lost: fewer than 1 in 1000 at 95 %. Without it, 12 of 3000 were lost.',
    });
  });

  it.each<[string, Partial<ArmResult>, RegExp]>([
    [
      'something was lost',
      { lost: 1, losses: { 'idle-race': 1 } },
      /^1 reset on a kept connection/,
    ],
    [
      'an instance was killed',
      { stops: [{ ...stop, code: null, killed: true }] },
      /replica-1 was killed/,
    ],
    ['one ended with another code', { stops: [{ ...stop, code: 1 }] }, /ended with code 1/],
    [
      'one ended by a signal',
      { stops: [{ ...stop, code: null, signal: 'SIGTERM' }] },
      /with SIGTERM/,
    ],
  ])('is missed when with the module %s', (_what, more, reason) => {
    const { verdict, reasons } = judge(losing, arm(more));
    expect(verdict).toBe('missed');
    expect(reasons[0]).toMatch(reason);
  });

  it.each<[string, ArmResult, ArmResult, RegExp]>([
    ['the control lost nothing', arm(), arm(), /nothing was lost either/],
    [
      'there were few requests',
      losing,
      arm({ requests: 200, due: 200 }),
      /200 requests are too few/,
    ],
    ['the load fell behind', losing, arm({ requests: 2_000 }), /fell behind/],
  ])('is inconclusive when %s', (_what, control, module, reason) => {
    const { verdict, reasons } = judge(control, module);
    expect(verdict).toBe('inconclusive');
    expect(reasons.join('\n')).toMatch(reason);
  });
});

describe('the cause of a loss', () => {
  const failure = (outcome: Outcome, more: Partial<Failure> = {}): Failure => ({
    ...{ request: 'GET /', outcome, code: '', sentAt: 90, failedAt: 110, reusedConnection: false },
    ...more,
  });
  const stopped = { terminatedAt: 100, wasKilled: false };

  it.each<[Cause, Failure, typeof stopped | undefined]>([
    ['closed-too-early', failure('refused'), stopped],
    ['idle-race', failure('reset', { reusedConnection: true }), stopped],
    ['cut', failure('reset'), stopped],
    ['cut', failure('truncated', { reusedConnection: true }), stopped],
    ['teardown-under-work', failure('5xx'), stopped],
    ['teardown-under-work', failure('unexpected'), stopped],
    ['no-answer', failure('timeout'), stopped],
    ['killed', failure('reset'), { ...stopped, wasKilled: true }],
    ['closed-too-early', failure('refused'), { ...stopped, wasKilled: true }],
    ['not-the-deploy', failure('reset', { failedAt: 99 }), stopped],
    ['not-the-deploy', failure('reset'), undefined],
  ])('is %s', (cause, seen, replica) => {
    expect(causeOf(seen, replica)).toBe(cause);
  });
});
