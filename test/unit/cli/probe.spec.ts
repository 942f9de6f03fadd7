import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../lib/cli/run.js';
import { tlsFiles } from '../../support/tls.js';

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const DOWN = {
  status: 'error',
  error: { 'warm-up': { status: 'down', message: 'warming up' }, database: { status: 'down' } },
};

/** An application whose probes are ready, not live, and silent. */
async function serve({ tls = false } = {}): Promise<string> {
  const answer = (request: { url?: string }, response: import('node:http').ServerResponse) => {
    if (request.url === '/health/ready' || request.url === '/r') response.end('{}');
    else if (request.url === '/health/live') response.writeHead(503).end(JSON.stringify(DOWN));
    else if (request.url === '/text') response.writeHead(404).end('not here');
  };
  const server = tls ? createSecureServer(tlsFiles, answer) : createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return String((server.address() as AddressInfo).port);
}

async function probe(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = tmpdir()) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(['probe', ...args], {
    cwd,
    env,
    isInteractive: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    readIn: () => Promise.resolve(''),
  });
  return { code, out: out.join(''), err: err.join('') };
}

describe('nestjs-graceful probe', () => {
  it('says yes in one line, and 0', async () => {
    const port = await serve();
    expect(await probe(['ready', '--port', port])).toEqual({
      code: 0,
      out: `ready: 200 from http://127.0.0.1:${port}/health/ready\n`,
      err: '',
    });
  });

  it('says no, with what is down, and 1', async () => {
    const port = await serve();
    expect(await probe(['live', '--port', port])).toMatchObject({
      code: 1,
      out: `not live: 503 from http://127.0.0.1:${port}/health/live: warm-up warming up, database is down\n`,
    });
    expect(await probe(['live', '--port', port, '--path', '/text'])).toMatchObject({
      code: 1,
      out: `not live: 404 from http://127.0.0.1:${port}/text\n`,
    });
  });

  it('says no where nobody listens, and where nobody answers in time', async () => {
    const port = await serve();
    const silent = await probe(['startup', '--port', port, '--timeout', '50']);
    expect(silent.code).toBe(1);
    expect(silent.out).toMatch(/^not startup: no answer from .* \(nothing within 50 ms\)\n$/);
    servers[0]?.close();
    servers[0]?.closeAllConnections();
    const closed = await probe(['ready', '--port', port]);
    expect(closed.code).toBe(1);
    expect(closed.out).toContain('ECONNREFUSED');
  });

  it('finds port and path in the environment and in a plan; a switch wins', async () => {
    const port = await serve();
    const cwd = mkdtempSync(join(tmpdir(), 'graceful-probe-'));
    const plan = { version: 1, gracePeriodMs: 30_000, servers: [{ port: Number(port) }] };
    const probes = { livePath: '/l', readyPath: '/r', startupPath: '/s' };
    writeFileSync(join(cwd, 'plan.json'), JSON.stringify({ ...plan, probes }));

    expect((await probe(['ready'], { PORT: port })).code).toBe(0);
    expect((await probe(['ready'], { PORT: '1', GRACEFUL_PROBE_PORT: port })).code).toBe(0);
    expect((await probe(['live'], { PORT: port, GRACEFUL_PROBE_PATH: '/r' })).code).toBe(0);
    expect((await probe(['ready', '--plan', 'plan.json'], { PORT: '1' }, cwd)).out).toBe(
      `ready: 200 from http://127.0.0.1:${port}/r\n`,
    );
    const switched = await probe(['live', '--port', port, '--path', '/r'], { PORT: '1' });
    expect(switched.code).toBe(0);
  });

  it('speaks TLS', async () => {
    const port = await serve({ tls: true });
    expect(await probe(['ready', '--port', port, '--tls'])).toMatchObject({ code: 0 });
    expect((await probe(['ready', '--port', port])).code).toBe(1);
  });

  it.each([
    [[], "expected one of ready, live, startup, got ''"],
    [['readiness'], "expected one of ready, live, startup, got 'readiness'"],
    [['ready', 'live'], "expected one of ready, live, startup, got 'ready live'"],
    [['ready', '--port', '99999'], "expected --port to be a port, got '99999'"],
    [['ready', '--path', 'up'], "expected a path that begins with '/', got 'up'"],
    [
      ['ready', '--timeout', 'soon'],
      "expected --timeout to be a number of milliseconds, got 'soon'",
    ],
    [['ready', '--plan', 'none.json'], "can't be read"],
    [['ready', '--curl'], 'Unknown option'],
  ])('refuses %j', async (args, message) => {
    const { code, err } = await probe(args);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
