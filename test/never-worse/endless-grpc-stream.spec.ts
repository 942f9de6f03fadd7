import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type ClientHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo } from 'node:net';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

const UNAVAILABLE = '14';
/** An empty message of gRPC: no compression, no bytes. */
const NOTHING = Buffer.alloc(5);

async function run(cell: Cell, arm: Arm) {
  const port = await freePort();
  const program = startArm(cell, arm, 'services/watches', { port });
  await program.event('listening');
  const session = connect(`http://127.0.0.1:${port}`).on('error', () => undefined);
  const headers = { ':path': '/watches.Watches/Watch', ':method': 'POST', te: 'trailers' };
  const watch = session.request({ ...headers, 'content-type': 'application/grpc' });
  const status = statusOf(watch);
  watch.end(NOTHING);
  await once(watch, 'data');
  program.signal('SIGTERM');
  const { code, signal } = await program.end;
  session.destroy();
  return { status: await status, end: code ?? signal };
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
        run(cell, 'with the module'),
        run(cell, 'plain Nest'),
      ]);

      expect(module).toEqual({ status: UNAVAILABLE, end: 0 });
      expect(plain.status).not.toBe(UNAVAILABLE); // the control
    },
  );
});
