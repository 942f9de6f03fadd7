import { afterEach, describe, expect, it } from '@jest/globals';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { eventually } from '../support/eventually.js';
import { killStarted } from '../support/started-program.js';
import { installed } from '../support/installed.js';
import { PostProxy } from '../support/post-proxy.js';
import { RawSocket } from '../support/raw-socket.js';

afterEach(killStarted);

/** Sends until it hears of the end, and what it has sent by then is on its way. */
async function run(cell: Cell, arm: Arm) {
  const program = startArm(cell, arm, 'services/positions');
  const { port } = await program.event('listening');
  const client = await RawSocket.open(port as number);
  const sent = ['before'];
  client.text({ event: 'position', data: 'before' });
  await program.event('handled');
  program.signal('SIGTERM');
  const code = await Promise.race([client.goodbye, client.closed.then(() => undefined)]);
  for (const name of ['under way', 'last']) {
    sent.push(name);
    client.text({ event: 'position', data: name });
  }
  client.sayGoodbye();
  await program.end;
  const handled = program.events.flatMap(({ event, name }) => (event === 'handled' ? name : []));
  return { code, lost: sent.filter((name) => !handled.includes(name)) };
}

describe('what a WebSocket client has sent when it hears of the end', () => {
  it.each(MAJORS)('is handled, on Nest $nestMajor', async (cell) => {
    const [module, plain] = await Promise.all([
      run(cell, 'with the module'),
      run(cell, 'plain Nest'),
    ]);

    expect(module).toEqual({ code: 1012, lost: [] });
    expect(plain).toEqual({ code: undefined, lost: ['under way', 'last'] }); // the control
  });
});

/** As much of `socket.io-client` as is used. */
interface IoClient {
  emit(event: string, data: string): void;
  once(event: string, listener: (reason: string) => void): void;
  disconnect(): void;
}
const { io } = installed('socket.io-client') as { io: (url: string, options: object) => IoClient };

/** The packet of engine.io by which a server closes, in the answer to a poll. */
const CLOSE = '\r\n\r\n1';

describe('what a socket.io client has posted when it hears of the end, by long polling', () => {
  async function poll(cell: Cell, arm: Arm) {
    const program = startArm(cell, arm, 'services/polled-positions');
    const { port } = await program.event('listening');
    const clients = await Promise.all(
      (['its head', 'its first byte'] as const).map(async (passes) => {
        const proxy = await PostProxy.before(port as number);
        const client = io(`http://127.0.0.1:${proxy.port}`, {
          transports: ['polling'],
          reconnection: false,
          forceNew: true,
        });
        await new Promise<unknown>((resolve) => client.once('connect', resolve));
        const left = new Promise<string>((resolve) => client.once('disconnect', resolve));
        client.emit('position', `${passes} before`);
        return { proxy, client, left, passes };
      }),
    );
    const handled = () =>
      program.events.flatMap(({ event, name }) => (event === 'handled' ? name : []));
    await eventually('what was posted before', () => handled().length === 2);
    for (const { proxy, client, passes } of clients) {
      proxy.passing = passes;
      client.emit('position', `${passes} under way`);
      await proxy.holds('under way');
    }
    for (const { proxy } of clients) proxy.letGoAfter(CLOSE);
    program.signal('SIGTERM');
    const reasons = await Promise.all(clients.map(({ left }) => left));
    const { code, signal } = await program.end;
    for (const { proxy } of clients) proxy.close();
    return { handled: new Set(handled().slice(2)), reasons, end: code ?? signal };
  }

  it.each(MAJORS)(
    'is handled, also if only a part of it has come, on Nest $nestMajor',
    async (cell) => {
      const [module, plain] = await Promise.all([
        poll(cell, 'with the module'),
        poll(cell, 'plain Nest'),
      ]);

      const reasons = ['transport close', 'transport close']; // after which it comes back by itself
      expect(module).toEqual({
        handled: new Set(['its first byte under way', 'its head under way']),
        reasons,
        end: 0,
      });
      expect(plain.handled).toEqual(new Set()); // the control
    },
  );
});

/** Behind its goodbye the server ends the connection: until then the client would send, and its WebSocket throw it away. */
describe('what a socket.io client has sent when it hears of the end, by WebSocket', () => {
  async function send(cell: Cell, arm: Arm) {
    const program = startArm(cell, arm, 'services/polled-positions');
    const { port } = await program.event('listening');
    const proxy = await PostProxy.before(port as number);
    const client = io(`http://127.0.0.1:${proxy.port}`, {
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    });
    await new Promise<unknown>((resolve) => client.once('connect', resolve));
    const left = new Promise<string>((resolve) => client.once('disconnect', resolve));
    client.emit('position', 'before');
    await program.event('handled');
    proxy.passing = 'nothing of anything';
    client.emit('position', 'under way');
    await eventually('it is under way', () => proxy.held.length > 0);
    program.signal('SIGTERM');
    const reason = await left; // though nothing of the client's own goodbye has come to the server
    proxy.letGo();
    const { code, signal } = await program.end;
    proxy.close();
    const handled = program.events.flatMap(({ event, name }) => (event === 'handled' ? name : []));
    return { handled, reason, end: code ?? signal };
  }

  it.each(MAJORS)('is handled, and it stops sending at once, on Nest $nestMajor', async (cell) => {
    const [module, plain] = await Promise.all([
      send(cell, 'with the module'),
      send(cell, 'plain Nest'),
    ]);

    expect(module).toEqual({ handled: ['before', 'under way'], reason: 'transport close', end: 0 });
    expect(plain.handled).toEqual(['before']); // the control
  });
});
