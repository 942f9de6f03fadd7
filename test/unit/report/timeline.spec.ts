import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type {
  PhaseReport,
  ShutdownRecord,
  ShutdownReport,
  TaskReport,
  UnfinishedWork,
} from '../../../lib/engine/record.js';
import { drawTimeline } from '../../../lib/report/timeline.js';
import { check } from '../../support/property.js';

type Source = Parameters<typeof drawTimeline>[0];

function task(
  name: string,
  startMs: number,
  durationMs: number,
  settings: Partial<TaskReport> = {},
): TaskReport {
  return { name, outcome: 'done', startMs, durationMs, critical: false, ...settings };
}

function phase(
  name: string,
  startMs: number,
  durationMs: number,
  tasks: readonly TaskReport[] = [],
): PhaseReport {
  const late = tasks.some(({ outcome }) => outcome === 'timed-out' || outcome === 'skipped');
  return { name, outcome: late ? 'timed-out' : 'done', startMs, durationMs, tasks };
}

function skipped(name: string, startMs: number): PhaseReport {
  return { name, outcome: 'skipped', startMs, durationMs: 0, tasks: [] };
}

function record(settings: Partial<ShutdownReport> = {}): Source {
  return {
    version: 2,
    reason: { kind: 'signal', signal: 'SIGTERM' },
    startedAt: 1_700_000_000_000,
    durationMs: 1_000,
    outcome: 'clean',
    phases: [],
    unfinished: [],
    ...settings,
  };
}

function lines(text: string): string[] {
  return text.split('\n');
}

function expectToFit(text: string): void {
  const characters = text.replace(/[\p{Mark}\p{Cf}]/gu, ''); // these take no column
  for (const line of lines(characters)) expect(Array.from(line).length).toBeLessThanOrEqual(80);
}

describe('the timeline', () => {
  it('of a clean shutdown', () => {
    const text = drawTimeline(
      record({
        durationMs: 7_240,
        exitCode: 0,
        phases: [
          phase('announce', 0, 3, [task('readiness', 0, 0), task('Consul@leave', 0, 3)]),
          phase('propagate', 3, 6_100, [task('http', 3, 6_100)]),
          phase('drain', 6_103, 1_107, [task('http', 6_103, 1_107)]),
          skipped('flush', 7_210),
          phase('close', 7_210, 30, [
            task('Orders.onModuleDestroy', 7_210, 4),
            task('Database.onModuleDestroy', 7_214, 26),
          ]),
        ],
      }),
    );
    expect(lines(text)).toEqual([
      'SIGTERM: clean in 7.2 s, exit code 0',
      '',
      '                               start    took  0 s                          7.2 s',
      '  announce                    0.00 s  0.00 s  =',
      '    readiness                 0.00 s  0.00 s  -',
      '    Consul@leave              0.00 s  0.00 s  -',
      '  propagate                   0.00 s  6.10 s  =============================',
      '    http                      0.00 s  6.10 s  -----------------------------',
      '  drain                       6.10 s  1.11 s                               =====',
      '    http                      6.10 s  1.11 s                               -----',
      '  close                       7.21 s  0.03 s                                   =',
      '    Orders.onModuleDestroy    7.21 s  0.00 s                                   -',
      '    Database.onModuleDestroy  7.21 s  0.03 s                                   -',
      '  skipped: flush',
    ]);
  });

  it('of a forced shutdown, with who took the time and who hung', () => {
    const text = drawTimeline(
      record({
        outcome: 'forced',
        durationMs: 29_000,
        exitCode: 1,
        activeResources: { Timeout: 1, TCPSocketWrap: 3 },
        phases: [
          phase('announce', 0, 12, [task('readiness', 0, 0), task('Consul@leave', 0, 12)]),
          phase('propagate', 12, 5_400, [task('http', 12, 5_400)]),
          phase('drain', 5_412, 14_588, [
            task('http', 5_412, 14_588, { outcome: 'timed-out' }),
            task('work', 5_412, 9_000),
          ]),
          phase('flush', 20_000, 1_500, [
            task('Metrics@push', 20_000, 1_500, {
              blockedMs: 1_234,
              site: 'MetricsModule, src/metrics.ts:8',
            }),
            task('Outbox@send', 20_000, 300, {
              outcome: 'failed',
              critical: true,
              error:
                'PrismaClientError: \n\nInvalid `outbox.create()`\n  in src/outbox.ts (caused by …)',
              site: 'OutboxModule, src/outbox/outbox.ts:31',
            }),
            task('Traces@flush', 20_000, 300, {
              outcome: 'failed',
              error: 'Error: 503',
              site: 'TraceModule',
            }),
          ]),
          skipped('audit', 21_500),
          skipped('archive', 21_500),
          phase('close', 21_500, 7_500, [
            task('Orders.onModuleDestroy', 21_500, 20, { site: 'OrdersModule' }),
            task('Database.onModuleDestroy', 21_520, 7_480, {
              outcome: 'timed-out',
              site: 'DatabaseModule',
            }),
            task('Secrets.onApplicationShutdown', 29_000, 0, {
              outcome: 'skipped',
              error: 'waited for Database.onModuleDestroy',
              site: 'SecretsModule',
            }),
            task('Legacy.onModuleDestroy', 29_000, 0, {
              outcome: 'left-to-nest',
              site: 'LegacyModule',
            }),
          ]),
        ],
        unfinished: [
          { kind: 'request', name: 'GET /orders/:id', ageMs: 18_000, fate: 'refused' },
          { kind: 'request', name: 'POST /exports', ageMs: 24_750, fate: 'cut' },
          { kind: 'request', name: 'GET /orders/:id', ageMs: 20_000, fate: 'refused' },
          { kind: 'hook', name: 'Database.onModuleDestroy', fate: 'abandoned' },
        ],
      }),
    );
    expect(lines(text)).toEqual([
      'SIGTERM: forced in 29.0 s, exit code 1',
      '',
      '                                start     took  0 s                       29.0 s',
      '  announce                     0.00 s   0.01 s  =',
      '    readiness                  0.00 s   0.00 s  -',
      '    Consul@leave               0.00 s   0.01 s  -',
      '  propagate                    0.01 s   5.40 s  ======',
      '    http                       0.01 s   5.40 s  ------',
      '! drain                        5.41 s  14.59 s        ================',
      '!   http                       5.41 s  14.59 s        --------------->',
      '      timed out',
      '    work                       5.41 s   9.00 s        ----------',
      '  flush                       20.00 s   1.50 s                        ==',
      '    Metrics@push              20.00 s   1.50 s                        --',
      '      blocked the event loop for 1.2 s (MetricsModule, src/metrics.ts:8)',
      '!   Outbox@send               20.00 s   0.30 s                        x',
      '      failed, critical (OutboxModule, src/outbox/outbox.ts:31)',
      '        PrismaClientError: Invalid `outbox.create()` in src/outbox.ts (caused b…',
      '!   Traces@flush              20.00 s   0.30 s                        x',
      '      failed (TraceModule): Error: 503',
      '! close                       21.50 s   7.50 s                          ========',
      '    Orders.onModuleDestroy    21.50 s   0.02 s                          -',
      '!   Database.onModuleDestroy  21.52 s   7.48 s                          ------->',
      '      timed out (DatabaseModule)',
      '!   Secrets.onApplicationShutdown',
      '      skipped (SecretsModule): waited for Database.onModuleDestroy',
      '    Legacy.onModuleDestroy',
      '      left to Nest (LegacyModule)',
      '  skipped: audit, archive',
      '',
      '4 unfinished',
      '  request  POST /exports             cut after 24.8 s',
      '  request  GET /orders/:id           refused after up to 20.0 s, 2 of them',
      '  hook     Database.onModuleDestroy  abandoned',
      '',
      'still active in the event loop',
      '      3  TCPSocketWrap',
      '      1  Timeout',
    ]);
  });

  it('of a shutdown that had nothing to do and took no time', () => {
    const text = drawTimeline(record({ durationMs: 0, reason: { kind: 'close' } }));
    expect(text).toBe('app.close(): clean in 0 ms\n\n  nothing to do');
  });

  it('of phases that took no time', () => {
    const phases = [phase('announce', 0, 0, [task('readiness', 0, 0)]), phase('close', 0, 0)];
    expect(lines(drawTimeline(record({ durationMs: 0, phases })))).toEqual([
      'SIGTERM: clean in 0 ms',
      '',
      '                     start    took  0 s                                     0 ms',
      '  announce          0.00 s  0.00 s  =',
      '    readiness       0.00 s  0.00 s  -',
      '  close             0.00 s  0.00 s  =',
    ]);
  });

  it('of a thousand tasks: the worst, then the longest, and how many more', () => {
    const tasks = Array.from({ length: 1_000 }, (_, index) => task(`Cache${index}`, 0, index));
    tasks[0] = task('Hung', 0, 5, { outcome: 'timed-out', site: 'CacheModule' });
    const text = drawTimeline(record({ phases: [phase('close', 0, 1_000, tasks)] }));
    expect(lines(text)).toHaveLength(16);
    expect(text).toMatch(/^! {3}Hung .*>$/m);
    expect(text).toMatch(/^ {4}Cache999 /m);
    expect(text).not.toMatch(/Cache990 /);
    expect(lines(text).at(-1)).toBe('    and 990 more: 990 done');
  });

  it('marks what it had no room for when something of it went wrong', () => {
    const tasks = Array.from({ length: 12 }, (_, index) =>
      task(`Cache${index}`, 0, index, { outcome: 'timed-out' }),
    );
    const text = drawTimeline(record({ phases: [phase('close', 0, 12, tasks)] }));
    expect(lines(text).at(-1)).toBe('!   and 2 more: 2 timed out');
  });

  it('clips long names and errors, and shows a long error on a line of its own', () => {
    const text = drawTimeline(
      record({
        reason: { kind: 'request', detail: 'out of memory '.repeat(20) },
        exitCode: 1,
        phases: [
          phase('close', 0, 1_000, [
            task('AnUncommonlyLongNameOfARepository.onModuleDestroy', 0, 1_000, {
              outcome: 'failed',
              error: `Error: ${'x'.repeat(100)}`,
              site: 'RepositoryModule',
            }),
          ]),
        ],
      }),
    );
    expect(lines(text)).toEqual([
      'out of memory out of memory out …: finished with 1 failure in 1.0 s, exit code 1',
      '',
      '                                     start    took  0 s                    1.0 s',
      '  close                             0.00 s  1.00 s  ============================',
      '!   AnUncommonlyLongNameOfAReposi…  0.00 s  1.00 s  ---------------------------x',
      '      failed (RepositoryModule)',
      '        Error: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…',
    ]);
  });

  it('keeps its columns with characters that are two wide, and cuts none in half', () => {
    const name = '注文リポジトリとその長い名前.終了';
    const phases = [phase('close', 0, 10, [task(name, 0, 10), task('🚀'.repeat(40), 0, 10)])];
    const [, , title = '', , wide = '', rockets = ''] = lines(drawTimeline(record({ phases })));
    expect(wide).toBe(`    注文リポジトリとその長い名前.…  0.00 s  0.01 s  -`);
    expect(rockets).toBe(`    ${'🚀'.repeat(14)}…   0.00 s  0.01 s  -`);
    expect(title.indexOf('0 s')).toBe(52);
  });

  it('lets no colour or line of an error through', () => {
    const error = 'Error: \u001b[31mred\u001b[39m\r\n\u0007bell';
    const tasks = [task('Db@end\n', 0, 1, { outcome: 'failed', error })];
    const text = drawTimeline(record({ phases: [phase('close', 0, 1, tasks)] }));
    expect(text).toMatch(/^ {6}failed: Error: red bell$/m);
    expect(text).toMatch(/^! {3}Db@end /m);
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it('shows ten routes, the oldest first, and counts the others', () => {
    const unfinished = Array.from({ length: 5_000 }, (_, index): UnfinishedWork => {
      return { kind: 'request', name: `GET /${index % 25}`, ageMs: index, fate: 'cut' };
    });
    const rows = lines(drawTimeline(record({ unfinished })));
    expect(rows).toContain('5000 unfinished');
    expect(rows).toContain('  request  GET /24  cut after up to 5.0 s, 200 of them');
    expect(rows.at(-1)).toBe('  and 15 more');
  });

  it('is drawn of a record before its end, which has no exit code', () => {
    const pending: ShutdownRecord = record({ phases: [phase('drain', 0, 400)] });
    expect(lines(drawTimeline(pending))[0]).toBe('SIGTERM: clean in 1.0 s');
  });

  it('fits into 80 columns whatever it is drawn of', async () => {
    const ms = fc.oneof(fc.double(), fc.integer({ min: 0, max: 100_000 }));
    const text = fc
      .tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom(1, 10))
      .map(([part, times]) => part.repeat(times));
    const tasks = fc.record({
      name: text,
      outcome: fc.constantFrom('done', 'failed', 'timed-out', 'skipped', 'left-to-nest'),
      startMs: ms,
      durationMs: ms,
      critical: fc.boolean(),
      site: fc.option(text, { nil: undefined }),
      error: fc.option(text, { nil: undefined }),
      blockedMs: fc.option(ms, { nil: undefined }),
    });
    const phases = fc.record({
      name: text,
      outcome: fc.constantFrom('done', 'timed-out', 'skipped'),
      startMs: ms,
      durationMs: ms,
      tasks: fc.array(tasks, { maxLength: 12 }),
    });
    const sources = fc.record({
      detail: text,
      durationMs: ms,
      exitCode: fc.option(fc.integer(), { nil: undefined }),
      phases: fc.array(phases, { maxLength: 3 }),
      unfinished: fc.array(
        fc.record({
          kind: fc.constantFrom('request', 'socket', 'hook', 'work', 'message', 'job'),
          name: text,
          ageMs: fc.option(ms, { nil: undefined }),
          fate: fc.constantFrom('refused', 'cut', 'abandoned'),
        }),
        { maxLength: 12 },
      ),
      activeResources: fc.option(fc.dictionary(text, fc.nat()), { nil: undefined }),
    });
    await check(sources, ({ detail, ...source }) => {
      const text = drawTimeline(record({ ...source, reason: { kind: 'request', detail } }));
      expectToFit(text);
      expect(text).not.toMatch(/(?!\n)\p{Cc}/u);
    });
  });
});
