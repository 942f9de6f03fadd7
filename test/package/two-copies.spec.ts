import { describe, expect, it } from '@jest/globals';
import type { DuplicateModuleError } from 'nestjs-graceful';
import { programPath } from '../support/programs.js';
import { PATIENCE_MS, runProgram, type ProgramRun } from './run-program.js';

type Cell = readonly [copy: string, nestMajor: 11 | 12];

const CELLS: readonly Cell[] = [
  ['the CommonJS build', 12],
  ['a second install', 11],
  ['the CommonJS build', 11],
  ['a second install', 12],
];
/** Each copy and each major once, for what depends on nothing else. */
const SOME = CELLS.slice(0, 2);

/** What the program says in the cells, which are started side by side. */
function runIn(cells: readonly Cell[], scenario: string): Promise<ProgramRun[]> {
  return Promise.all(
    cells.map(([copy, nestMajor]) =>
      runProgram(programPath(nestMajor, 'package/two-copies'), { COPY: copy, SCENARIO: scenario }),
    ),
  );
}

describe('two copies of the package in one process', () => {
  it(
    'decorators and classes of one count in the module of the other',
    async () => {
      for (const { code, events, output } of await runIn(CELLS, 'decorators')) {
        expect(output).toBe('');
        expect(events.map(({ event }) => event)).toEqual([
          ...['ready', 'stopping', 'left the registry', 'work done'],
          ...['flushed', 'flushed by both', 'flushed by both', 'closed'],
        ]);
        expect(events[0]).toMatchObject({
          status: 503,
          indicator: { graceful: { status: 'down' } },
        });
        expect(events[1]).toMatchObject({ known: true });
        expect(events.at(-1)).toMatchObject({ state: 'closing' });
        expect(code).toBe(0);
      }
    },
    PATIENCE_MS,
  );

  it(
    'errors of one are known by the classes of the other, and of `nestjs-graceful/testing`',
    async () => {
      for (const { events } of await runIn(SOME, 'errors')) {
        expect(events).toEqual([
          {
            event: 'known',
            ...{ byItsClass: true, inTesting: true, asOne: true },
            ...{ asAnother: false, aStranger: false },
          },
        ]);
      }
    },
    PATIENCE_MS,
  );

  it(
    'forRoot() of both in one application is refused, with the places of both',
    async () => {
      for (const { events, output } of await runIn(SOME, 'one application')) {
        expect(output).toBe('');
        expect(events).toHaveLength(1);
        const refusal = events[0] as unknown as DuplicateModuleError;
        const { code, message, copies } = refusal;
        expect(code).toBe('GRACEFUL_DUPLICATE_MODULE');
        expect(new Set(copies).size).toBe(2);
        for (const copy of copies) expect(copy).toMatch(/nestjs-graceful[^/]*\/dist(\/cjs)?$/);
        for (const copy of copies) expect(message).toContain(copy);
        expect(message).toContain('(in AppModule, LibraryModule, by 2 copies of nestjs-graceful)');
      }
    },
    PATIENCE_MS,
  );

  it(
    'two applications, each with one, are both waited for, and end the process together',
    async () => {
      for (const { code, events, output } of await runIn(SOME, 'two applications')) {
        expect(output).toBe('');
        expect(events.map(({ event }) => event).toSorted()).toEqual([
          ...['first answered', 'first closed', 'second answered', 'second closed'],
        ]);
        expect(code).toBe(0);
      }
    },
    PATIENCE_MS,
  );
});
