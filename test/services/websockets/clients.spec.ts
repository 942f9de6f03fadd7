import { WsAdapter } from '@nestjs/platform-ws';
import {
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
} from '@nestjs/websockets';
import { describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../support/eventually.js';
import { manyTurns } from '../../support/many-turns.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Work } from '../../support/work.js';
import { Desk, DeskApp, IoClient } from './desk.js';
import { RawSocket } from '../../support/raw-socket.js';

/** Another gateway, reached by a namespace of socket.io or a path of `ws`. */
@WebSocketGateway({ namespace: 'lounge' })
class Lounge {
  constructor(private readonly work: Work) {}

  @SubscribeMessage('question')
  async question(@MessageBody() name: string): Promise<object> {
    await this.work.run(name);
    return { event: 'answer', data: `did ${name} in the lounge` };
  }
}

@WebSocketGateway(8080, { path: '/attic' })
class Attic {
  @WebSocketServer() readonly server!: object;

  constructor(private readonly work: Work) {}

  @SubscribeMessage('question')
  async question(@MessageBody() name: string): Promise<object> {
    await this.work.run(name);
    return { event: 'answer', data: `did ${name} in the attic` };
  }
}

/** Takes a free port for whichever is asked for. */
class AnyPortAdapter extends WsAdapter {
  listener?: Server;

  protected override ensureHttpServerExists(port: number, server = createServer()) {
    if (port === 0) return super.ensureHttpServerExists(port, server);
    const listen = server.listen.bind(server);
    server.listen = () => listen(0, '127.0.0.1');
    this.listener = server;
    return super.ensureHttpServerExists(port, server);
  }
}

/** Lets time pass until the promise settles, and what goes on in sockets meanwhile. */
async function withTime(clock: VirtualClock, promise: Promise<unknown>): Promise<void> {
  const state = { over: false };
  void promise.finally(() => (state.over = true));
  while (!state.over) {
    await clock.advance(100);
    await sleep(1);
  }
}

describe('socket.io', () => {
  it('answers in all namespaces before the connection ends', async () => {
    const app = await DeskApp.start({ library: 'socket.io', gateways: [Desk, Lounge] });
    const desk = (await app.connect()) as IoClient;
    const lounge = await desk.join('/lounge');
    desk.send('question', 'one');
    lounge.send('question', 'two');
    await Promise.all(['one', 'two'].map((name) => app.work.begun(name)));

    const closed = app.close();
    await app.app.phase('drain');
    app.work.finish('one');
    await desk.answer('did one');
    app.work.finish('two');
    await lounge.answer('did two in the lounge');
    await closed;

    await expect(Promise.all([desk.ended, lounge.ended])).resolves.toEqual([
      'transport close',
      'transport close',
    ]);
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it.each([false, true])(
    'handles what is on its way at the goodbye, on a port of its own: %s',
    async (ownPort) => {
      const app = await DeskApp.start({ library: 'socket.io', ownPort, clock: new VirtualClock() });
      const client = await RawSocket.openSocketIo(app.port);
      const closed = app.close();
      await expect(client.goodbye).resolves.toBe(1012);

      client.text('421["acknowledge","asked"]');
      app.work.finish('asked');
      await eventually('the first', () => app.work.finished.includes('asked'));
      await manyTurns(); // its acknowledgement cannot be sent any more
      client.text('42["question","under way"]');
      client.text('42["question","last"]');
      client.sayGoodbye();
      await Promise.all(['under way', 'last'].map((name) => app.work.begun(name)));
      app.work.finish('under way', 'last');
      await closed;

      expect(app.work.finished).toEqual(['asked', 'under way', 'last']);
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    },
  );

  it('does not wait for ever for a client that does not answer the goodbye', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ library: 'socket.io', clock });
    const client = await RawSocket.openSocketIo(app.port);
    const closed = app.close();
    await client.goodbye;

    await clock.advance(2_000);
    await closed;
    await client.closed;
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('hears a client that has much to send out, as long as something comes', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ library: 'socket.io', clock });
    const client = await RawSocket.openSocketIo(app.port);
    const closed = app.close();
    await client.goodbye;

    const names = ['one', 'two', 'three'];
    for (const name of names) {
      await clock.advance(1_500);
      client.text(`42["question","${name}"]`);
      await app.work.begun(name);
      app.work.finish(name);
    }
    await clock.advance(2_000);
    await closed;
    await client.closed;
    expect(app.work.finished).toEqual(names);
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it.each([true, false])('answers by long polling, on a port of its own: %s', async (ownPort) => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ library: 'socket.io', ownPort, clock });
    const client = (await app.connect('/', { transport: 'polling' })) as IoClient;
    client.send('question', 'slow');
    await app.work.begun('slow');
    const closed = app.close();
    await app.app.phase('drain');
    app.work.finish('slow');

    await client.answer('did slow');
    await client.ended;
    await client.returns;
    // It polls in vain, for the port is closed: the server's goodbye never gets there.
    await withTime(clock, closed);
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });
});

describe('ws', () => {
  it('answers on all paths, also those on another port', async () => {
    let adapter: AnyPortAdapter | undefined;
    const app = await DeskApp.start({
      library: 'ws',
      gateways: [Desk, Attic],
      adapter: (nest) => (adapter = new AnyPortAdapter(nest)),
    });
    const listener = adapter?.listener as Server;
    const { port } = listener.address() as AddressInfo;
    const desk = await app.connect();
    const attic = await app.connect('/attic', { port });
    desk.send('question', 'one');
    attic.send('question', 'two');
    await Promise.all(['one', 'two'].map((name) => app.work.begun(name)));

    const closed = app.close();
    await app.app.phase('drain');
    await eventually('the listener to close', () => !listener.listening);
    app.work.finish('one', 'two');
    await desk.answer('did one');
    await attic.answer('did two in the attic');
    await closed;

    await expect(Promise.all([desk.ended, attic.ended])).resolves.toEqual(['1012', '1012']);
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it.each([false, true])(
    'handles what is on its way at the goodbye, on a port of its own: %s',
    async (ownPort) => {
      const app = await DeskApp.start({ library: 'ws', ownPort, clock: new VirtualClock() });
      const client = await RawSocket.open(app.port);
      client.text({ event: 'question', data: 'before' });
      await app.work.begun('before');
      const closed = app.close();
      await app.app.phase('drain');
      client.text({ event: 'question', data: 'meanwhile' });
      await app.work.begun('meanwhile');
      app.work.finish('before', 'meanwhile');
      await client.until('did meanwhile');
      await client.goodbye;

      client.text({ event: 'question', data: 'under way' });
      await app.work.begun('under way');
      client.text({ event: 'question', data: 'last' });
      client.sayGoodbye();
      await app.work.begun('last');
      app.work.finish('under way', 'last');
      await closed;

      expect(app.work.finished).toEqual(['before', 'meanwhile', 'under way', 'last']);
      expect(client.texts.join()).not.toMatch(/under way|last/); // handled, not answered
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    },
  );

  it('does not wait for ever for a client that does not answer the goodbye', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ library: 'ws', clock });
    const client = await RawSocket.open(app.port);
    const closed = app.close();
    await client.goodbye;

    await clock.advance(2_000);
    await closed;
    await client.closed;
    expect(app.app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for a handler whose client has gone', async () => {
    const app = await DeskApp.start({ library: 'ws' });
    const client = await app.connect();
    client.send('question', 'slow');
    await app.work.begun('slow');
    client.vanish();
    await client.ended;

    const closed = app.close();
    await app.app.phase('drain');
    app.work.finish('slow');
    await closed;
    expect(app.work.inFlightAtDestroy).toBe(0);
  });
});
