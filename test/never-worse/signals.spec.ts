import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ARMS, CELLS, MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { describeWith } from '../support/services.js';
import { killStarted, type StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

/** Longer than the 250 ms within which stop signals are one request. */
async function later(program: StartedProgram): Promise<void> {
  await program.line(/shutting down/);
  await sleep(800); // more than the 250 ms that count from the end of the first turn, however long that takes here
}

/** A request is in flight when `during` is called; tells how it ended, and what the program said. */
async function inFlight(
  program: StartedProgram,
  during: (program: StartedProgram) => Promise<unknown> | void,
) {
  const answer = program.get('/slow');
  await program.event('begun');
  await during(program);
  const { body } = await answer;
  const { code, signal } = await program.end;
  const repeats = program.log.filter((line) => line.includes('came again')).length;
  return { body, names: program.names(), end: code ?? signal, repeats };
}

const inBothArms = <T>(cell: Cell, one: (arm: Arm, cell: Cell) => Promise<T>): Promise<T[]> =>
  Promise.all(ARMS.map((arm) => one(arm, cell)));

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it('two stop signals in the same moment let a request finish', async () => {
    const both = await inBothArms(cell, (arm) =>
      inFlight(startArm(cell, arm, 'two-signals'), (program) => {
        for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) program.signal(signal);
      }),
    );
    for (const { body, names } of both) {
      expect(body).toBe('answered');
      expect(names).toContain('destroyed');
    }
    expect(both[1]).toMatchObject({ end: 0, repeats: 0 });
  });
});

describe.each(MAJORS)('on Nest $nestMajor', (cell) => {
  it('a library that raises the signal again when it is done cuts nothing', async () => {
    const both = await inBothArms(cell, (arm) =>
      inFlight(startArm(cell, arm, 'two-signals', { raisesAgain: 'SIGTERM' }), (program) =>
        program.signal('SIGTERM'),
      ),
    );
    for (const { body, names } of both) {
      expect(body).toBe('answered');
      expect(names).toEqual(expect.arrayContaining(['raised again', 'destroyed']));
    }
    expect(both[1]).toMatchObject({ end: 0, repeats: 1 });
  });

  it.each([
    ['first', 400, 1],
    ['last', 1_600, 0], // the process is over then
  ])(
    'a second, plain application in the process that ends %s runs its hook',
    async (_when, secondMs, leastRepeats) => {
      const both = await inBothArms(cell, (arm) =>
        inFlight(startArm(cell, arm, 'two-signals', { secondMs }), (program) =>
          program.signal('SIGTERM'),
        ),
      );
      for (const { body, names } of both) {
        expect(body).toBe('answered');
        expect(names).toEqual(expect.arrayContaining(['second closed', 'destroyed']));
      }
      expect(both[1]?.end).toBe(0);
      // Nest raises the signal again for it. That is said although the second application has turned the logger off.
      expect(both[1]?.repeats).toBeGreaterThanOrEqual(leastRepeats);
    },
  );

  it("a reload on SIGHUP stays the application's if enableShutdownHooks() names other signals", async () => {
    const settings = { hooks: ['SIGTERM'], reloads: true };
    const both = await inBothArms(cell, (arm) =>
      inFlight(startArm(cell, arm, 'two-signals', settings), async (program) => {
        program.signal('SIGHUP');
        await program.event('reloaded');
        expect(program.names()).not.toContain('destroyed');
        program.signal('SIGTERM');
      }),
    );
    for (const { body, names } of both) {
      expect(body).toBe('answered');
      expect(names).toContain('destroyed');
    }
  });

  it('SIGHUP ends the process by SIGHUP', async () => {
    const both = await inBothArms(cell, (arm) =>
      inFlight(startArm(cell, arm, 'two-signals'), (program) => program.signal('SIGHUP')),
    );
    for (const { body, end } of both) expect([body, end]).toEqual(['answered', 'SIGHUP']);
  });
});

const [cell] = MAJORS as [Cell];
const withTheModule = (settings: object, options?: object) =>
  startArm(cell, 'with the module', 'two-signals', settings, options);

describe('a later signal, without a terminal', () => {
  it('of the same name is said and changes nothing; a stronger one ends it now', async () => {
    const [repeated, escalated] = await Promise.all([
      inFlight(withTheModule({}), async (program) => {
        program.signal('SIGTERM');
        await later(program);
        program.signal('SIGTERM');
        expect(await program.line(/SIGTERM came again/)).toMatch(
          /SIGQUIT ends it now \[signal-repeated\]$/,
        );
      }),
      inFlight(withTheModule({ slowMs: 20_000 }), async (program) => {
        program.signal('SIGTERM');
        await later(program);
        program.signal('SIGINT');
      }),
    ]);
    expect(repeated).toMatchObject({ body: 'answered', end: 0, repeats: 1 });
    expect(escalated).toMatchObject({ body: undefined, end: 130, repeats: 0 });
  });
});

const terminal = {
  name: 'terminals',
  available: spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0,
  hint: 'script of util-linux',
};

describeWith(terminal, () => {
  it('a second Ctrl-C ends it now, and a signal that the process raises itself does not', async () => {
    const options = { terminal: true };
    const [pressed, raised] = await Promise.all([
      inFlight(withTheModule({ slowMs: 20_000 }, options), async (program) => {
        program.pressCtrlC();
        await later(program);
        program.pressCtrlC();
      }),
      inFlight(withTheModule({ raisesAgain: 'SIGINT' }, options), (program) =>
        program.pressCtrlC(),
      ),
    ]);
    expect(pressed).toMatchObject({ body: undefined, end: 130 });
    expect(raised).toMatchObject({ body: 'answered', end: 0, repeats: 1 });
  });
});
