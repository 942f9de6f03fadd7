import { describe, expect, it } from '@jest/globals';
import { createReport } from '../../../lib/report/create-report.js';
import type { ShutdownRecord } from '../../../lib/engine/record.js';
import { drawTimeline } from '../../../lib/report/timeline.js';

function record(): ShutdownRecord {
  return {
    version: 2,
    reason: { kind: 'signal', signal: 'SIGTERM' },
    startedAt: 1_700_000_000_000.25,
    durationMs: 1_200.75,
    outcome: 'forced',
    phases: [
      {
        name: 'close',
        outcome: 'timed-out',
        startMs: 0.4,
        durationMs: 1_200.35,
        tasks: [
          {
            name: 'Database.onModuleDestroy',
            outcome: 'timed-out',
            startMs: 0.5,
            durationMs: 1_200.25,
            critical: false,
            site: 'DatabaseModule',
            error: 'Error: gone',
            blockedMs: 100.5,
          },
        ],
      },
    ],
    unfinished: [{ kind: 'request', name: 'GET /orders/:id', ageMs: 900.5, fate: 'cut' }],
  };
}

const end = { exitCode: 1, activeResources: { Timeout: 1, TCPSocketWrap: 3 } };

it('has the tasks in the order they began, also those of the same millisecond', () => {
  const task = { outcome: 'done', durationMs: 0, critical: false } as const;
  const [phase] = record().phases;
  const tasks = [
    { ...task, name: 'second', startMs: 10.2 },
    { ...task, name: 'first', startMs: 10.1 },
  ];
  const report = createReport({ ...record(), phases: [{ ...phase, tasks }] }, {});
  expect(report.phases[0].tasks.map(({ name }) => name)).toEqual(['first', 'second']);
});

/** Every object in a value, itself included. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

describe('a report', () => {
  it('is all of the record and the end, in whole milliseconds and in one order', () => {
    expect(JSON.stringify(createReport(record(), end), null, 1)).toBe(
      JSON.stringify(
        {
          version: 2,
          reason: { kind: 'signal', signal: 'SIGTERM' },
          startedAt: 1_700_000_000_000,
          durationMs: 1_201,
          outcome: 'forced',
          exitCode: 1,
          phases: [
            {
              name: 'close',
              outcome: 'timed-out',
              startMs: 0,
              durationMs: 1_200,
              tasks: [
                {
                  name: 'Database.onModuleDestroy',
                  outcome: 'timed-out',
                  startMs: 1,
                  durationMs: 1_200,
                  critical: false,
                  site: 'DatabaseModule',
                  error: 'Error: gone',
                  blockedMs: 101,
                },
              ],
            },
          ],
          unfinished: [{ kind: 'request', name: 'GET /orders/:id', ageMs: 901, fate: 'cut' }],
          activeResources: { TCPSocketWrap: 3, Timeout: 1 },
        },
        null,
        1,
      ),
    );
  });

  it('has no key for what is not known', () => {
    const report = createReport(record(), { exitCode: undefined, activeResources: undefined });
    expect(Object.keys(report)).toEqual([
      'version',
      'reason',
      'startedAt',
      'durationMs',
      'outcome',
      'phases',
      'unfinished',
    ]);
  });

  it('takes nothing else along that an object carries', () => {
    const unfinished = record().unfinished.map((work) => ({ ...work, query: '?token=secret' }));
    expect(JSON.stringify(createReport({ ...record(), unfinished }, end))).not.toContain('secret');
  });

  it('is a timeline as a string', () => {
    const report = createReport(record(), end);
    expect(String(report)).toBe(drawTimeline(report));
    expect(String(report)).toMatch(/^SIGTERM: forced in 1\.2 s, exit code 1\n/);
  });

  it('is data only, so it can be cloned, sent and spread', () => {
    const report = createReport(record(), end);
    const parsed: unknown = JSON.parse(JSON.stringify(report));
    expect(structuredClone(report)).toStrictEqual(parsed);
    expect({ ...report }).toStrictEqual(parsed);
  });

  it('is frozen through and through, and a copy', () => {
    const source = record();
    const report = createReport(source, end);
    const objects = objectsIn(report);
    expect(objects).toHaveLength(9);
    expect(objects.filter((object) => !Object.isFrozen(object))).toEqual([]);
    expect(objectsIn(source).filter((object) => Object.isFrozen(object))).toEqual([]);
  });
});
