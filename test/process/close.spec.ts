import { afterEach, describe, expect, it } from '@jest/globals';
import { cells } from '../support/cells.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

describe.each(cells([12, 11] as const))('on Nest %d', (nestMajor) => {
  const start = (
    settings: object,
    options?: ConstructorParameters<typeof StartedProgram>[3],
  ): StartedProgram => new StartedProgram(nestMajor, 'http-app', settings, options);

  it('app.close() drains, waits for no load balancer, and ends no process', async () => {
    const program = start({ shutdownHooks: 0 }, { env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } });
    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.send('close');

    expect((await answer).status).toBe(200);
    expect(await program.event('closed')).toMatchObject({
      state: 'closed',
      listeners: 0,
      timers: 0,
    });
    expect(await program.event('destroy')).toMatchObject({ working: 0 });
    expect(program.lastWord).not.toMatch(/propagate/);
    expect(program.names()).not.toContain('exit');
    program.send('disconnect'); // the test's own pipe was the last thing that kept it alive
    expect((await program.end).code).toBe(0);
  });

  it('app.close() twice is one shutdown', async () => {
    const program = start({});
    await program.event('started');
    program.send('close twice');

    await program.event('closed');
    expect(program.names().filter((name) => name === 'destroy')).toHaveLength(1);
    expect(program.names().filter((name) => name === 'shutdown')).toHaveLength(1);
  });

  it.each([
    ['app.close() and then a signal', 'close', 0],
    ['app.close() and then a signal, without Nest listening', 'close', 1],
    ['a signal and then app.close()', 'signal', 0],
    ['a signal and then app.close(), without Nest listening', 'signal', 1],
  ])('runs each hook once and exits with 0: %s', async (_what, first, forgotten) => {
    const program = start({ shutdownHooks: 1 - forgotten, keepAlive: true });
    const answer = program.get('/slow/400');
    await program.event('slow-start');
    if (first === 'close') program.send('close');
    else program.signal('SIGTERM');
    await program.line(/shutting down/);
    if (first === 'close') program.signal('SIGTERM');
    else program.send('close');

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
    expect(program.names().filter((name) => name === 'destroy')).toHaveLength(1);
    expect(program.names().filter((name) => name === 'shutdown')).toHaveLength(1);
  });

  it.each(['close, then a signal in the same turn', 'a signal, then close in the same turn'])(
    'runs each hook once and exits with 0: %s',
    async (command) => {
      const program = start({ keepAlive: true });
      await program.event('started');
      program.send(command);

      expect((await program.end).code).toBe(0);
      expect(program.names().filter((name) => name === 'destroy')).toHaveLength(1);
      expect(program.names().filter((name) => name === 'shutdown')).toHaveLength(1);
      expect(program.lastWord).toMatch(
        command.startsWith('close') ? /^.*app\.close\(\): clean/ : /SIGTERM: clean/,
      );
    },
  );

  it('two applications in one process both drain, and it exits after both', async () => {
    const program = start({ apps: 2, keepAlive: true });
    await program.event('started');
    const ports = program.events
      .filter(({ event }) => event === 'listening')
      .map(({ port }) => port as number);
    const [short, long] = ports.map((port, index) =>
      program.get(`/slow/${index === 0 ? 400 : 800}`, port),
    );
    await program.event('slow-start');
    while (program.names().filter((name) => name === 'slow-start').length < 2) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    program.signal('SIGTERM');

    expect((await short)?.status).toBe(200);
    expect((await long)?.status).toBe(200);
    expect((await program.end).code).toBe(0);
    expect(program.names().filter((name) => name === 'destroy')).toHaveLength(2);
    expect(program.names().filter((name) => name === 'shutdown')).toHaveLength(2);
  });

  it('an application closed and created again, twenty times, leaves no listener behind', async () => {
    const program = start({});
    await program.event('started');
    program.send('close');
    expect(await program.event('closed')).toMatchObject({ listeners: 0 });
    program.send('start and close 20 more');

    expect(await program.event('cycled')).toMatchObject({ listeners: 0 });
  });
});
