import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProbeServerError } from '../../../lib/errors/probe-server.error.js';
import { ProbeResponder } from '../../../lib/health/probe-responder.js';
import { ProbeServer } from '../../../lib/health/probe-server.js';
import { Probes } from '../../../lib/health/probes.js';
import { systemClock } from '../../../lib/time/system-clock.js';
import { never } from '../../support/engine.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const paths = {
  livePath: '/health/live',
  readyPath: '/health/ready',
  startupPath: '/health/startup',
};

let probes: Probes;
let details: object;
let server: ProbeServer;
let port: number;
const others: Server[] = [];

beforeEach(async () => {
  details = { database: { status: 'up' } };
  probes = new Probes('fail', systemClock, () => undefined);
  probes.add({
    kind: 'readiness',
    name: 'database',
    place: 'A@b',
    timeoutMs: 800,
    run: () => details,
  });
  probes.markBootstrapped();
  server = new ProbeServer(new ProbeResponder(probes, paths), '127.0.0.1', 0);
  port = await server.open();
});

afterEach(async () => {
  await server.close();
  for (const other of others.splice(0)) other.close();
});

interface Answer {
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(path: string, method = 'GET', to = port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(
      { host: '127.0.0.1', port: to, path, method, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode, headers: response.headers, body }),
        );
      },
    );
    asking.on('error', reject);
    asking.end();
  });
}

describe('a probe', () => {
  it.each([
    '/health/live',
    '/health/ready',
    '/health/startup',
    '/health/ready?verbose=1',
    '/health/ready?',
  ])('answers GET %s as JSON that nobody may cache', async (path) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'content-length': String(Buffer.byteLength(body)),
    });
    expect(JSON.parse(body)).toMatchObject({ status: 'ok', error: {} });
  });

  it('answers HEAD with the same headers and no body', async () => {
    const get = await ask('/health/ready');
    const head = await ask('/health/ready', 'HEAD');
    expect(head.status).toBe(200);
    expect(head.body).toBe('');
    const { date: _d, ...headers } = head.headers;
    const { date: _D, ...expected } = get.headers;
    expect(headers).toEqual(expected);
    probes.markStopping('SIGTERM');
    expect((await ask('/health/ready', 'HEAD')).status).toBe(503);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    'refuses %s and says what it takes',
    async (method) => {
      const { status, headers } = await ask('/health/live', method);
      expect(status).toBe(405);
      expect(headers).toMatchObject({ allow: 'GET, HEAD', 'cache-control': 'no-store' });
    },
  );

  it('is 503 while a check is down, with the details in UTF-8', async () => {
    details = { database: { status: 'down', message: 'größer als 5 s – kaputt' } };
    const { status, body } = await ask('/health/ready');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({ status: 'error', info: {}, error: details, details });
  });

  it.each<[string, () => object]>([
    [
      'in a circle',
      () => {
        const circle: { status: string; self?: object } = { status: 'up' };
        circle.self = circle;
        return circle;
      },
    ],
    ['with a BigInt', () => ({ status: 'up', rows: 5n })],
    [
      'whose toJSON throws',
      () => ({
        status: 'up',
        toJSON() {
          throw new Error('no');
        },
      }),
    ],
  ])('is 503 for details %s, and the next one is answered', async (_name, make) => {
    details = { database: make() };
    const { status, body } = await ask('/health/ready');
    expect(status).toBe(503);
    expect(JSON.parse(body)).toEqual({
      status: 'error',
      message: 'the result of a check is no JSON',
    });
    details = { database: { status: 'up' } };
    expect((await ask('/health/ready')).status).toBe(200);
  });

  it('is 503 and no crash when the probes themselves fail', async () => {
    const broken = { live: () => Promise.reject(new Error('a bug')) } as unknown as Probes;
    const own = new ProbeServer(new ProbeResponder(broken, paths), '127.0.0.1', 0);
    const at = await own.open();
    expect((await ask('/health/live', 'GET', at)).status).toBe(503);
    await own.close();
  });

  it('stays with the application where that has the path', async () => {
    const responder = new ProbeResponder(
      probes,
      paths,
      (_request, _response, path) => path === '/health/ready',
    );
    const own = new ProbeServer(responder, '127.0.0.1', 0);
    const at = await own.open();
    expect((await ask('/health/ready', 'GET', at)).status).toBe(404);
    expect((await ask('/health/live', 'GET', at)).status).toBe(200);
    await own.close();
  });
});

describe('the probe server', () => {
  it.each([
    '/',
    '/health',
    '/health/ready/',
    '/health/readyx',
    '/HEALTH/ready',
    '/x?/health/ready',
  ])('has nothing at %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('says which port is taken, and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    others.push(taken);
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port: busy } = taken.address() as AddressInfo;
    const second = new ProbeServer(new ProbeResponder(probes, paths), '127.0.0.1', busy);
    const error = (await second.open().catch((reason: unknown) => reason)) as ProbeServerError;
    expect(error).toBeInstanceOf(ProbeServerError);
    expect(error).toMatchObject({ code: 'GRACEFUL_PROBE_SERVER', cause: { code: 'EADDRINUSE' } });
    expect(error.message).toBe(
      `The probes can't listen on 127.0.0.1:${busy} (listen EADDRINUSE: address already in use 127.0.0.1:${busy}). ` +
        "Choose a free port in `probes.port`, or leave it out to answer probes on the application's own port.",
    );
    await second.close(); // nothing to close, and no complaint
  });

  it('lives on when a connection could not be accepted', async () => {
    const { server: inside } = server as unknown as { server: Server };
    for (let error = 0; error < 3; error += 1) inside.emit('error', new Error('accept EMFILE'));
    expect((await ask('/health/live')).status).toBe(200);
  });

  it('can be closed before it was opened, and twice', async () => {
    const idle = new ProbeServer(new ProbeResponder(probes, paths), '127.0.0.1', 0);
    await expect(idle.close()).resolves.toBeUndefined();
    await server.close();
    await expect(server.close()).resolves.toBeUndefined();
  });

  it('closes although a check hangs and a client waits for it', async () => {
    const stuck = new Probes('fail', new VirtualClock(), () => undefined);
    let asked!: () => void;
    const begun = new Promise<void>((resolve) => (asked = resolve));
    const run = () => (asked(), never());
    stuck.add({ kind: 'liveness', name: 'loop', place: 'A@b', timeoutMs: 800, run });
    const own = new ProbeServer(new ProbeResponder(stuck, paths), '127.0.0.1', 0);
    const at = await own.open();
    const waiting = ask('/health/live', 'GET', at).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    await begun;
    await own.close();
    expect(await waiting).toBe('ECONNRESET');
    await expect(ask('/health/live', 'GET', at)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
