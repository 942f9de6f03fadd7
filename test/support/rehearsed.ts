import type { ArmResult } from '../../lib/cli/rehearse/arm.js';
import type { RehearsalEvents } from '../../lib/cli/rehearse/result.js';
import { judge } from '../../lib/cli/rehearse/verdict.js';

const none = { ok: 0, reset: 0, refused: 0, '5xx': 0, truncated: 0, timeout: 0, unexpected: 0 };
const times = { longestGapMs: 32, p99AtRestMs: 50, p99Ms: 49 };
const stop = { name: 'replica-1', code: 0, signal: null, killed: false, ms: 5_100, lagMs: 300 };

/** A rehearsal of an application with names that need care in HTML, XML and Markdown. */
export function rehearsed(lostWithModule = 0): RehearsalEvents {
  const arm = (lost: number): ArmResult => ({
    ...{ requests: 900, due: 900, lost, stops: [stop], ...times },
    outcomes: { ...none, ok: 900 - lost, refused: lost },
    losses: lost > 0 ? { 'closed-too-early': lost } : {},
  });
  const [control, module] = [arm(2), arm(lostWithModule)];
  const loss = (at: number) => ({
    ...{ request: 'GET /a<b>|"c"', cause: 'closed-too-early' as const, code: 'ECONNREFUSED' },
    ...{ sentMs: at, failedMs: at + 1, instance: 'replica-1' },
  });
  const events = (lost: number) => ({
    instances: [
      {
        ...{ name: 'replica-1', readyMs: 0, stopMs: 2_000, knownMs: 2_300, exitMs: 7_100 },
        killed: false,
      },
      { name: 'replica-2', readyMs: 1_900 },
    ],
    answers: Array.from({ length: 90 }, (_, at) => [at * 100, at * 100 + 11] as const),
    losses: Array.from({ length: lost }, (_, at) => loss(2_100 + at * 10)),
  });
  return {
    version: 1,
    result: {
      ...{ version: 1, entry: 'dist/<main>|.js', platform: 'kubernetes', graceMs: 30_000 },
      ...{ lagMs: [200, 2_000], replicas: 1, ratePerSecond: 100, seed: 7, hasModule: false },
      routes: [],
      arms: { control, module },
      ...judge(control, module),
    },
    events: { control: events(2), module: events(lostWithModule) },
  };
}
