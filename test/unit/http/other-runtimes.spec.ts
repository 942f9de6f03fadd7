import { describe, expect, it } from '@jest/globals';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { headOf, receivingSockets } from '../../../lib/http/node-internals.js';
import { runtimeAdvice } from '../../../lib/http/runtime-advice.js';
import { stopListening } from '../../../lib/http/stop-listening.js';
import { runtimeName } from '../../../lib/process/runtime.js';

/** What Bun 1.4 has in the place of an http.Server: no net.Server, and no list of connections. */
function serverOfBun(): Server & { closed: number } {
  const server = { listening: true, closed: 0, close: () => (server.closed += 1) };
  return server as unknown as Server & { closed: number };
}

describe('a server that is not quite the one of Node', () => {
  it('closes by itself where Node’s own way is not there', () => {
    const server = serverOfBun();
    stopListening(server);
    expect(server.closed).toBe(1);
  });

  it('has no list of connections to ask', () => {
    expect(receivingSockets(serverOfBun())).toBeUndefined();
    expect(receivingSockets(createHttp2Server() as unknown as Server)).toBeUndefined();
    expect(receivingSockets(createServer())).toBeUndefined(); // before it has been told to listen
  });

  it('is told of at boot, with what does not hold', () => {
    expect(runtimeAdvice(serverOfBun(), 'Bun 1.4.5')?.text).toBe(
      'On Bun 1.4.5 requests in flight are finished as on Node, but idle connections are closed at the same moment ' +
        'as the listener, and on a kept connection, a request whose head is incomplete is not waited for: ' +
        'a client may have to send such a request again at a restart.',
    );
  });

  it('has a name', () => {
    expect(runtimeName({ node: '24.21.0', bun: '1.4.5' })).toBe('Bun 1.4.5');
    expect(runtimeName({ node: '24.21.0', deno: '2.9.6' })).toBe('Deno 2.9.6');
    expect(runtimeName({ node: '24.21.0' })).toBe('Node 24.21.0');
  });
});

describe('the head of a response', () => {
  const response = (head: unknown, headersSent = true) =>
    ({
      _header: head,
      headersSent,
      getHeaders: () => ({ 'content-type': 'text/event-stream', 'x-a': 1 }),
    }) as unknown as ServerResponse;

  it('is the text that Node keeps', () => {
    expect(headOf(response('HTTP/1.1 200 OK\r\nA: b\r\n\r\n'))).toBe(
      'HTTP/1.1 200 OK\r\nA: b\r\n\r\n',
    );
  });

  it.each([
    ['as Bun keeps it', ' '],
    ['as HTTP/2 keeps it', true],
    ['where nothing is kept', undefined],
  ])('is made of its headers %s', (_, kept) => {
    expect(headOf(response(kept))).toBe('content-type: text/event-stream\r\nx-a: 1\r\n');
  });

  it('is empty before it is sent', () => {
    expect(headOf(response(null, false))).toBe('');
    expect(headOf(response(false, false))).toBe('');
  });
});
