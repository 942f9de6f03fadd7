import { afterEach, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'node:http';
import { besides, cells } from '../support/cells.js';
import { eventually } from '../support/eventually.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

describe.each(
  cells([
    [12, 'express'],
    [11, 'fastify'],
  ] as const),
)('out of rotation and back, on Nest %d with %s', (nestMajor, platform) => {
  const start = (settings: object): StartedProgram =>
    new StartedProgram(nestMajor, 'http-app', { platform, keepAlive: true, ...settings });

  it('drain() takes nothing away but readiness, and resume() gives it back', async () => {
    const program = start({ terminus: true });
    const status = async (path: string) => (await program.get(path)).status;
    const readiness = () => Promise.all(['/health/ready', '/terminus'].map(status));
    const answered = (connection: string) => ({ status: 200, connection, body: 'fast' });
    expect(await readiness()).toEqual([200, 200]);
    expect(await politely(program, '/fast')).toEqual(answered('keep-alive'));

    const long = program.get('/slow/700');
    await program.event('slow-start');
    expect((await program.get('/drain/20000')).body).toBe('draining');
    expect(await readiness()).toEqual([503, 503]);
    expect(await status('/health/live')).toBe(200);
    expect(await politely(program, '/fast')).toEqual(answered('close'));
    expect(program.names()).not.toContain('slow-end');
    expect((await long).status).toBe(200);
    expect(await nextDrained(program, 1)).toMatchObject({ done: true, state: 'draining' });
    expect(program.names().indexOf('drained')).toBeGreaterThan(program.names().indexOf('slow-end'));

    expect((await program.get('/resume')).body).toBe('ready');
    expect(await readiness()).toEqual([200, 200]);
    expect(await politely(program, '/fast')).toEqual(answered('keep-alive'));
  });

  it('drain() tells whether nothing is in flight', async () => {
    const program = start({});
    const long = program.get('/slow/1500');
    await program.event('slow-start');

    await program.get('/drain/50');
    expect(await nextDrained(program, 1)).toMatchObject({ done: false }); // over time
    await program.get('/drain/20000');
    await program.get('/resume');
    expect(await nextDrained(program, 2)).toMatchObject({ done: false, state: 'ready' });
    await program.get('/drain/20000');
    program.signal('SIGTERM');
    expect(await nextDrained(program, 3)).toMatchObject({ done: false });

    expect((await long).status).toBe(200);
    expect((await program.end).code).toBe(0);
    expect(program.lastWord).toMatch(/SIGTERM: clean in/);
  });

  it('one signal goes back and forth, also during bootstrap', async () => {
    const options = { drainSignal: 'SIGUSR2', resumeSignal: 'SIGUSR2' };
    const program = start({ initMs: 400, listens: true, options });
    await program.event('init-start');
    await program.line(/GracefulModule dependencies initialized/);
    program.signal('SIGUSR2');

    const ready = async () => (await program.get('/health/ready')).status;
    await program.event('started');
    expect(await ready()).toBe(503);
    expect((await program.get('/fast')).status).toBe(200);
    program.signal('SIGUSR2');
    await program.line(/SIGUSR2: back in rotation/);
    expect(await ready()).toBe(200);
    program.signal('SIGUSR2');
    await eventually('it', () => program.log.filter((line) => /: out of/.test(line)).length === 2);
    expect(await ready()).toBe(503);

    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.signal('SIGTERM');
    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
    expect(program.lastWord).toMatch(/SIGTERM: clean in/);
  });

  it('fifty times under load loses no request, and then it drains as ever', async () => {
    const program = start({});
    const load = new Load(program);
    await load.answers(20);
    for (let cycle = 0; cycle < 50; cycle += 1) {
      await program.get('/drain/1000');
      await load.answers(4);
      await program.get('/resume');
      await load.answers(4);
    }
    await load.stop();

    expect(load.failures).toEqual([]);
    const answer = program.get('/slow/300');
    await program.event('slow-start');
    program.signal('SIGTERM');
    expect((await answer).status).toBe(200);
    expect((await program.end).code).toBe(0);
  });
});

besides(() => {
  it('nobody can do it from outside: the module adds no route', async () => {
    const [ours, plain] = [{}, { options: null }].map(
      (settings) => new StartedProgram(12, 'http-app', settings),
    ) as [StartedProgram, StartedProgram];
    for (const program of [ours, plain]) {
      await program.event('started');
      program.send('routes');
      await program.event('routes');
    }

    const routes = async (program: StartedProgram) => (await program.event('routes'))['routes'];
    const own = ['/drain/:ms', '/resume', '/work/:ms']; // of the test program
    expect(new Set((await routes(ours)) as string[])).toEqual(
      new Set([...((await routes(plain)) as string[]), ...own]),
    );
  });
});

/** The answer to a client that would keep its connection. */
async function politely(program: StartedProgram, path: string, agent?: Agent): Promise<object> {
  const { port } = (await program.event('listening')) as unknown as { port: number };
  const own = agent ?? new Agent({ keepAlive: true });
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, agent: own }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += String(chunk)));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status, headers } = response;
        resolve({ status, connection: headers.connection, body });
        if (!agent) setImmediate(() => own.destroy());
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** What the nth `drain()` has told. */
async function nextDrained(program: StartedProgram, count: number): Promise<object | undefined> {
  const drained = () => program.events.filter(({ event }) => event === 'drained');
  await eventually(`drain number ${count}`, () => drained().length >= count);
  return drained()[count - 1];
}

/** A few clients that ask again and again, on connections that they keep. */
class Load {
  readonly failures: unknown[] = [];
  private count = 0;
  private stopped = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 4 });
  private readonly clients: Array<Promise<void>>;

  constructor(private readonly program: StartedProgram) {
    this.clients = Array.from({ length: 4 }, () => this.client());
  }

  /** Resolves when so many more have been answered. */
  async answers(more: number): Promise<void> {
    const wanted = this.count + more;
    await eventually(`${more} answers`, () => this.count >= wanted);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
    this.agent.destroy();
  }

  private async client(): Promise<void> {
    while (!this.stopped) {
      try {
        const answer = await politely(this.program, '/fast', this.agent);
        if ((answer as { status: number }).status !== 200) this.failures.push(answer);
      } catch (error) {
        this.failures.push(error);
      }
      this.count += 1;
    }
  }
}
