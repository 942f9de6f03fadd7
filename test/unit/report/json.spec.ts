import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createReport } from '../../../lib/report/create-report.js';
import type { ShutdownReason } from '../../../lib/engine/reason.js';
import type {
  PhaseReport,
  ShutdownRecord,
  ShutdownReport,
  TaskReport,
  UnfinishedWork,
} from '../../../lib/engine/record.js';
import { REPORT_JSON_MIN_BYTES, reportToJson } from '../../../lib/report/json.js';
import { check } from '../../support/property.js';

/** What Kubernetes reads of the termination log. */
const TERMINATION_LOG_BYTES = 4_096;

type Parsed = Omit<ShutdownReport, 'toString'> & { readonly omitted?: unknown };

function task(name: string, settings: Partial<TaskReport> = {}): TaskReport {
  return { name, outcome: 'done', startMs: 0, durationMs: 1, critical: false, ...settings };
}

function phase(name: string, startMs: number, tasks: readonly TaskReport[] = []): PhaseReport {
  return { name, outcome: 'done', startMs, durationMs: 10, tasks };
}

function record(settings: Partial<ShutdownRecord> = {}): ShutdownRecord {
  return {
    version: 2,
    reason: { kind: 'signal', signal: 'SIGTERM' },
    startedAt: 1_700_000_000_000,
    durationMs: 29_000,
    outcome: 'forced',
    phases: [],
    unfinished: [],
    ...settings,
  };
}

/** A shutdown of an application that has so many of everything. */
function crowded(count: number): ShutdownReport {
  const times = <T>(item: (index: number) => T) => Array.from({ length: count }, (_, i) => item(i));
  const late = { outcome: 'timed-out', site: 'CacheModule, src/cache.ts:12' } as const;
  return createReport(
    record({
      phases: [
        phase('announce', 0),
        phase('propagate', 10),
        phase('drain', 20, [task('http', { outcome: 'timed-out', durationMs: 20_000 })]),
        phase(
          'flush',
          30,
          times((i) => task(`Outbox${i}@send`, { outcome: 'failed', error: 'é'.repeat(500) })),
        ),
        phase('close', 40, [
          ...times((i) => task(`Quick${i}.onModuleDestroy`)),
          ...times((i) => task(`Cache${i}.onModuleDestroy`, { ...late, durationMs: 5_000 - i })),
        ]),
      ],
      unfinished: times((i) => ({ kind: 'request', name: `GET /route-${i}/:id`, fate: 'cut' })),
    }),
    { exitCode: 1, activeResources: { TCPSocketWrap: 3, Timeout: 1 } },
  );
}

function parse(json: string): Parsed {
  return JSON.parse(json) as Parsed;
}

function tasksOf({ phases }: Parsed): readonly TaskReport[] {
  return phases.flatMap(({ tasks }) => tasks);
}

describe('a report as JSON', () => {
  it('is one line, in one order', () => {
    const report = createReport(
      record({
        phases: [
          phase('drain', 0, [task('http')]),
          phase('close', 10, [
            task('Db.onModuleDestroy', {
              outcome: 'timed-out',
              site: 'DbModule',
              error: 'E',
              blockedMs: 250,
            }),
          ]),
        ],
        unfinished: [{ kind: 'request', name: 'GET /orders/:id', ageMs: 900, fate: 'refused' }],
      }),
      { exitCode: 1, activeResources: { Timeout: 1, TCPSocketWrap: 3 } },
    );
    const golden =
      '{"version":2,"reason":{"kind":"signal","signal":"SIGTERM"},"startedAt":1700000000000,' +
      '"durationMs":29000,"outcome":"forced","exitCode":1,"phases":[' +
      '{"name":"drain","outcome":"done","startMs":0,"durationMs":10,"tasks":[' +
      '{"name":"http","outcome":"done","startMs":0,"durationMs":1,"critical":false}]},' +
      '{"name":"close","outcome":"done","startMs":10,"durationMs":10,"tasks":[' +
      '{"name":"Db.onModuleDestroy","outcome":"timed-out","startMs":0,"durationMs":1,' +
      '"critical":false,"site":"DbModule","error":"E","blockedMs":250}]}],' +
      '"unfinished":[{"kind":"request","name":"GET /orders/:id","ageMs":900,"fate":"refused"}],' +
      '"activeResources":{"TCPSocketWrap":3,"Timeout":1}}';
    expect(reportToJson(report)).toBe(golden);
    expect(reportToJson(report)).toBe(JSON.stringify(report));
    expect(reportToJson(report, golden.length)).toBe(golden);

    const turned = Object.fromEntries(
      Object.entries(report).toReversed(),
    ) as unknown as typeof report;
    expect(reportToJson(turned)).toBe(golden);
  });

  it('first leaves out the tasks that simply ended, and counts them', () => {
    const late = task('Db.onModuleDestroy', { outcome: 'timed-out', site: 'DbModule' });
    const slow = task('Metrics@push', { blockedMs: 1_200 });
    const many = Array.from({ length: 100 }, (_, index) => task(`Quick${index}`));
    const report = createReport(record({ phases: [phase('close', 0, [...many, slow, late])] }), {
      exitCode: 1,
    });
    const parsed = parse(reportToJson(report, TERMINATION_LOG_BYTES));
    expect(tasksOf(parsed)).toEqual([slow, late]);
    expect(parsed.omitted).toEqual({ tasks: { done: 100 } });
  });

  it('then clips errors, in whole characters', () => {
    const error = `E: ${'🚀'.repeat(2_000)}`;
    const report = createReport(
      record({ phases: [phase('flush', 0, [task('Outbox@send', { outcome: 'failed', error })])] }),
      {},
    );
    const parsed = parse(reportToJson(report, TERMINATION_LOG_BYTES));
    expect(parsed.omitted).toBeUndefined();
    expect(tasksOf(parsed)[0]?.error).toBe(`E: ${'🚀'.repeat(73)}…`); // 3 + 4 * 73 + 3 of 300 bytes
  });

  it('then leaves out more and more, the stragglers last', () => {
    const parsed = parse(reportToJson(crowded(300), TERMINATION_LOG_BYTES));
    expect(tasksOf(parsed).map(({ name }) => name)).toEqual([
      'http',
      ...Array.from({ length: 15 }, (_, index) => `Cache${index}.onModuleDestroy`),
    ]);
    expect(parsed.unfinished.map(({ name }) => name)).toEqual(
      Array.from({ length: 16 }, (_, index) => `GET /route-${index}/:id`),
    );
    expect(parsed.omitted).toEqual({
      tasks: { done: 300, 'timed-out': 285, failed: 300 },
      unfinished: 284,
    });
  });

  it.each([REPORT_JSON_MIN_BYTES, 1_500, 2_000, 3_000, TERMINATION_LOG_BYTES])(
    'in %d bytes says why, how it ended, where the time went and who hung',
    (maxBytes) => {
      const report = crowded(1_000);
      const json = reportToJson(report, maxBytes);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
      const { reason, outcome, exitCode, durationMs, phases, ...rest } = parse(json);
      expect({ reason, outcome, exitCode, durationMs }).toEqual({
        reason: report.reason,
        outcome: 'forced',
        exitCode: 1,
        durationMs: 29_000,
      });
      expect(phases.map(({ tasks: _, ...times }) => times)).toEqual(
        report.phases.map(({ tasks: _, ...times }) => times),
      );
      expect(phases.flatMap(({ tasks }) => tasks.map(({ name }) => name))).toContain('http');
      expect(rest.unfinished[0]).toEqual(report.unfinished[0]);
    },
  );

  it('of many phases keeps the one that hung, then the longest', () => {
    const hung = phase('hung', 0, [task('Db@end', { outcome: 'timed-out' })]);
    const quick = Array.from({ length: 100 }, (_, index) => phase(`phase-${index}`, index));
    const long = { ...phase('long', 100), durationMs: 20_000 };
    const report = createReport(record({ phases: [...quick, long, hung] }), {});
    const parsed = parse(reportToJson(report, REPORT_JSON_MIN_BYTES));
    expect(parsed.phases.slice(-2).map(({ name }) => name)).toEqual(['long', 'hung']);
    expect(tasksOf(parsed).map(({ name }) => name)).toEqual(['Db@end']);
    expect(parsed.omitted).toEqual({ phases: 102 - parsed.phases.length });
  });

  it('fits into the least number of bytes with the longest values there are', () => {
    const text = '\u0000'.repeat(100);
    const ms = Number.MAX_VALUE;
    const outcomes = ['timed-out', 'failed', 'skipped', 'left-to-nest', 'done'] as const;
    const tasks = Array.from({ length: 5_000 }, (_, index): TaskReport => {
      const outcome = outcomes[index % outcomes.length] ?? 'done';
      const times = { startMs: ms, durationMs: ms, blockedMs: ms };
      return { name: text, outcome, ...times, critical: false, site: text, error: text };
    });
    const report = createReport(
      record({
        reason: { kind: 'fatal', trigger: 'unhandledRejection', error: text },
        durationMs: ms,
        phases: Array.from({ length: 1_000 }, (_, index) => ({
          name: text,
          outcome: 'timed-out',
          startMs: ms,
          durationMs: ms,
          tasks: tasks.slice(index * 5, index * 5 + 5),
        })),
        unfinished: Array.from({ length: 1_000 }, () => {
          return { kind: 'request', name: text, ageMs: ms, fate: 'abandoned' };
        }),
      }),
      { exitCode: Number.MIN_SAFE_INTEGER, activeResources: { [text]: ms, a: ms, b: ms } },
    );
    const json = reportToJson(report, REPORT_JSON_MIN_BYTES);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(REPORT_JSON_MIN_BYTES);
    expect(tasksOf(parse(json)).map(({ outcome }) => outcome)).toEqual(['timed-out']);
  });

  it('is valid and small enough, whatever the report and the limit', async () => {
    // Any UTF-16 at all: half characters, and control characters that take six bytes each.
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('🚀', '\u0000', '"', 'a'),
    );
    const text = fc
      .tuple(fc.string({ unit, maxLength: 16 }), fc.constantFrom(1, 20))
      .map(([part, times]) => part.repeat(times));
    const ms = fc.oneof(fc.nat(30_000), fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }));
    const sometimes = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const tasks: fc.Arbitrary<TaskReport> = fc.record({
      name: text,
      outcome: fc.constantFrom('done', 'failed', 'timed-out', 'skipped', 'left-to-nest'),
      startMs: ms,
      durationMs: ms,
      critical: fc.boolean(),
      site: sometimes(text),
      error: sometimes(text),
      blockedMs: sometimes(ms),
    });
    const phases: fc.Arbitrary<PhaseReport> = fc.record({
      name: text,
      outcome: fc.constantFrom('done', 'timed-out', 'skipped'),
      startMs: ms,
      durationMs: ms,
      tasks: fc.array(tasks, { maxLength: 6 }),
    });
    const work: fc.Arbitrary<UnfinishedWork> = fc.record({
      kind: fc.constantFrom('request', 'socket', 'hook', 'work', 'message', 'job'),
      name: text,
      ageMs: sometimes(ms),
      fate: fc.constantFrom('refused', 'cut', 'abandoned'),
    });
    const lateRequests = fc.record({
      requests: fc.maxSafeNat(),
      connections: fc.maxSafeNat(),
      lastMs: sometimes(ms),
    });
    const callers = fc.record({
      address: fc.constantFrom('loopback' as const, 'unix socket' as const),
      agent: fc.constantFrom('curl', 'other'),
      requests: fc.maxSafeNat(),
    });
    const sources = fc.record({
      name: text,
      kind: text,
      before: fc.maxSafeNat(),
      after: sometimes(fc.maxSafeNat()),
      finished: fc.maxSafeNat(),
      givenBack: fc.maxSafeNat(),
      cut: fc.maxSafeNat(),
    });
    const reasons: fc.Arbitrary<ShutdownReason> = fc.oneof(
      fc.constant({ kind: 'close' } as const),
      fc.record({ kind: fc.constant('request'), detail: text }),
      fc.record({
        kind: fc.constant('fatal'),
        trigger: fc.constantFrom('uncaughtException', 'unhandledRejection'),
        error: text,
      }),
    );
    const cases = fc.record({
      settings: fc.record({
        reason: reasons,
        durationMs: ms,
        phases: fc.array(phases, { maxLength: 8 }),
        unfinished: fc.array(work, { maxLength: 8 }),
      }),
      exitCode: sometimes(fc.integer()),
      activeResources: sometimes(fc.dictionary(text, fc.maxSafeNat(), { maxKeys: 8 })),
      traffic: sometimes(
        fc.record({
          onNewConnections: lateRequests,
          onKeptConnections: lateRequests,
          lastFifth: sometimes(
            fc.record({
              fromMs: ms,
              onNewConnections: fc.maxSafeNat(),
              onKeptConnections: fc.maxSafeNat(),
              callers: fc.array(callers, { maxLength: 8 }),
            }),
          ),
        }),
      ),
      sources: sometimes(fc.array(sources, { maxLength: 8 })),
      load: sometimes(
        fc.record({
          cpuMs: ms,
          rssBytes: fc.record({ start: fc.maxSafeNat(), end: fc.maxSafeNat() }),
          eventLoopDelayMs: sometimes(fc.record({ mean: ms, p99: ms, max: ms })),
        }),
      ),
      maxBytes: fc.integer({ min: REPORT_JSON_MIN_BYTES, max: 2 * TERMINATION_LOG_BYTES }),
    });
    await check(cases, ({ settings, maxBytes, ...end }) => {
      const { exitCode } = end;
      const report = createReport(record(settings), end);
      const json = reportToJson(report, maxBytes);
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxBytes);
      const parsed = parse(json);
      expect(parsed).toMatchObject({
        version: 2,
        reason: { kind: report.reason.kind },
        startedAt: report.startedAt,
        durationMs: report.durationMs,
        outcome: report.outcome,
      });
      expect(parsed.exitCode).toBe(exitCode);
      expect(parsed.unfinished[0]?.fate).toBe(report.unfinished[0]?.fate);
      const late = (tasks: readonly TaskReport[]) =>
        tasks.some(({ outcome }) => outcome === 'timed-out');
      expect(late(tasksOf(parsed))).toBe(late(tasksOf(report)));
    });
  });
});
