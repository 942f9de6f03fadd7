import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, CELLS, MAJORS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(CELLS)('on Nest $nestMajor, $platform, app.close()', (cell) => {
  it('frees the port in the turn in which it is called, though a client keeps its connection', async () => {
    await Promise.all(
      ARMS.map(async (arm) => {
        const settings = { keepsConnection: true };
        const started = startArm(cell, arm, 'closed-without-await', settings);
        await started.end;
        expect(started.events).toEqual([
          { event: 'one turn later', listening: false },
          { event: 'listens again' },
        ]);
      }),
    );
  });
});

describe.each(MAJORS)('on Nest $nestMajor, app.close()', (cell) => {
  it.each(ARMS)('needs no timer to fire: fake ones before the first import, %s', async (arm) => {
    const started = startArm(cell, arm, 'fake-timers', { first: true, listens: true });
    expect(await started.event('closed')).toBeDefined();
  });
});

describe.each(MAJORS)('on Nest $nestMajor, fifteen applications in one process', (cell) => {
  it.each(ARMS)('close together without a warning of a leak: %s', async (arm) => {
    const started = startArm(cell, arm, 'many-applications');
    expect(await started.event('closed')).toMatchObject({ listeners: 0 });
    started.kill();
    expect(started.names()).toEqual(['closed']);
  });

  it('end together at a signal', async () => {
    const started = startArm(cell, 'with the module', 'many-applications', { ends: 'by signal' });
    expect((await started.end).code).toBe(0);
    expect(started.names()).toEqual([]);
  });
});
