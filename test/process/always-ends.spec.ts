import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cells } from '../support/cells.js';
import { describeWith } from '../support/services.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

const unshare = ['unshare', '--pid', '--fork', '--mount-proc'];
const canUnshare = spawnSync(unshare[0], [...unshare.slice(1), 'true']).status === 0;

describe.each(cells([12, 11] as const))('on Nest %d', (nestMajor) => {
  const start = (
    settings: object,
    options?: ConstructorParameters<typeof StartedProgram>[3],
  ): StartedProgram => new StartedProgram(nestMajor, 'http-app', settings, options);

  it('ends before the grace period when a hook hangs, and names it', async () => {
    const program = start({
      destroy: 'hangs',
      options: { gracePeriodMs: 2_500, exitMarginMs: 1_000 },
    });
    await program.event('started');
    program.signal('SIGTERM');

    const { code, ms } = await program.end;
    expect(code).toBe(1);
    expect(ms).toBeLessThan(2_500);
    expect(program.lastWord).toMatch(/over time: Database\.onModuleDestroy/);
  });

  it.each([1, 0])(
    'survives and names a hook that throws, with enableShutdownHooks() called %d times',
    async (shutdownHooks) => {
      const program = start({ destroy: 'throws', keepAlive: true, shutdownHooks });
      await program.event('started');
      program.signal('SIGTERM');

      // Nest 11 by itself ends the process at the first hook that fails.
      expect((await program.end).code).toBe(0);
      expect(program.names()).toContain('shutdown');
      expect(program.lastWord).toMatch(
        /failed: Database\.onModuleDestroy \(Error: destroy failed\)/,
      );
      expect(program.log.join('\n')).not.toMatch(/UnhandledPromiseRejection|triggerUncaught/);
    },
  );

  it('survives a hook that blocks the event loop', async () => {
    const program = start({ destroy: 'blocks' });
    await program.event('started');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
  });

  it.each([
    [{ flush: 'throws' }, /failed: Telemetry@push \(Error: thrown at once\)/, 0],
    [{ flush: 'rejects' }, /failed: Telemetry@push \(Error: rejected\)/, 0],
    [{ flush: 'hangs' }, /over time: Telemetry@push/, 1],
    [{ flush: 'blocks' }, /blocked the event loop: Telemetry@push for 1\.\d s/, 0],
    [{ close: 'throws' }, /failed: Telemetry@disconnect \(Error: thrown at once\)/, 0],
    [{ close: 'hangs' }, /over time: Telemetry@disconnect/, 1],
  ])('survives and names a task that ends as %j', async (settings, words, code) => {
    const program = start(settings);
    await program.event('started');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(code);
    expect(program.lastWord).toMatch(words);
    expect(program.names()).toContain('shutdown');
  });

  it.each([
    ['up to its own limit', 8_000, 0, /SIGTERM: clean in/],
    ['not without one', null, 1, /over time: Telemetry@push/],
  ])('a flush may use the time that is free: %s', async (_what, flushLimitMs, code, words) => {
    // 0.67 s are reserved for it, and 1.5 s are what it needs.
    const program = start({ flushMs: 1_500, flushLimitMs, options: { gracePeriodMs: 10_000 } });
    await program.event('started');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(code);
    expect(program.names().includes('flushed')).toBe(code === 0);
    expect(program.lastWord).toMatch(words);
  });

  it.each([
    ['a provider is being created', { createMs: 700 }],
    ['an init hook is running', { initMs: 700 }],
  ])('waits for bootstrap when the signal comes while %s', async (_when, settings) => {
    const program = start(settings);
    await program.event('createMs' in settings ? 'create-start' : 'init-start');
    await program.line(/GracefulModule dependencies initialized/); // from here on the signal is ours
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
    const names = program.names();
    expect(names.indexOf('destroy')).toBeGreaterThan(names.indexOf('init-end'));
    expect(names.indexOf('init-end')).toBeGreaterThan(-1);
  });

  it('ends in time when bootstrap hangs', async () => {
    const program = start({
      init: 'hangs',
      keepAlive: true,
      options: { gracePeriodMs: 2_500, exitMarginMs: 1_000 },
    });
    await program.event('init-start');
    program.signal('SIGTERM');

    const { code, ms } = await program.end;
    expect(code).toBe(1);
    expect(ms).toBeLessThan(2_500);
    expect(program.lastWord).toMatch(/SIGTERM: forced in [^;]*; cut: bootstrap \(abandoned/);
  });

  it('lets a failed bootstrap end the process as Nest does', async () => {
    const program = start({ init: 'throws' });

    expect((await program.end).code).toBe(1);
    expect(program.log.join('\n')).toMatch(/Error: init failed/);
  });

  it('lets it do so after a signal, too', async () => {
    const program = start({ init: 'throws', initMs: 400, keepAlive: true });
    await program.event('init-start');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(1);
    expect(program.log.join('\n')).toMatch(/SIGTERM: shutting down.*bootstrap is waited for/);
    expect(program.log.join('\n')).toMatch(/Error: init failed/);
  });

  it('drains when nobody reads its output any more', async () => {
    const program = start({ keepAlive: true });
    const answer = program.get('/slow/400');
    await program.event('slow-start');
    program.closeOutput();
    program.signal('SIGTERM');

    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
  });

  it('survives app.close() when nobody reads its output any more', async () => {
    const program = start({});
    await program.event('started');
    program.closeOutput();
    program.send('close and leave');

    expect((await program.end).code).toBe(0);
  });

  it('restarts instantly outside an orchestrator, with idle connections open', async () => {
    const program = start({});
    const idle = [await program.idleConnection('/fast'), await program.idleConnection('/fast')];
    program.signal('SIGTERM');

    const { code, ms } = await program.end;
    expect(code).toBe(0);
    expect(ms).toBeLessThan(2_000);
    for (const socket of idle) socket.destroy();
  });

  describeWith(
    { name: 'PID namespaces', available: canUnshare, hint: 'unshare --pid as root on Linux' },
    () => {
      it('ends as PID 1, with a timer that keeps the process alive', async () => {
        const program = start({ keepAlive: true }, { wrapper: unshare });
        await program.event('started');
        program.signal('SIGTERM', childOf(program.pid));

        expect(await program.end).toMatchObject({ code: 0, signal: null });
      });

      it('does not end there without the module, or this test could not fail', async () => {
        const program = start({ keepAlive: true, options: null }, { wrapper: unshare });
        await program.event('started');
        program.signal('SIGTERM', childOf(program.pid));
        await program.event('shutdown'); // Nest's hooks are over: now it raises the signal again

        // Its server is closed, and yet another request to stop finds it alive: the kernel drops both for PID 1.
        program.signal('SIGTERM', childOf(program.pid));
        const second = await Promise.race([program.end, sleep(1_000, 'still alive')]);
        expect(second).toBe('still alive');
        process.kill(childOf(program.pid), 'SIGKILL');
        expect((await program.end).code).not.toBe(0);
      });
    },
  );
});

/** The process that `unshare --fork` has started: PID 1 inside, another number outside. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}
