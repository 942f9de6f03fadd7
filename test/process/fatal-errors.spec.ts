import { afterEach, describe, expect, it } from '@jest/globals';
import { besides, cells } from '../support/cells.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

const both: Array<[trigger: string, how: string, other: string]> = [
  ['uncaughtException', 'throw', 'reject'],
  ['unhandledRejection', 'reject', 'throw'],
];

besides(() => {
  describe('by default', () => {
    it.each(both)('an %s is left to Node', async (_trigger, how) => {
      const program = new StartedProgram(12, 'http-app', {});
      const answer = program.get('/slow/60000');
      await program.event('slow-start');
      program.send(how);

      expect((await program.end).code).toBe(1);
      expect((await answer).error).toBeDefined();
      expect(program.names()).not.toContain('destroy');
      const said = program.log.join('\n');
      expect(said).toMatch(/Error: boom\n +at /);
      expect(said).not.toMatch(/shutting down|before the shutdown was over/);
    });
  });
});

describe.each(cells([12, 11] as const))('with shutdownOnFatalError on Nest %d', (nestMajor) => {
  const fatal = { shutdownOnFatalError: true, exitCodeFatal: 70, probes: { port: 0 } };
  const start = (settings: object, options: object = {}): StartedProgram =>
    new StartedProgram(nestMajor, 'http-app', {
      keepAlive: true,
      ...settings,
      options: { ...fatal, ...options },
    });

  it.each(both)('an %s drains, flushes and closes', async (trigger, how, other) => {
    const program = start({ onReport: 'says' });
    const probes = Number(/:(\d+) \[probes-listen\]$/.exec(await program.line(/Probes on/))?.[1]);
    const answer = program.get('/slow/700');
    await program.event('slow-start');
    program.send(how);
    await program.line(/shutting down/);
    expect((await program.get('/health/ready', probes)).status).toBe(503);
    expect((await program.get('/health/live', probes)).status).toBe(200);
    program.send(other); // a further error cuts nothing short

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(70);
    expect(await program.event('destroy')).toMatchObject({ working: 0 });
    expect(program.names()).toContain('shutdown');
    expect(program.lastWord).toMatch(new RegExp(`${trigger}: Error: boom: clean in .*flush`));
    expect((await program.event('report'))['report']).toMatchObject({
      reason: { kind: 'fatal', trigger, error: 'Error: boom' },
      exitCode: 70,
    });
    const said = program.log.join('\n');
    expect(said).toMatch(new RegExp(`${trigger}: Error: boom \\[fatal-error\\]\\n +at `)); // with the stack
    expect(said).toMatch(/(uncaughtException|unhandledRejection) while shutting down: Error: boom/);
  });

  it('the process ends in time when everything hangs, whatever else comes', async () => {
    const settings = { destroy: 'hangs', flush: 'hangs', close: 'hangs' };
    const program = start(settings, { fatalGracePeriodMs: 1_500 });
    const answer = program.get('/slow/60000');
    await program.event('slow-start');
    const from = Date.now();
    program.send('throw');
    await program.line(/shutting down/);
    program.signal('SIGTERM'); // the platform may not know that it ends already
    program.send('throw');

    expect((await answer).status).toBe(503);
    expect((await program.end).code).toBe(70);
    expect(Date.now() - from).toBeLessThan(2_500);
    expect(program.lastWord).toMatch(
      /uncaughtException: Error: boom: forced .*over time: .*Database\.onModuleDestroy/,
    );
  });

  it('an error in the shutdown for a signal is logged and changes nothing', async () => {
    const program = start({});
    const answer = program.get('/slow/500');
    await program.event('slow-start');
    program.signal('SIGTERM');
    await program.line(/shutting down/);
    program.send('throw');
    program.send('reject');

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
    expect(program.names()).toContain('shutdown');
    expect(program.lastWord).toMatch(/SIGTERM: clean in/);
    const said = program.log.join('\n');
    expect(said).toMatch(/uncaughtException while shutting down: Error: boom/);
    expect(said).toMatch(/unhandledRejection while shutting down: Error: boom/);
  });

  it('an error during bootstrap waits for its end, and then closes what there is', async () => {
    const program = start({ initBegins: 'with a crash', initMs: 300 });

    expect((await program.end).code).toBe(70);
    expect(program.names()).toEqual(expect.arrayContaining(['init-end', 'destroy', 'shutdown']));
    expect(program.lastWord).toMatch(/uncaughtException: Error: boom: clean in/);
  });

  const told = { nest: { abortOnError: false } };
  it.each([
    ['an init hook', { init: 'throws' }, 1],
    ['an init hook, which main.ts is told', { init: 'throws', ...told }, 1],
    ['a provider, which main.ts is told', { create: 'throws', ...told }, 1], // the module is out of it by then
  ])('a bootstrap that fails in %s ends the process', async (_where, settings, code) => {
    const program = start(settings, { gracePeriodMs: 6_000 });
    const from = Date.now();

    expect((await program.end).code).toBe(code);
    expect(Date.now() - from).toBeLessThan(5_000);
    expect(program.log.join('\n')).toMatch(/Error: (init|create) failed\n +at /);
    expect(program.names()).not.toContain('listening');
  });
});
