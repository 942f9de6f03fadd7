import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { cells } from '../support/cells.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

describe.each(cells([12, 11] as const))('on Nest %d', (nestMajor) => {
  const start = (settings: object) => new StartedProgram(nestMajor, 'http-app', settings);

  describe.each(['express', 'fastify'])('and %s', (platform) => {
    it('finishes what is in flight before any provider is torn down', async () => {
      const program = start({ platform, keepAlive: true });
      const answer = program.get('/slow/400');
      await program.event('slow-start');
      program.signal('SIGTERM');

      expect(await answer).toEqual({ status: 200, connection: 'close', body: 'slow' });
      expect(await program.end).toMatchObject({ code: 0, signal: null });
      expect(program.names().slice(-5)).toEqual([
        'slow-start',
        'slow-end',
        'destroy',
        'shutdown',
        'exit',
      ]);
      expect(await program.event('destroy')).toMatchObject({ working: 0 });
      expect(program.lastWord).toMatch(/SIGTERM: clean in /);
    });

    it('loses it without the module, or this test could not fail', async () => {
      const program = start({ platform, options: null });
      const answer = program.get('/slow/400');
      await program.event('slow-start');
      program.signal('SIGTERM');

      expect((await answer).status).not.toBe(200);
      expect(await program.event('destroy')).toMatchObject({ working: 1 });
      await program.end;
    });
  });

  it.each([
    ['forgotten', { shutdownHooks: 0 }],
    ['called twice', { shutdownHooks: 2 }],
    ['called after listen()', { hooksAfterListen: true }],
    ['called after listen() on Fastify', { hooksAfterListen: true, platform: 'fastify' }],
  ])('drains with enableShutdownHooks() %s', async (_how, settings) => {
    const program = start({ ...settings, keepAlive: true });
    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.signal('SIGTERM');

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
    expect(program.names().filter((name) => name === 'destroy')).toHaveLength(1);
    const warned = program.log.some((line) => line.includes('app.enableShutdownHooks();'));
    expect(warned).toBe('shutdownHooks' in settings && settings.shutdownHooks === 0);
  });

  it.each(['SIGINT', 'SIGHUP', 'SIGQUIT'] as const)('drains on %s', async (signal) => {
    const program = start({ shutdownHooks: 0 });
    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.signal(signal);

    expect((await answer).status).toBe(200);
    // As Nest ends by it: the terminal may be gone, and process.exit() then fails on Node 20.
    const bySignal = { code: null, signal: 'SIGHUP' };
    const end = signal === 'SIGHUP' ? bySignal : { code: 0, signal: null };
    expect(await program.end).toMatchObject(end);
    expect(program.lastWord).toMatch(new RegExp(`${signal}: clean in `));
  });

  it('leaves a signal that is not among `signals` to Node', async () => {
    const program = start({ shutdownHooks: 0, options: { signals: ['SIGTERM'] } });
    await program.event('started');
    program.signal('SIGHUP');

    expect(await program.end).toMatchObject({ code: null, signal: 'SIGHUP' });
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('ends at once on a second signal, %s, with %d', async (signal, code) => {
    const program = start({});
    const answer = program.get('/slow/20000');
    await program.event('slow-start');
    program.signal(signal === 'SIGTERM' ? 'SIGINT' : 'SIGTERM');
    await program.line(/shutting down/);
    await sleep(300); // within 250 ms it would count as the same request
    program.signal(signal);

    expect((await program.end).code).toBe(code);
    expect((await answer).error).toBeDefined();
    expect(program.lastWord).toMatch(new RegExp(`Second signal \\(${signal}\\): exiting now`));
  });

  it('ends at once on a stronger signal, a moment later, and names the hook that hangs', async () => {
    const program = start({ destroy: 'hangs' });
    await program.event('started');
    program.signal('SIGTERM');
    await program.event('destroy');
    await sleep(300); // within 250 ms it would count as the same request
    program.signal('SIGQUIT');

    const { code, ms } = await program.end;
    expect(code).toBe(131);
    expect(ms).toBeLessThan(5_000);
    expect(program.lastWord).toMatch(
      /exiting now; so far SIGTERM: .*; over time: Database\.onModuleDestroy/,
    );
  });

  it('takes a repeat of the same signal within a moment for the same one', async () => {
    const program = start({});
    const answer = program.get('/slow/400');
    await program.event('slow-start');
    program.signal('SIGINT'); // Ctrl-C reaches the whole process group …
    await program.line(/shutting down/);
    program.signal('SIGINT'); // … and npm passes it on

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
  });

  it.each([
    ['0 when everything finished', {}, '/slow/100', 0],
    ['exitCodeClean', { exitCodeClean: 7 }, '/slow/100', 7],
    ['1 when a request was refused', { gracePeriodMs: 1_500 }, '/slow/9000', 1],
    ['exitCodeForced', { gracePeriodMs: 1_500, exitCodeForced: 9 }, '/slow/9000', 9],
  ])('exits with %s', async (_what, options, path, code) => {
    const program = start({ options });
    const answer = program.get(path);
    await program.event('slow-start');
    program.signal('SIGTERM');

    expect((await answer).status).toBe(path === '/slow/100' ? 200 : 503);
    expect((await program.end).code).toBe(code);
  });

  it('leaves the end to Nest with exitProcess: false', async () => {
    const program = start({ options: { exitProcess: false } });
    await program.event('started');
    program.signal('SIGTERM');

    expect(await program.end).toMatchObject({ code: null, signal: 'SIGTERM' }); // Nest raises it again
    expect(program.lastWord).toMatch(/SIGTERM: clean in /);
  });

  it('leaves it to the program when Nest does not listen either', async () => {
    const program = start({ shutdownHooks: 0, options: { exitProcess: false } });
    await program.event('started');
    program.signal('SIGTERM');
    await program.line(/SIGTERM: clean in /);
    program.send('close');
    expect(await program.event('closed')).toMatchObject({ listeners: 0 }); // it is still there
    program.send('disconnect'); // the test's own pipe was the last thing that kept it alive

    expect(await program.end).toMatchObject({ code: 0, signal: null });
  });

  it.each([
    ['closes', 0],
    ['closes and exits', 3], // with its own code, as on plain Nest
  ])('goes first when main.ts has a handler of its own that %s', async (ownHandler, code) => {
    const program = start({ ownHandler, shutdownHooks: 0, keepAlive: true });
    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.signal('SIGTERM');

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(code);
    expect(program.lastWord).toMatch(/SIGTERM: clean in /); // not `app.close()`, which waits for no load balancer
  });

  it('drains for a signal that only Nest listens to, and leaves the end to it', async () => {
    const program = start({});
    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.signal('SIGUSR2');

    expect((await answer).status).toBe(200);
    expect(await program.event('destroy')).toMatchObject({ working: 0 });
    expect(await program.end).toMatchObject({ code: null, signal: 'SIGUSR2' });
  });
});
