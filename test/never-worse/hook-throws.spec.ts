import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, MAJORS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(MAJORS)('on Nest $nestMajor, a hook that throws', (cell) => {
  it('is in the log of a service that shows warnings and errors only, and keeps nobody from closing', async () => {
    const [plain, module] = await Promise.all(
      ARMS.map(async (arm) => {
        const program = startArm(cell, arm, 'hook-throws');
        await program.event('listening');
        program.signal('SIGTERM');
        await program.end;
        return { names: program.names(), log: program.log.join('\n') };
      }),
    );

    for (const one of [plain, module]) expect(one?.log).toContain('the lease is gone');
    expect(module?.log).toMatch(
      /WARN.*failed: Broken\.onModuleDestroy \(Error: the lease is gone\)/,
    );
    expect(module?.names).toEqual(['listening', 'closed']);
    expect(plain?.log).toContain('ERROR'); // what is said there of it
  });
});
