import { afterEach, describe, expect, it } from '@jest/globals';
import { cells } from '../support/cells.js';
import { eventually } from '../support/eventually.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

describe.each(cells([12, 11] as const))('Graceful on Nest %d', (nestMajor) => {
  const start = (settings: object): StartedProgram =>
    new StartedProgram(nestMajor, 'http-app', settings);

  it('shutdown() drains every application of the process, and tells everybody of it', async () => {
    const program = start({ apps: 2, listens: true, onReport: 'says', keepAlive: true });
    await program.event('started');
    const answers = all(program, 'listening').map(({ port }) =>
      program.get('/slow/500', port as number),
    );
    await eventually('both requests', () => all(program, 'slow-start').length === 2);
    program.send('shutdown');
    program.send('shutdown again'); // joins

    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await program.end).code).toBe(3);
    expect(all(program, 'destroy').map(({ working }) => working)).toEqual([0, 0]);
    expect(program.lastWord).toMatch(/lost the lock: clean in/);
    const reports = all(program, 'report').map(({ report }) => report);
    const reason = { kind: 'request', detail: 'lost the lock' };
    expect(reports).toMatchObject([{ reason }, { reason }]);
    expect(reports).toContainEqual(expect.objectContaining({ exitCode: 3 }));

    // Each application tells of its own.
    expect(sorted(all(program, 'observed').map(({ state }) => state))).toEqual(
      sorted([...LIFE, ...LIFE]),
    );
    expect(all(program, 'observed all')).toHaveLength(2);
    expect(all(program, 'aborted').map(({ why }) => why)).toEqual([
      expect.stringMatching(/lost the lock/),
      expect.stringMatching(/lost the lock/),
    ]);
    const names = program.names();
    expect(names.lastIndexOf('aborted')).toBeLessThan(names.indexOf('slow-end'));

    const states = all(program, 'channel state').map(({ message }) => message);
    expect(states).toHaveLength(8);
    expect(states).toContainEqual({ state: 'ready' });
    expect(states).toContainEqual({ state: 'closed', reason });
    const phases = all(program, 'channel phase').map(({ message }) => message);
    expect(phases).toContainEqual({ phase: 'drain', deadline: expect.any(Number) });
    expect(phases).toContainEqual({
      phase: 'drain',
      report: expect.objectContaining({ name: 'drain', outcome: 'done' }),
    });
    expect(all(program, 'channel report').map(({ message }) => message)).toEqual(
      expect.arrayContaining(reports.map((report) => ({ report }))),
    );
  });

  it('shutdown() leaves the process alone with exitProcess: false, and with a wrong code', async () => {
    const program = start({ onReport: 'says', options: { exitProcess: false } });
    await program.event('started');
    program.send('shutdown with a wrong code');

    expect((await program.event('refused'))['error']).toMatch(
      /exitCode of shutdown\(\).*from 0 to 255/,
    );
    expect((await program.get('/health/ready')).status).toBe(200);
    program.send('shutdown');
    program.send('shutdown again');
    const reason = { kind: 'request', detail: 'lost the lock' };
    await eventually('both answers', () => all(program, 'shut down').length === 2);
    expect(all(program, 'shut down')).toMatchObject([{ reason }, { reason }]);
    expect((await program.event('report'))['report']).not.toHaveProperty('exitCode');
    program.send('close'); // it is still there, and closed already
    expect(await program.event('closed')).toMatchObject({ state: 'closed', timers: 0 });
    expect(all(program, 'destroy')).toHaveLength(1);
    program.send('disconnect'); // the test's own pipe was the last thing that kept it alive
    expect(await program.end).toMatchObject({ code: 0, signal: null });
  });

  it('shutdown() called during bootstrap waits for its end', async () => {
    const program = start({ initBegins: 'with a shutdown', initMs: 300, keepAlive: true });

    expect((await program.end).code).toBe(3);
    expect(program.names()).toEqual(expect.arrayContaining(['init-end', 'destroy', 'shutdown']));
    expect(program.lastWord).toMatch(/lost the lock: clean in/);
  });

  it('work of its own is waited for', async () => {
    const program = start({ keepAlive: true });
    expect((await program.get('/work/600')).body).toBe('begun');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
    expect(program.names().filter((name) => /^work-end|^destroy/.test(name))).toEqual([
      ...['work-end', 'work-end', 'work-end'],
      'destroy',
    ]);
    expect(program.log.join('\n')).toMatch(/SIGTERM: shutting down.*, 3 tracked tasks/);
  });

  it('work of its own that hangs is named', async () => {
    const program = start({ keepAlive: true, options: { gracePeriodMs: 1_500 } });
    await program.get('/work/Infinity');
    program.signal('SIGTERM');

    const { code, ms } = await program.end;
    expect([code, program.names().includes('shutdown')]).toEqual([1, true]);
    expect(ms).toBeLessThan(1_500);
    for (const name of ['a hold', 'a promise', 'Worker@run']) {
      expect(program.lastWord).toMatch(new RegExp(`cut: .*${name} \\(abandoned after`));
    }
  });
});

const LIFE = ['ready', 'draining', 'closing', 'closed'];

function all(program: StartedProgram, name: string): StartedProgram['events'] {
  return program.events.filter(({ event }) => event === name);
}

function sorted(values: readonly unknown[]): unknown[] {
  return values.map(String).toSorted();
}
