import { afterEach, describe, expect, it } from '@jest/globals';
import { MAJORS, startArm, type Arm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe('a message of a custom transport, whose strategy calls its handlers itself, at SIGTERM', () => {
  it.each(MAJORS)('on Nest $nestMajor ends before its pool closes', async (cell) => {
    async function run(arm: Arm) {
      const program = startArm(cell, arm, 'services/custom-strategy');
      await program.event('begun');
      program.signal('SIGTERM');
      const { code } = await program.end;
      return { code, names: program.names(), handled: program.events.find(isHandled)?.['pool'] };
    }
    const [module, plain] = await Promise.all([run('with the module'), run('plain Nest')]);

    expect(module).toEqual({
      code: 0,
      names: ['begun', 'handled', 'acknowledged'],
      handled: 'open',
    });
    expect(plain.handled).not.toBe('open'); // the control: its pool is closed, or the process gone
  });
});

const isHandled = ({ event }: { readonly event: string }) => event === 'handled';
