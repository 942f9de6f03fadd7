import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { restingRoutes } from '../../../../lib/cli/rehearse/routes.js';

let server: Server;
let port: number;
let flaky = 0;

beforeAll(async () => {
  server = createServer(({ url }, response) => {
    if (url === '/hangs') return;
    if (url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
      return;
    }
    if (url === '/flaky') flaky += 1;
    const status: Record<string, number> = { '/ok': 200, '/users': 401, '/fails': 500 };
    response.writeHead(url === '/flaky' ? 200 + (flaky % 2) * 4 : (status[url ?? ''] ?? 404)).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const found = (routes: readonly string[], paths: readonly string[] = []) =>
  restingRoutes(port, { routes: routes.map((path) => ({ method: 'GET', path })), paths });

describe('the routes that a rehearsal asks for', () => {
  it('are those that answer at rest, and need no parameter', async () => {
    const all = [
      '/ok',
      '/ok',
      '/items/:id',
      '/files/*path',
      '/events',
      '/fails',
      '/flaky',
      '/users',
    ];
    expect(await found(all)).toEqual([{ path: '/ok', status: 200 }]);
  });

  it('are those that refuse in the same way, where none does better', async () => {
    expect(await found(['/users', '/fails'])).toEqual([{ path: '/users', status: 401 }]);
  });

  it('are the root, where there is no other', async () => {
    expect(await found(['/items/:id'])).toEqual([{ path: '/', status: 404 }]);
  });

  it('are those that are named', async () => {
    expect(await found(['/ok'], ['/users'])).toEqual([{ path: '/users', status: 401 }]);
  });

  it('are not those that do not answer in time', async () => {
    expect(await found(['/hangs', '/ok'])).toEqual([{ path: '/ok', status: 200 }]);
  });
});
