import { expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { Http2ServerResponse } from 'node:http2';
import { Http2Connection } from '../../lib/http/http2-connection.js';
import { HttpApp } from '../support/http-app.js';
import { H2C, MIXED, nodeClient, openSession } from '../support/http2-app.js';
import { VirtualClock } from '../support/virtual-clock.js';

// One port with ALPN, where each client has the protocol that it wants.

const WAIT = { platform: 'kubernetes', propagationQuietMs: 2_000 } as const;

it('each protocol has its own goodbye, and none has that of the other', async () => {
  const set = jest.spyOn(Http2ServerResponse.prototype, 'setHeader');
  const app = await HttpApp.start({ ...MIXED, options: WAIT, clock: new VirtualClock() });
  const old = nodeClient(app, MIXED);
  app.signal();
  await app.phase('propagate');
  const one = await app.connect();

  await expect(one.get('/fast').response()).resolves.toMatchObject({
    status: 200,
    headers: { connection: 'close' },
  });
  const two = old.request({ ':path': '/fast' });
  const headers = await new Promise<object>((resolve) => void two.once('response', resolve));

  expect(headers).toMatchObject({ ':status': 200 });
  expect(headers).not.toHaveProperty('connection');
  expect(headers).not.toHaveProperty('keep-alive');
  await one.ended();
  expect(old.closed).toBe(false);
  // Node leaves it out, and warns.
  expect(set).not.toHaveBeenCalledWith(expect.stringMatching(/^connection$/i), expect.anything());
  set.mockRestore();
});

it('the drain waits for both, and ends what is idle', async () => {
  const app = await HttpApp.start(MIXED);
  const [one, two, idle] = [
    await app.connect(),
    await openSession(app, MIXED),
    await app.idleClient(),
  ];
  one.get('/work/one');
  two.request(1, '/work/two');
  await Promise.all([app.work.begun('one'), app.work.begun('two')]);

  const closed = app.close();
  await idle.ended();
  expect(app.work.inFlightAtDestroy).toBeUndefined();
  app.work.finish('one');
  await expect(one.response()).resolves.toMatchObject({ body: 'did one' });
  expect(app.work.inFlightAtDestroy).toBeUndefined();
  app.work.finish('two');

  await expect(two.response(1)).resolves.toEqual({ status: 200, body: 'did two' });
  await closed;
  expect(app.work.inFlightAtDestroy).toBe(0);
  expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
});

it('a stream that becomes a tunnel leaves the rest of its session to HTTP', async () => {
  const app = await HttpApp.start(H2C);
  app.server.on('connect', (_request: unknown, response: { end(): void }) => response.end());
  const session = nodeClient(app, H2C);
  const tunnel = session.request({ ':method': 'CONNECT', ':authority': 'elsewhere:443' });
  tunnel.end();
  await once(tunnel.resume(), 'end');

  const socket = app.socketOf({ port: session.socket.localPort ?? 0 });
  const connection = Http2Connection.ofSession(Http2Connection.sessionOn(socket));
  expect(connection).toMatchObject({ socket, used: false, upgraded: false });
});
