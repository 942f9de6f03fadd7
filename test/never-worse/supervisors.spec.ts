import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const pm2 = { pm_id: '0', PM2_HOME: '/nowhere' };

const start = (cell: Cell, arm: Arm, kind: string, env: Readonly<Record<string, string>> = pm2) =>
  startArm(cell, arm, 'supervised', { kind }, { env });

describe.each(MAJORS)('on Nest $nestMajor', (cell) => {
  it("PM2's message 'shutdown' stops a service as a signal does, and its limit is said at boot", async () => {
    const program = start(cell, 'with the module', 'a service');
    await program.line(/WARN.*PM2 kills this process 1\.6 s after/);
    await program.event('listening');
    program.send('shutdown');

    expect(await program.end).toMatchObject({ code: 0, signal: null });
    expect(program.names()).toContain('destroyed');
    expect(program.lastWord).toContain("PM2's message 'shutdown': clean in ");
  });

  it('an application of its own listener for that message, and a script that just ends, are as on plain Nest', async () => {
    const ends = await Promise.all(
      ARMS.map(async (arm) => {
        const listens = start(cell, arm, 'a service with a listener of its own');
        const ends = start(cell, arm, 'a script that ends by itself');
        await listens.event('listening');
        listens.send('shutdown');
        const [{ code }, { code: codeOfScript }] = await Promise.all([listens.end, ends.end]);
        return { code, done: listens.names().includes('done'), codeOfScript };
      }),
    );
    const asOnPlainNest = { code: 7, done: true, codeOfScript: 0 };
    expect(ends).toEqual([asOnPlainNest, asOnPlainNest]);
  });

  it.each([
    ['its main thread asks it to close', 'a worker thread'],
    ['Watt stops it', 'a thread of Watt'],
  ])('in a worker thread no signal arrives; it shuts down when %s', async (_when, kind) => {
    const program = start(cell, 'with the module', kind, {});
    await program.event('listening');
    program.signal('SIGTERM');

    expect(await program.end).toMatchObject({ code: 0, signal: null });
    expect(program.names()).toContain('destroyed');
    const log = program.log.join('\n');
    expect(log).toMatch(/WARN.*runs in a worker thread, where no stop signal arrives/);
    expect(log).not.toContain('Ready to drain');
    expect(log).not.toContain('enableShutdownHooks()');
  });
});
