import type { OnModuleDestroy } from '@nestjs/common';
import {
  WebSocketGateway,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
} from '@nestjs/websockets';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../../support/eventually.js';
import { RawClient } from '../../support/raw-client.js';
import { Work } from '../../support/work.js';
import { VirtualClock } from '../../support/virtual-clock.js';
import { Desk, DeskApp, type DeskSetup, type Library } from './desk.js';

/** As on Kubernetes, with numbers that are easy to tell apart. */
const WAIT = {
  platform: 'kubernetes',
  propagationFloorMs: 1_000,
  propagationQuietMs: 2_000,
  propagationCapMs: 10_000,
} as const;

/** Greets and says goodbye as long as the test likes. */
@WebSocketGateway()
class Door implements OnGatewayConnection, OnGatewayDisconnect, OnModuleDestroy {
  readonly events: string[] = [];

  constructor(private readonly work: Work) {}

  async handleConnection(): Promise<void> {
    await this.work.run('hello');
  }

  async handleDisconnect(): Promise<void> {
    this.events.push('leaves');
    await this.work.run('goodbye');
    this.events.push('has left');
  }

  onModuleDestroy(): void {
    this.events.push('destroyed');
  }
}

const libraries: Library[] = ['ws', 'socket.io'];
const ports = [false, true];
const ways = libraries.flatMap((library) => ports.map((ownPort) => ({ library, ownPort })));

const foreign = new Set<Server>();
afterEach(() => {
  for (const server of foreign) server.close().closeAllConnections();
  foreign.clear();
});

describe.each(ways)('$library, a port of its own: $ownPort', (setup) => {
  const { library } = setup;
  const goodbye = library === 'ws' ? '1012' : 'transport close';

  it('serves as usual until the drain begins; then nobody can connect', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ ...setup, options: WAIT, clock });
    const old = await app.connect();
    app.app.signal();
    await app.app.phase('propagate');

    const young = await app.connect();
    for (const client of [old, young]) client.send('question', 'quick');
    app.work.finish('quick');
    for (const client of [old, young]) await client.answer('did quick');
    young.send('question', 'slow');
    await app.work.begun('slow');

    await clock.advance(WAIT.propagationCapMs);
    await app.app.phase('drain');
    await expect(old.ended).resolves.toBe(goodbye);
    const { listener } = app;
    await eventually('the listener to close', () => !listener.listening);

    app.work.finish('slow');
    await young.answer('did slow');
    await expect(young.ended).resolves.toBe(goodbye);
    await expect(app.app.exited()).resolves.toBe(0);
  });

  it('ends, although a client on its port has never said anything and does not hear our FIN', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ ...setup, clock });
    const accepted = once(app.listener, 'connection');
    const silent = await RawClient.connect(app.port, { deafToFin: true });
    await accepted;

    await app.close();

    expect(app.app.report).toMatchObject({ outcome: 'clean' });
    expect(clock.pendingTimers).toBe(0);
    silent.vanish();
  });
});

describe.each(libraries)('%s', (library) => {
  const setup: DeskSetup = { library };

  it('refuses on a listener that is somebody else’s, and leaves that open', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    foreign.add(server);
    await once(server, 'listening');
    const app = await DeskApp.start({
      ...setup,
      adapter: () => (library === 'ws' ? new WsAdapter(server) : new IoAdapter(server)),
    });
    const { port } = server.address() as AddressInfo;
    const client = app.dial('/', { port });
    await client.opened;
    client.send('question', 'slow');
    await app.work.begun('slow');
    void app.close();
    await app.app.phase('drain');

    const late = app.dial('/', { port });
    await expect(late.opened).rejects.toThrow(
      library === 'ws' ? 'Unexpected server response: 503' : 'websocket error',
    );
    expect(server.listening).toBe(true);
    app.work.finish('slow');
    await client.answer('did slow');
    await app.close();
  });

  it('waits for handleDisconnect and handleConnection before any hook', async () => {
    const app = await DeskApp.start({ ...setup, gateways: [Door] });
    const door = app.app.app.get(Door);
    await app.connect();
    await app.work.begun('hello');
    const closed = app.close();
    await app.work.begun('goodbye');
    await app.app.phase('drain');
    app.work.finish('goodbye');
    await eventually('its goodbye', () => door.events.includes('has left'));
    expect(door.events).toEqual(['leaves', 'has left']);

    app.work.finish('hello');
    await closed;
    expect(door.events).toEqual(['leaves', 'has left', 'destroyed']);
    expect(app.work.inFlightAtDestroy).toBe(0);
  });

  it('without the module, hooks come first', async () => {
    const app = await DeskApp.start({ ...setup, gateways: [Door], options: null });
    const door = app.app.app.get(Door);
    await app.connect();
    await app.work.begun('hello');

    await app.close();
    await app.work.begun('goodbye');

    expect(door.events).toEqual(['destroyed', 'leaves']);
    app.work.finish('hello', 'goodbye');
  });

  it('names what still runs at the deadline, and ends', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ ...setup, clock });
    const client = await app.connect();
    client.send('question', 'endless');
    await app.work.begun('endless');

    const closed = app.close();
    await app.app.phase('drain');
    while (!app.app.log.lines.some((line) => line.startsWith('close: '))) await clock.advance(100);
    await closed;

    expect(app.app.report.outcome).toBe('forced');
    expect(app.app.report.unfinished).toMatchObject([
      { kind: 'message', name: 'socket message question', fate: 'abandoned' },
    ]);
    await client.ended;
    app.work.finish('endless');
  });

  it('leaves its clients alone while drain() lasts', async () => {
    const app = await DeskApp.start(setup);
    const client = await app.connect();
    await expect(app.app.graceful.drain()).resolves.toBe(true);

    client.send('question', 'quick');
    app.work.finish('quick');
    await client.answer('did quick');
    app.app.graceful.resume();

    const other = await app.connect();
    other.send('question', 'quick');
    await other.answer('did quick');
    await app.close();
  });

  it('does not wait for ever for a client that never stops asking', async () => {
    const clock = new VirtualClock();
    const app = await DeskApp.start({ ...setup, clock });
    const client = await app.connect();
    client.send('question', 'first');
    await app.work.begun('first');
    const closed = app.close();
    await app.app.phase('drain');
    // As long as its questions overlap, there is no moment to say goodbye.
    client.send('question', 'second');
    await app.work.begun('second');
    app.work.finish('first');
    await client.answer('did first');

    await clock.advance(40_000); // of some 47 s
    client.send('question', 'third');
    app.work.finish('second', 'third');
    await client.answer('did second');
    await closed;

    expect(app.work.started).not.toContain('third');
    expect(app.app.report).toMatchObject({ outcome: 'clean' });
  });

  it('is nothing without a gateway', async () => {
    const app = await DeskApp.start({ ...setup, gateways: [] });
    const tasks = app.app.graceful.plan().phases.flatMap(({ tasks: all }) => all);
    expect(tasks.map(({ name }) => name)).not.toContain('WebSockets');
    await app.close();
  });

  it('is a source of work as soon as there is one', async () => {
    const app = await DeskApp.start({ ...setup, gateways: [Desk] });
    const [drain] = app.app.graceful.plan().phases.filter(({ name }) => name === 'drain');
    expect(drain.tasks.map(({ name }) => name)).toContain('WebSockets');
    await app.close();
  });
});
