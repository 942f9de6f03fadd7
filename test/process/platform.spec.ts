import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { cells } from '../support/cells.js';
import { describeWith } from '../support/services.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

const kubernetes = { KUBERNETES_SERVICE_HOST: '10.0.0.1', GRACEFUL_GRACE_PERIOD_MS: '6000' };

const terminal = {
  name: 'terminals',
  available: spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0,
  hint: 'script of util-linux',
};

describe.each(cells([12, 11] as const))('on Nest %d', (nestMajor) => {
  const start = (
    settings: object,
    options?: ConstructorParameters<typeof StartedProgram>[3],
  ): StartedProgram => new StartedProgram(nestMajor, 'http-app', settings, options);

  it.each(['express', 'fastify'])(
    'on Kubernetes everything is served on %s while readiness is down',
    async (platform) => {
      const program = start({ platform }, { env: kubernetes });
      expect((await program.get('/health/ready')).status).toBe(200);
      const long = program.get('/slow/2500');
      await program.event('slow-start');
      program.signal('SIGTERM');
      await program.line(/propagate: serving/);

      expect((await program.get('/health/ready')).status).toBe(503);
      expect((await program.get('/health/live')).status).toBe(200);
      expect(await program.get('/fast')).toEqual({
        status: 200,
        connection: 'close',
        body: 'fast',
      });
      await program.line(/drain: no new connections/);
      // What the kernel took before the listener closed is still served, or reset when nobody had accepted it.
      let late = await program.get('/fast');
      while (late.error !== 'ECONNREFUSED') late = await program.get('/fast');
      expect((await long).status).toBe(200);
      const { code, ms } = await program.end;
      expect(code).toBe(0);
      expect(ms).toBeGreaterThan(1_400); // the floor: a quarter of the grace period
    },
  );

  it('on Kubernetes a SIGINT that no person has sent waits for the load balancers', async () => {
    const program = start({}, { env: kubernetes });
    await program.event('started');
    program.signal('SIGINT');

    expect((await program.end).code).toBe(0);
    expect(program.lastWord).toMatch(/SIGINT: clean in .*propagate 1\.\d+ s/);
  });

  it.each([
    ['outside an orchestrator it says how to see the wait of one', {}, {}, true],
    ['not where it has waited', {}, { env: kubernetes }, false],
    [
      'not without HTTP, where nobody comes by a load balancer',
      { context: true, keepAlive: true },
      {},
      false,
    ],
  ])('at the end of SIGTERM: %s', async (_what, settings, options, isSaid) => {
    const program = start(settings, options);
    await program.event('started');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
    const words =
      'load balancers were not waited for, as no orchestrator was found: start with KUBERNETES_SERVICE_HOST=';
    expect(program.lastWord.includes(words)).toBe(isSaid);
  });

  describeWith(terminal, () => {
    it('but Ctrl-C at a terminal does not', async () => {
      const program = start({}, { env: kubernetes, terminal: true });
      await program.event('started');
      program.pressCtrlC();

      expect((await program.end).code).toBe(0);
      expect(program.lastWord).toMatch(/SIGINT: clean in /);
      expect(program.lastWord).not.toMatch(/propagate/);
    });
  });

  it('without HTTP its tasks run, and it exits with 0', async () => {
    const program = start({ context: true, keepAlive: true, flush: 'throws' });
    await program.event('started');
    program.signal('SIGTERM');

    expect(await program.end).toMatchObject({ code: 0, signal: null });
    expect(program.lastWord).toMatch(
      /SIGTERM: finished with 1 failure in .*failed: Telemetry@push/,
    );
    expect(program.names().slice(-3)).toEqual(['destroy', 'shutdown', 'exit']);
  });

  it('without HTTP the same sequence runs, with probes on a port of their own until the end', async () => {
    const port = await freePort();
    const program = start({
      context: true,
      keepAlive: true,
      initMs: 400,
      destroy: 'hangs',
      options: { gracePeriodMs: 2_000, probes: { port, host: '127.0.0.1' } },
    });
    await program.event('init-start');
    expect((await program.get('/health/live', port)).status).toBe(200);
    expect((await program.get('/health/ready', port)).status).toBe(503);
    expect((await program.get('/health/startup', port)).status).toBe(503);

    await program.event('started');
    expect((await program.get('/health/ready', port)).status).toBe(200);
    program.signal('SIGTERM');
    await program.event('destroy');
    expect((await program.get('/health/live', port)).status).toBe(200);
    expect((await program.get('/health/ready', port)).status).toBe(503);
    expect((await program.end).code).toBe(1);
  });

  it('flushes logs that Nest still buffers', async () => {
    const program = start({ nest: { bufferLogs: true, autoFlushLogs: false } });
    await program.event('started');
    expect(program.log.filter((line) => line.includes('[Graceful]'))).toEqual([]);
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
    expect(program.lastWord).toMatch(/SIGTERM: clean in /);
  });

  it('ends so that a logger which writes on exit can write', async () => {
    const program = start({ logger: 'on exit' });
    await program.event('started');
    program.signal('SIGTERM');

    expect((await program.end).code).toBe(0);
    expect(program.lastWord).toMatch(/SIGTERM: clean in /);
  });

  it('which it can not without the module, or this test could not fail', async () => {
    const program = start({ logger: 'on exit', options: null });
    await program.event('started');
    program.signal('SIGTERM');
    await program.end;

    expect(program.log).toEqual([]);
  });

  it.each([
    [{ drainTimeoutMs: '200' }, /Expected `drainTimeoutMs` to be .*, got '200' \(string\)/],
    [
      { gracePeriodMs: 1_000, closeTimeoutMs: 5_000 },
      /can't hold this shutdown: .*closeTimeoutMs 5000/,
    ],
    [{ graceperiodMs: 1 }, /no option `graceperiodMs`.*gracePeriodMs/],
  ])('refuses %j at boot and says why', async (options, message) => {
    const program = start({ options });

    expect((await program.end).code).toBe(1);
    expect(program.log.join('\n')).toMatch(message);
    expect(program.names()).not.toContain('listening');
  });

  it.each([
    ['registered twice', /registered 2 times \(in .*FeatureModule.*\).*Keep the one in AppModule/],
    ['imported bare', /imported without forRoot\(\)\. Write GracefulModule\.forRoot\(\)/],
    ['unknown phase', /Exporter@push names the phase 'fluhs' .*Use one of: announce/],
  ])('refuses a mistake at boot and says what to do: %s', async (mistake, message) => {
    const program = start({ mistake });

    expect((await program.end).code).toBe(1);
    expect(program.log.join('\n')).toMatch(message);
    expect(program.names()).not.toContain('listening');
  });

  it('refuses an occupied probe port at boot and says which', async () => {
    const occupied = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => occupied.once('listening', resolve));
    const { port } = occupied.address() as AddressInfo;
    const program = start({ options: { probes: { port, host: '127.0.0.1' } } });

    expect((await program.end).code).toBe(1);
    expect(program.log.join('\n')).toMatch(new RegExp(`can't listen on 127\\.0\\.0\\.1:${port}`));
    occupied.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
