import { afterEach, describe, expect, it } from '@jest/globals';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Http2Load } from '../support/http2-load.js';
import { ARMS, startArm, type Arm, type Cell } from '../support/pair.js';
import { RawSocket } from '../support/raw-socket.js';
import { RUNTIMES, type Runtime } from '../support/runtimes.js';
import { describeWith } from '../support/services.js';
import { killStarted, type StartedProgram } from '../support/started-program.js';
import { tlsFiles } from '../support/tls.js';

afterEach(killStarted);

type Protocol = 'http' | 'h2c' | 'h2' | 'ws' | 'socket.io';
const EXPRESS_12 = { nestMajor: 12, platform: 'express' } as const;
const FASTIFY_12 = { nestMajor: 12, platform: 'fastify' } as const;
const FASTIFY_11 = { nestMajor: 11, platform: 'fastify' } as const;

/** HTTP/2, event streams and WebSockets beside HTTP/1.1, which other-runtimes.spec.ts has. */
describe.each(RUNTIMES)('on $name', (runtime: Runtime) => {
  describeWith(runtime, () => {
    const start = (cell: Cell, arm: Arm, protocol: Protocol, settings = {}, env = {}) =>
      startArm(
        cell,
        arm,
        'services/live-runtime',
        { protocol, tls: tlsFiles, ...settings },
        { command: runtime.command, env },
      );
    const inBothArms = <T>(each: (arm: Arm) => Promise<T>) => Promise.all(ARMS.map(each));

    it.each([
      ['h2c', FASTIFY_12],
      ['h2', FASTIFY_11],
    ] as const)(
      'streams of HTTP/2 (%s) in flight find their providers open',
      async (kind, cell) => {
        const [plain, withTheModule] = await inBothArms(async (arm) => {
          const program = start(cell, arm, kind);
          const session = await sessionTo(program, kind);
          const answers = Array.from({ length: 5 }, () => ask(session, '/slow'));
          await program.count('begun', 5);
          program.signal('SIGTERM');
          const texts = new Set(await Promise.all(answers));
          session.close();
          const { code, signal } = await program.end;
          return { texts: [...texts], code, signal };
        });

        expect(plain?.texts).toEqual(['200 the pool was closed']);
        expect(withTheModule).toEqual({ texts: ['200 answered'], code: 0, signal: null });
      },
    );

    // A session that is closed in the callback of a PING takes Deno 2.9 down with it.
    it('sessions of HTTP/2 that are busy all the time lose nothing', async () => {
      const settings = { gracePeriodMs: 20_000 };
      const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }; // so that there is a wait, in which they are told
      const [old, next] = [0, 1].map(() =>
        start(FASTIFY_12, 'with the module', 'h2c', settings, env),
      );
      const [program, other] = [old, next] as [StartedProgram, StartedProgram];
      const elsewhere = await sessionTo(other, 'h2c');
      const loads = await Promise.all(
        Array.from({ length: 8 }, async () => {
          return new Http2Load(await sessionTo(program, 'h2c'), () => elsewhere, 2);
        }),
      );
      program.signal('SIGTERM');
      const { code, signal } = await program.end;
      await Promise.all(loads.map((load) => load.stop()));

      expect(loads.flatMap(({ lost }) => lost)).toEqual([]);
      expect({ code, signal }).toEqual({ code: 0, signal: null });
    });

    it('a stream of HTTP/2 that never ends is answered 503 at the deadline, and named', async () => {
      const program = start(FASTIFY_12, 'with the module', 'h2c');
      const session = await sessionTo(program, 'h2c');
      const answer = ask(session, '/hangs');
      await program.event('begun');
      program.signal('SIGTERM');

      expect(await answer).toMatch(/^503 .*shutting down/);
      expect((await program.end).code).toBe(1);
      expect(program.lastWord).toMatch(/SIGTERM: forced in .*GET \/hangs/);
    });

    it.each([EXPRESS_12, FASTIFY_11])(
      'an event stream that ends by itself is waited for (Nest $nestMajor, $platform)',
      async (cell) => {
        const [plain, withTheModule] = await inBothArms(async (arm) => {
          const program = start(cell, arm, 'http');
          const answer = program.get('/progress');
          await program.event('begun');
          program.signal('SIGTERM');
          const { body = '' } = await answer;
          await program.end;
          return body.trimEnd().split('\n').at(-1);
        });

        expect(plain).toBe('data: step 7'); // by a pool that was closed
        expect(withTheModule).toBe('data: [DONE]');
      },
    );

    it('an event stream that never ends is told to come back', async () => {
      const program = start(EXPRESS_12, 'with the module', 'http');
      const answer = program.get('/ticks');
      await program.event('begun');
      program.signal('SIGTERM');

      expect((await answer).body).toMatch(/data: tick \d+\n\nretry: \d+\n\n$/);
      expect(await program.end).toMatchObject({ code: 0 });
    });

    it.each([
      ['ws', EXPRESS_12],
      ['ws', FASTIFY_11],
      ['socket.io', EXPRESS_12],
      ['socket.io', FASTIFY_11],
    ] as const)(
      'a message to a gateway is answered, then it says 1012 (%s)',
      async (kind, cell) => {
        const [plain, withTheModule] = await inBothArms(async (arm) => {
          const program = start(cell, arm, kind);
          const { port } = (await program.event('listening')) as unknown as { port: number };
          const client = await (kind === 'ws'
            ? RawSocket.open(port)
            : RawSocket.openSocketIo(port));
          client.text(kind === 'ws' ? { event: 'work', data: 1 } : '421["work",1]');
          await program.event('begun');
          program.signal('SIGTERM');
          const goodbye = await Promise.race([client.goodbye, program.event('destroyed')]);
          client.sayGoodbye();
          if (arm === 'with the module') await program.end;
          return { goodbye, answered: client.texts.some((text) => text.includes('answered')) };
        });

        expect(plain).toMatchObject({ answered: false }); // its pool is closed at once
        expect(withTheModule).toEqual({ goodbye: 1012, answered: true });
      },
    );
  });
});

async function sessionTo(program: StartedProgram, kind: 'h2c' | 'h2'): Promise<ClientHttp2Session> {
  const { port } = await program.event('listening');
  const scheme = kind === 'h2' ? 'https' : 'http';
  const session = connect(`${scheme}://127.0.0.1:${String(port)}`, { rejectUnauthorized: false });
  return session.on('error', () => undefined);
}

/** Status and body of one answer; without an answer, the code of the reset. */
function ask(session: ClientHttp2Session, path: string): Promise<string> {
  return new Promise((resolve) => {
    const stream = session.request({ ':path': path });
    let status: number | undefined;
    let body = '';
    stream.on('response', (headers) => (status = headers[':status']));
    stream.setEncoding('utf8').on('data', (text: string) => (body += text));
    stream.on('error', () => undefined);
    stream.on('close', () => resolve(status ? `${status} ${body}` : `reset ${stream.rstCode}`));
  });
}
