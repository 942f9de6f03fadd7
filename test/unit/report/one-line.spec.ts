import { describe, expect, it } from '@jest/globals';
import { describeReport } from '../../../lib/report/one-line.js';
import { describeReason, type ShutdownReason } from '../../../lib/engine/reason.js';
import type { PhaseReport, ShutdownRecord, TaskReport } from '../../../lib/engine/record.js';

function task(name: string, settings: Partial<TaskReport> = {}): TaskReport {
  return { name, outcome: 'done', startMs: 0, durationMs: 1, critical: false, ...settings };
}

function phase(name: string, durationMs: number, tasks: TaskReport[] = [task('a')]): PhaseReport {
  return { name, outcome: 'done', startMs: 0, durationMs, tasks };
}

function report(settings: Partial<ShutdownRecord> = {}): ShutdownRecord {
  return {
    version: 2,
    reason: { kind: 'signal', signal: 'SIGTERM' },
    startedAt: 1_700_000_000_000,
    durationMs: 7_240,
    outcome: 'clean',
    phases: [phase('announce', 1), phase('propagate', 6_100), phase('drain', 1_139)],
    unfinished: [],
    ...settings,
  };
}

describe('a report in one line', () => {
  it('of a clean shutdown', () => {
    expect(describeReport(report())).toBe(
      'SIGTERM: clean in 7.2 s (announce 1 ms, propagate 6.1 s, drain 1.1 s)',
    );
  });

  it('of a shutdown that had nothing to do', () => {
    const skipped = { ...phase('drain', 0), outcome: 'skipped' as const };
    expect(describeReport(report({ durationMs: 0, phases: [skipped] }))).toBe(
      'SIGTERM: clean in 0 ms (nothing to do)',
    );
  });

  it('leaves out the phases that were skipped', () => {
    const skipped = { ...phase('propagate', 0), outcome: 'skipped' as const };
    const text = describeReport(report({ phases: [skipped, phase('drain', 20)], durationMs: 21 }));
    expect(text).toBe('SIGTERM: clean in 21 ms (drain 20 ms)');
  });

  it('of a forced shutdown, with who was late, skipped, failed, cut and blocked', () => {
    const text = describeReport(
      report({
        outcome: 'forced',
        durationMs: 29_000,
        phases: [
          phase('drain', 19_750, [task('http', { outcome: 'timed-out' })]),
          phase('flush', 2_000, [
            task('Metrics@push', {
              outcome: 'timed-out',
              blockedMs: 1_234,
              site: 'MetricsModule, src/metrics.ts:8',
            }),
            task('Outbox@send', {
              outcome: 'failed',
              error: 'Error: broker gone',
              site: 'OutboxModule',
            }),
          ]),
          phase('close', 7_250, [
            task('Pool.onModuleDestroy', { outcome: 'timed-out', site: 'DatabaseModule' }),
            task('Vault.onModuleDestroy', { outcome: 'skipped', site: 'VaultModule' }),
            task('Legacy.onModuleDestroy', { outcome: 'left-to-nest', site: 'LegacyModule' }),
          ]),
        ],
        unfinished: [
          { kind: 'request', name: 'GET /orders/:id', ageMs: 20_000, fate: 'refused' },
          { kind: 'hook', name: 'Pool.onModuleDestroy', fate: 'abandoned' },
        ],
      }),
    );
    expect(text).toBe(
      'SIGTERM: forced in 29.0 s (drain 19.8 s, flush 2.0 s, close 7.3 s); ' +
        'over time: http, Metrics@push (MetricsModule, src/metrics.ts:8), ' +
        'Pool.onModuleDestroy (DatabaseModule); ' +
        'skipped: Vault.onModuleDestroy (VaultModule); ' +
        'failed: Outbox@send (Error: broker gone); ' +
        'cut: GET /orders/:id (refused after 20.0 s), Pool.onModuleDestroy (abandoned); ' +
        'left to Nest: Legacy.onModuleDestroy (LegacyModule); ' +
        'blocked the event loop: Metrics@push for 1.2 s',
    );
  });

  it('names five of a kind and counts the others', () => {
    const unfinished = Array.from({ length: 8 }, (_, index) => ({
      kind: 'request' as const,
      name: `GET /${'abcdefgh'[index]}`,
      fate: 'cut' as const,
    }));
    expect(describeReport(report({ phases: [], unfinished }))).toBe(
      'SIGTERM: clean in 7.2 s (nothing to do); ' +
        'cut: GET /a (cut), GET /b (cut), GET /c (cut), GET /d (cut), GET /e (cut) and 3 more',
    );
  });

  it.each([
    [1, 'finished with 1 failure in'],
    [2, 'finished with 2 failures in'],
  ])('never says clean of what has failed: %d', (count, words) => {
    const failed = Array.from({ length: count }, (_, index) =>
      task(`Outbox${index}@send`, { outcome: 'failed', error: 'Error: broker gone' }),
    );
    const text = describeReport(report({ phases: [phase('flush', 10, failed)] }));
    expect(text).toContain(words);
    expect(text).not.toContain('clean');
  });

  it('stays one line, and of a long error shows the beginning', () => {
    const error = `PrismaError: \n\nInvalid invocation in\n  /app/order.ts:12\n${'x'.repeat(300)}`;
    const text = describeReport(
      report({ phases: [phase('flush', 10, [task('Outbox@send', { outcome: 'failed', error })])] }),
    );
    expect(text).not.toContain('\n');
    expect(text).toContain(
      'failed: Outbox@send (PrismaError: Invalid invocation in /app/order.ts:12 xxx',
    );
    expect(text.length).toBeLessThan(300);
    expect(text).toMatch(/x…\)$/);
  });

  it('cuts no character of a long error in half', () => {
    const error = `Error: ${'🚀'.repeat(200)}`; // the 200th unit is the first half of one
    const text = describeReport(
      report({ phases: [phase('flush', 10, [task('Outbox@send', { outcome: 'failed', error })])] }),
    );
    expect(text).toMatch(/^.*\(Error: (🚀)+…\)$/u);
  });

  it('has no colours, and no other command to a terminal', () => {
    const error = 'Error: \u001b[31mred\u001b[39m\u0007';
    const text = describeReport(
      report({ phases: [phase('flush', 10, [task('Outbox@send', { outcome: 'failed', error })])] }),
    );
    expect(text).toMatch(/failed: Outbox@send \(Error: red\)$/);
  });

  it('stays one line for a reason of many', () => {
    const reason = { kind: 'request', detail: 'out of\n  memory' } as const;
    expect(describeReport(report({ reason, phases: [] }))).toMatch(/^out of memory: clean/);
  });

  it.each([
    [0, '0 ms'],
    [4, '4 ms'],
    [123.4, '123 ms'],
    [994, '994 ms'],
    [999.4, '999 ms'],
    [999.5, '1.0 s'],
    [59_949, '59.9 s'],
    [600_000, '600.0 s'],
  ])('shows %d ms as %s', (durationMs, text) => {
    expect(describeReport(report({ durationMs, phases: [] }))).toContain(`clean in ${text} (`);
  });
});

describe('a reason in a word', () => {
  it.each<[ShutdownReason, string]>([
    [{ kind: 'signal', signal: 'SIGINT' }, 'SIGINT'],
    [{ kind: 'close' }, 'app.close()'],
    [{ kind: 'request', detail: 'out of memory' }, 'out of memory'],
  ])('%j is %s', (reason, text) => {
    expect(describeReason(reason)).toBe(text);
  });
});
