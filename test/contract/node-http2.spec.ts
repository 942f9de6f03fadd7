import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  createServer,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { writeBetweenFrames } from '../../lib/http/node-internals.js';
import { eventually } from '../support/eventually.js';
import { Http2RawClient, type Http2RawClientOptions } from '../support/http2-raw-client.js';
import { tlsFiles } from '../support/tls.js';

// What lib/http/http2-connection.ts takes from Node's HTTP/2, documented or not: the same on Node 20, 22 and 24.

const ANY_STREAM = 2 ** 31 - 1;
const GOING_AWAY = Uint8Array.of(0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0);

const queued = (socket: Socket): number =>
  (socket as unknown as { _handle: { writeQueueSize: number } })._handle.writeQueueSize;

type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

const running: Array<{ server: Http2Server | Http2SecureServer; client: Http2RawClient }> = [];

afterEach(() => {
  for (const { server, client } of running.splice(0)) {
    client.vanish();
    server.close();
  }
});

/** A server, and a client whose session is open. */
async function open(handler: Handler, options: Http2RawClientOptions = {}) {
  const server = options.tls ? createSecureServer(tlsFiles, handler) : createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const events: string[] = [];
  let session!: ServerHttp2Session;
  let socket!: Socket;
  server.on('session', (opened: ServerHttp2Session) => {
    events.push('session');
    session = opened;
  });
  server.on(options.tls ? 'secureConnection' : 'connection', (opened: Socket) => {
    events.push('connection');
    socket = opened;
  });
  const client = await Http2RawClient.connect((server.address() as AddressInfo).port, options);
  running.push({ server, client });
  await client.until('SETTINGS');
  return { client, session, socket, events };
}

/** Answers `/slow` when it is told to, and everything else at once. */
function slowly() {
  const held: Http2ServerResponse[] = [];
  const handler: Handler = ({ url }, response) => {
    if (url === '/slow') held.push(response);
    else response.end('done');
  };
  return { handler, finish: () => held.splice(0).forEach((response) => response.end('done')) };
}

const DONE = { status: 200, body: 'done' };

describe("Node's HTTP/2 server", () => {
  it.each([{ tls: false }, { tls: true }])(
    'makes a session of a connection before others hear of it (%p)',
    async (options) => {
      const { events, session, socket } = await open(slowly().handler, options);
      expect(events).toEqual(['session', 'connection']);
      const mark = Symbol('mark');
      Object.assign(session.socket, { [mark]: true });
      expect(Object.getOwnPropertySymbols(socket)).toContain(mark);
    },
  );

  it('takes no stream any more after a goaway() of its own, whatever stream that names', async () => {
    const { client, session } = await open(slowly().handler);
    await client.request(1, '/slow').pong();
    session.goaway(0, ANY_STREAM);
    await client.goodbyesUntil(1);

    await client.request(3, '/fast').pong();

    expect(client.goodbyes).toEqual([{ lastStream: ANY_STREAM, code: 0 }]);
    expect(client.frames.filter(({ stream }) => stream === 3)).toEqual([]); // no word of it, so its client waits
  });

  it('names the last stream in close(), finishes what is open, takes nothing more, and then ends', async () => {
    const { handler, finish } = slowly();
    const { client, session } = await open(handler);
    await client.request(1, '/slow').request(3, '/fast').response(3);

    session.close();
    await client.goodbyesUntil(1);
    await client.request(5, '/fast').pong();
    expect(client.isOpen).toBe(true);
    finish();

    await expect(client.response(1)).resolves.toEqual(DONE);
    await client.closed();
    expect(client.goodbyes).toEqual([{ lastStream: 3, code: 0 }]);
    expect(client.of('HEADERS', 5)).toEqual([]);
  });

  it('tells of a PING whose answer never comes when the session ends', async () => {
    const { client, session } = await open(slowly().handler, { deaf: true });
    const answer = new Promise((resolve) => void session.ping((error) => resolve(error)));
    await client.until('PING');
    client.vanish();
    await expect(answer).resolves.toMatchObject({ code: 'ERR_HTTP2_PING_CANCEL' });
  });

  it('closes itself when its client says goodbye', async () => {
    const { client, session } = await open(slowly().handler);
    client.send('GOAWAY', 0, 0, Buffer.alloc(8));
    await once(session, 'goaway');
    expect(session.closed).toBe(true);
  });
});

describe('a frame of our own', () => {
  it('goes between those of the session, which goes on', async () => {
    const { client, socket } = await open(slowly().handler);
    expect(writeBetweenFrames(socket, GOING_AWAY)).toBe(true);

    await expect(client.request(1, '/fast').response(1)).resolves.toEqual(DONE);
    expect(client.goodbyes).toEqual([{ lastStream: ANY_STREAM, code: 0 }]);
  });

  it('waits while part of a frame is on its way', async () => {
    const large = Buffer.alloc(16_000_000, 'x');
    const handler: Handler = (_request, response) => response.end(large);
    const { client, socket } = await open(handler, { window: large.length + 1 });
    client.allow(0, large.length); // as much as the stream, for the whole connection
    client.socket.pause();
    client.request(1, '/large');
    await eventually('the buffers to be full', () => queued(socket) > 0);

    expect(writeBetweenFrames(socket, GOING_AWAY)).toBe(false);
    client.socket.resume();
    const { body } = await client.response(1);

    expect(body.length).toBe(large.length);
    expect(client.goodbyes).toEqual([]);
    expect(writeBetweenFrames(socket, GOING_AWAY)).toBe(true);
    await client.goodbyesUntil(1);
  });

  it('has no place within TLS', async () => {
    const { client, socket } = await open(slowly().handler, { tls: true });
    expect(writeBetweenFrames(socket, GOING_AWAY)).toBe(false);
    await expect(client.request(1, '/fast').response(1)).resolves.toEqual(DONE);
  });
});
