import { expect, it } from '@jest/globals';
import { createServer, connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { backlogOf } from '../../../lib/http/backlog.js';

it.each(['127.0.0.1', '::1'])(
  'connections that nobody has accepted are counted: %s',
  async (host) => {
    const server = createServer((socket) => socket.destroy()).listen(0, host);
    await once(server, 'listening');
    expect(backlogOf(server)).toBe(0);
    const { port } = server.address() as AddressInfo;
    const clients = [connect(port, host), connect(port, host)];
    await new Promise<void>((resolve) => process.nextTick(resolve)); // they have called connect(2), and the event loop has not turned

    expect(backlogOf(server)).toBe(2);

    await Promise.all(clients.map((client) => once(client, 'close')));
    expect(backlogOf(server)).toBe(0);
    server.close();
  },
);

it('those of another listener on the same port are not counted', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const other = createServer((socket) => socket.destroy()).listen(port, '127.0.0.2');
  await once(other, 'listening');
  const client = connect(port, '127.0.0.2');
  await new Promise<void>((resolve) => process.nextTick(resolve));

  expect([backlogOf(server), backlogOf(other)]).toEqual([0, 1]);

  await once(client, 'close');
  server.close();
  other.close();
});

it('where it can not be seen, nothing is said', () => {
  expect(backlogOf(createServer())).toBeUndefined();
});
