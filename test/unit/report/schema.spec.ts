import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ShutdownReport } from '../../../lib/engine/record.js';
import { createReport } from '../../../lib/report/create-report.js';
import { REPORT_JSON_MIN_BYTES, reportToJson } from '../../../lib/report/json.js';
import { check } from '../../support/property.js';
import { reportSchemaErrors } from '../../support/schemas.js';

const fixture = (version: 1 | 2) =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, `../cli/reports/version-${version}.json`), 'utf8'),
  ) as ShutdownReport;

const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
const number = fc.nat(10_000);
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const late = fc.record({ requests: number, connections: number, lastMs: some(ms) });

const task = fc.record({
  name: fc.string(),
  outcome: fc.constantFrom('done', 'failed', 'timed-out', 'skipped', 'left-to-nest'),
  startMs: ms,
  durationMs: ms,
  critical: fc.boolean(),
  site: some(fc.string()),
  error: some(fc.string()),
  handedOver: some(fc.boolean()),
  blockedMs: some(ms),
});

/** All that a report may hold. */
const report = fc.record({
  version: fc.constant(2),
  reason: fc.oneof(
    fc.constant({ kind: 'signal', signal: 'SIGTERM' }),
    fc.constant({ kind: 'close' }),
    fc.record({ kind: fc.constant('request'), detail: fc.string() }),
    fc.record({
      kind: fc.constant('fatal'),
      trigger: fc.constantFrom('uncaughtException', 'unhandledRejection'),
      error: fc.string(),
    }),
  ),
  startedAt: ms,
  durationMs: ms,
  outcome: fc.constantFrom('clean', 'forced'),
  exitCode: some(fc.nat(255)),
  phases: fc.array(
    fc.record({
      name: fc.string(),
      outcome: fc.constantFrom('done', 'timed-out', 'skipped'),
      startMs: ms,
      durationMs: ms,
      tasks: fc.array(task),
    }),
  ),
  unfinished: fc.array(
    fc.record({
      kind: fc.constantFrom('request', 'socket', 'hook', 'work', 'message', 'job'),
      name: fc.string(),
      ageMs: some(ms),
      fate: fc.constantFrom('refused', 'cut', 'abandoned'),
    }),
  ),
  propagation: some(
    fc.record({
      endedBy: fc.constantFrom('floor', 'quiet', 'told', 'capped', 'aborted'),
      durationMs: ms,
      lastArrivalMs: some(ms),
      requests: number,
      quietMs: ms,
      balancers: some(fc.record({ known: number, told: number })),
    }),
  ),
  traffic: some(
    fc.record({
      onNewConnections: late,
      onKeptConnections: late,
      lastFifth: some(
        fc.record({
          fromMs: ms,
          onNewConnections: number,
          onKeptConnections: number,
          callers: fc.array(
            fc.record({
              address: fc.constantFrom('loopback', 'private', 'public', 'unix socket', 'unknown'),
              agent: fc.string(),
              requests: number,
            }),
            { maxLength: 8 },
          ),
        }),
      ),
    }),
  ),
  sources: some(
    fc.array(
      fc.record({
        name: fc.string(),
        kind: fc.string(),
        before: number,
        after: some(number),
        finished: number,
        givenBack: number,
        cut: number,
      }),
    ),
  ),
  load: some(
    fc.record({
      cpuMs: ms,
      rssBytes: fc.record({ start: number, end: number }),
      eventLoopDelayMs: some(fc.record({ mean: ms, p99: ms, max: ms })),
    }),
  ),
  activeResources: some(fc.dictionary(fc.string(), number)),
}) as unknown as fc.Arbitrary<ShutdownReport>;

describe('report.schema.json', () => {
  it.each([1, 2] as const)('describes a report of version %d', (version) => {
    expect(reportSchemaErrors(fixture(version))).toEqual([]);
  });

  it('describes every report there can be, also one that is shortened', () => {
    const bytes = fc.integer({ min: REPORT_JSON_MIN_BYTES, max: 8_000 });
    return check(fc.tuple(report, bytes), ([one, most]) => {
      const whole = createReport(one, one);
      expect(reportSchemaErrors(whole)).toEqual([]);
      expect(reportSchemaErrors(JSON.parse(reportToJson(whole, most)))).toEqual([]);
    });
  });

  it.each([
    ['of a version to come', { version: 3 }],
    ['with more than it knows', { headers: { cookie: 'a' } }],
    ['without a reason', { reason: undefined }],
    ['with another outcome', { outcome: 'fine' }],
    ['with a time before its beginning', { durationMs: -1 }],
    ['of version 1 with what only version 2 has', { version: 1 }],
  ])('does not describe one %s', (_what, change) => {
    expect(reportSchemaErrors({ ...fixture(2), ...change })).not.toEqual([]);
  });
});
