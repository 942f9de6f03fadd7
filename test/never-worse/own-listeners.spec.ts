import { afterEach, describe, expect, it } from '@jest/globals';
import { ARMS, MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const [nest12] = MAJORS as [Cell];

async function onSigterm(cell: Cell, arm: Arm, listener: string) {
  const program = startArm(cell, arm, 'own-listener', { listener });
  await program.event('listening');
  program.signal('SIGTERM');
  const { code, signal } = await program.end;
  return { end: code ?? signal, done: program.names().includes('done') };
}

describe('a listener for SIGTERM in main.ts, without enableShutdownHooks()', () => {
  it.each([
    ['work behind close()', 7, MAJORS],
    ['work before close()', 0, [nest12]],
    ['a callback behind close()', 7, [nest12]],
    ['another application beside it', 0, [nest12]],
    ['a limit that is not reached', 0, [nest12]],
  ] as const)('runs to its end: %s', async (listener, end, cells) => {
    const ends = await Promise.all(
      cells.flatMap((cell) => ARMS.map((arm) => onSigterm(cell, arm, listener))),
    );
    expect(ends).toEqual(ends.map(() => ({ end, done: true })));
  });

  it('that ends the process is named at boot, and where it did so in the end', async () => {
    const program = startArm(nest12, 'with the module', 'own-listener', {
      listener: 'telemetry that ends the process',
    });
    const answer = program.get('/slow');
    await program.event('begun');
    const atBoot = program.log.filter((line) => line.includes('WARN'));
    program.signal('SIGTERM');

    expect(atBoot).toEqual([
      expect.stringMatching(/Another listener for SIGTERM calls process\.exit\(\)/),
    ]);
    expect((await answer).error).toBeDefined(); // nobody can hinder it
    expect((await program.end).code).toBe(0);
    const place = /own-listener\.js:\d+ before the shutdown was over/;
    expect(program.lastWord).toMatch(/process\.exit\(0\) was called at /);
    expect(program.lastWord).toMatch(place);
    expect(program.log.join('\n')).not.toContain('enableShutdownHooks()');
  });

  it('that closes a pool under its requests is named at boot', async () => {
    const program = startArm(nest12, 'with the module', 'own-listener', {
      listener: 'a pool that is closed',
    });
    const answer = program.get('/slow');
    await program.event('begun');
    const atBoot = program.log.filter((line) => line.includes('WARN'));
    program.signal('SIGTERM');

    expect(atBoot).toEqual([
      expect.stringMatching(/Another listener for SIGTERM closes something .*pool\.end\(\)/),
    ]);
    expect((await answer).status).toBe(500); // nobody can hinder it
    expect((await program.end).code).toBe(0);
  });

  it('that closes the application first is not named; without one a quiet line advises the hooks', async () => {
    const [harmless, none] = ['work behind close()', 'none'].map((listener) =>
      startArm(nest12, 'with the module', 'own-listener', { listener }),
    );
    const advice = await none?.line(/enableShutdownHooks\(\) was not called/);
    expect(advice).toContain('LOG');
    for (const program of [harmless, none]) {
      await program?.event('listening');
      program?.signal('SIGTERM');
      await program?.end;
      expect(program?.log.filter((line) => line.includes('WARN'))).toEqual([]);
    }
    expect(harmless?.log.join('\n')).not.toContain('enableShutdownHooks()');
  });
});
