import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type ClientHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const OK = '0';
const UNAVAILABLE = '14';
/** An empty message of gRPC: no compression, no bytes. */
const NOTHING = Buffer.alloc(5);

/** Calls these methods, and stops the server when all have begun to answer. */
async function run(cell: Cell, arm: Arm, methods: readonly string[], grpc: GracefulOptions = {}) {
  const port = await freePort();
  const program = startArm(cell, arm, 'services/watches', { port, grpc });
  await program.event('listening');
  const session = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
  const calls = methods.map((method) => {
    const headers = { ':path': `/watches.Watches/${method}`, ':method': 'POST', te: 'trailers' };
    const call = session.request({ ...headers, 'content-type': 'application/grpc' });
    call.end(NOTHING);
    return call;
  });
  const order: string[] = [];
  const statuses = calls.map(async (call, index) => {
    const status = await statusOf(call);
    order.push(methods[index] ?? '');
    return status;
  });
  await Promise.all(calls.map((call) => once(call, 'data')));
  for (const call of calls) call.resume();
  program.signal('SIGTERM');
  const { code, signal } = await program.end;
  session.destroy();
  return { statuses: await Promise.all(statuses), order, end: code ?? signal };
}

/** What a client of gRPC calls CANCELLED is a stream without a status. */
function statusOf(watch: ClientHttp2Stream): Promise<string | undefined> {
  return new Promise((resolve) => {
    watch.once('trailers', (trailers) => resolve(trailers['grpc-status'] as string));
    watch.once('close', () => resolve(undefined)).on('error', () => undefined);
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a gRPC stream without an end', () => {
  it.each(MAJORS)(
    'ends by a status that clients retry, and so does a clean process, on Nest $nestMajor',
    async (cell) => {
      const [module, plain] = await Promise.all([
        run(cell, 'with the module', ['Watch']),
        run(cell, 'plain Nest', ['Watch']),
      ]);

      expect(module).toEqual({ statuses: [UNAVAILABLE], order: ['Watch'], end: 0 });
      expect(plain.statuses).not.toContain(UNAVAILABLE); // the control
    },
  );

  it.each(MAJORS)(
    'goes first when the options name it, and a silent one that they call finite ends whole, on Nest $nestMajor',
    async (cell) => {
      const methods = ['Watch', 'Report'];
      const told = {
        grpcEndlessMethods: ['watches.Watches/Watch'],
        grpcFiniteMethods: ['watches.Watches/Report'],
      };
      const [module, untold, plain] = await Promise.all([
        run(cell, 'with the module', methods, told),
        run(cell, 'with the module', methods),
        run(cell, 'plain Nest', methods),
      ]);

      expect(module).toEqual({ statuses: [UNAVAILABLE, OK], order: methods, end: 0 });
      // The controls: one that is told nothing has to guess, and guesses wrong.
      const guessed = { statuses: [UNAVAILABLE, UNAVAILABLE], order: ['Report', 'Watch'], end: 0 };
      expect(untold).toEqual(guessed);
      expect(plain.statuses).toEqual([undefined, undefined]);
    },
  );
});

/** What has arrived by the time of the goodbye, while the process was busy with something else. */
describe('what a caller has sent when its gRPC stream is told to go', () => {
  const MESSAGES = 20;

  async function talk(cell: Cell, arm: Arm) {
    const port = await freePort();
    const grpc = { grpcEndlessMethods: ['watches.Watches/Talk'] };
    const program = startArm(cell, arm, 'services/watches', { port, grpc, blockMs: 300 });
    await program.event('listening');
    const session = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
    const headers = { ':path': '/watches.Watches/Talk', ':method': 'POST', te: 'trailers' };
    const call = session.request({ ...headers, 'content-type': 'application/grpc' });
    const status = statusOf(call);
    call.write(NOTHING);
    await once(call, 'data');
    call.resume();
    program.signal('SIGTERM');
    await program.event('stopping');
    for (let sent = 0; sent < MESSAGES; sent += 1) call.write(NOTHING);
    await program.end;
    session.destroy();
    const heard = program.names().filter((name) => name === 'heard').length - 1;
    return { heard, status: await status };
  }

  it.each(MAJORS)('is heard, on Nest $nestMajor', async (cell) => {
    const [module, plain] = await Promise.all([
      talk(cell, 'with the module'),
      talk(cell, 'plain Nest'),
    ]);

    expect(module).toEqual({ heard: MESSAGES, status: UNAVAILABLE });
    expect(plain.heard).toBeLessThan(MESSAGES); // the control
  });
});
