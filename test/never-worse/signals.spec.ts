import { afterEach, describe, expect, it } from '@jest/globals';
import { CELLS, ARMS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it.each(ARMS)('one SIGTERM lets a request finish: %s', async (arm) => {
    const program = startArm(cell, arm, 'two-signals');
    const answer = program.get('/slow');
    await program.event('begun');
    program.signal('SIGTERM');

    expect(await answer).toMatchObject({ status: 200, body: 'answered' });
    await program.end;
    expect(program.names()).toContain('destroyed');
  });
});
