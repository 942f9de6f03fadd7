import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { onListeningServers } from '../../lib/http/listening-servers.js';
import { collectGarbage } from '../../lib/http/garbage.js';
import {
  acceptorOf,
  closeResponse,
  currentResponse,
  detach,
  fileDescriptorOf,
  forgetResponse,
  isUpgrade,
  openSockets,
  receivingSockets,
  serverOf,
  socketBelow,
} from '../../lib/http/node-internals.js';
import { tlsFiles } from '../support/tls.js';

// What lib/http/node-internals.ts takes from Node's HTTP server without a document that promises it.

/** The event 'received' comes in the middle of what Node does with the bytes. */
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe("Node's HTTP server", () => {
  let server: Server;
  let client: Socket;
  let received: Array<{ request: IncomingMessage; response: ServerResponse }>;

  beforeEach(async () => {
    received = [];
    server = createServer((request, response) => {
      received.push({ request, response });
      server.emit('received');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  });

  afterEach(() => {
    client.destroy();
    server.close();
  });

  async function send(text: string, requests: number): Promise<Socket> {
    client.write(text);
    while (received.length < requests) await once(server, 'received');
    return received[0].request.socket;
  }

  it('knows the response that is being written, and forgets it when it is finished', async () => {
    const socket = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1);
    const { response } = received[0] as { response: ServerResponse };
    expect(currentResponse(socket)).toBe(response);

    response.end('done');
    await once(response, 'close');

    expect(currentResponse(socket)).toBeUndefined();
  });

  it('lets a response be closed for its listeners, as when its client leaves: what is written goes nowhere', async () => {
    const socket = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1);
    const { response } = received[0];
    let closes = 0;
    response.on('close', () => (closes += 1));
    detach(response, socket);
    closeResponse(response);
    expect(closes).toBe(1);
    expect(response.destroyed).toBe(true);

    response.setHeader('late', '1');
    response.end('late'); // neither throws nor emits 'error'
    await turn();
    expect(socket.destroyed).toBe(false);
    expect(closes).toBe(1);
  });

  it('keeps the response on a socket that is closed, until it is told to forget it', async () => {
    const socket = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1);
    const response = new WeakRef(received[0].response);
    client.destroy();
    await once(socket, 'close');
    expect(currentResponse(socket)).toBeDefined();
    received = [];
    const kept = response.deref();
    if (kept) forgetResponse(kept);
    expect(currentResponse(socket)).toBeUndefined();
  });

  it('can be told to collect what nobody holds', async () => {
    const ref = new WeakRef({ held: 'by nobody' });
    await turn();
    expect(collectGarbage()).toBe(true);
    expect(ref.deref()).toBeUndefined();
  });

  it('knows an upgrade by its request, if anybody listens for it', async () => {
    const head = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n';
    await send(head, 1);
    expect(isUpgrade(received[0].request)).toBe(false);
    received[0].response.end();

    const upgraded = once(server, 'upgrade');
    client.write(head);
    const [request, socket] = (await upgraded) as [IncomingMessage, Socket];
    expect(isUpgrade(request)).toBe(true);
    socket.destroy();
  });

  it('hands the connection to the next response of a pipeline', async () => {
    const socket = await send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2), 2);
    const [first, second] = received.map(({ response }) => response);
    expect(currentResponse(socket)).toBe(first);

    first.end('1');
    await once(first, 'close');

    expect(currentResponse(socket)).toBe(second);
  });

  it('knows on which connections part of a request has arrived', async () => {
    const isReceiving = () => receivingSockets(server)?.includes(connection);
    const connection = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1);
    await turn();
    expect(isReceiving()).toBe(false);

    await send('GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST', 2);
    await turn();
    expect(isReceiving()).toBe(true);

    await send(' / HTTP/1.1\r\nHost: a\r\n\r\n', 3);
    await turn();
    expect(isReceiving()).toBe(false);

    await send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf', 4);
    await turn();
    expect(isReceiving()).toBe(true);
  });

  it('knows its connections, and they know it and who has accepted them', async () => {
    const socket = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1);
    expect(openSockets(server)).toEqual([socket]);
    expect(serverOf(socket)).toBe(server);
    expect(acceptorOf(socket)).toBe(server);

    const other = createServer();
    const front = createTcpServer((accepted) => other.emit('connection', accepted));
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    const second = connect((front.address() as AddressInfo).port, '127.0.0.1');
    const [handedOver] = (await once(other, 'connection')) as [Socket];
    expect(serverOf(handedOver)).toBe(other);
    expect(acceptorOf(handedOver)).toBe(front);
    second.destroy();
    front.close();
  });

  it('has a descriptor while it listens', () => {
    expect(fileDescriptorOf(server)).toBeGreaterThan(2);
    const idle = createServer();
    expect(fileDescriptorOf(idle)).toBeUndefined();
  });

  it('is told of as it begins to listen, and found when it does already', async () => {
    const told: Server[] = [];
    const stop = onListeningServers((one) => told.push(one));
    expect(told).toContain(server);

    const later = createServer();
    later.listen(0, '127.0.0.1');
    await once(later, 'listening');
    expect(told).toContain(later);
    stop();
    later.close();
  });

  it('sends nothing of a response that was taken off its socket', async () => {
    const socket = await send('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 1);
    const { response } = received[0] as { response: ServerResponse };

    detach(response, socket);
    socket.end('our own bytes');
    response.writeHead(200, { 'X-Late': 'yes' });
    response.end('late');

    let text = '';
    for await (const chunk of client) text += String(chunk);
    expect(text).toBe('our own bytes');
    expect(currentResponse(socket)).toBeUndefined();
  });
});

describe('a TLS socket', () => {
  it.each([
    ['a TCP socket', (socket: Socket): Duplex => socket],
    ['a stream', (socket: Socket): Duplex => new Passed(socket)],
  ])('knows %s that it was made of', async (_what, made) => {
    const secure = createSecureServer({ ...tlsFiles });
    let given: Duplex | undefined;
    const front = createTcpServer((socket) => {
      given = made(socket);
      secure.emit('connection', given);
    });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    const { port } = front.address() as AddressInfo;
    const client = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    client.on('error', () => undefined);

    const [socket] = (await once(secure, 'secureConnection')) as [TLSSocket];

    expect(socketBelow(socket)).toBe(given);
    client.destroy();
    socket.destroy();
    front.close();
  });
});

/** A stream around a socket, as a parser of the PROXY protocol may hand over. */
class Passed extends Duplex {
  constructor(private readonly socket: Socket) {
    super();
    socket.on('data', (data) => void this.push(data));
    socket.on('close', () => void this.destroy());
    socket.on('error', () => undefined);
  }

  override _read(): void {}

  override _write(data: Buffer, _encoding: string, done: () => void): void {
    this.socket.write(data, () => done());
  }
}
