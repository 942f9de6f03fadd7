import { expect, it } from '@jest/globals';
import { createServer, get, type OutgoingHttpHeader } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sayCloseOn } from '../../../lib/http/close-promise.js';

it.each([
  [
    'as pairs, which Node takes as the only headers',
    [
      ['Connection', 'keep-alive, Upgrade'],
      ['X-Up', '1'],
    ],
  ],
  ['as a list', ['Connection', 'keep-alive, Upgrade', 'X-Up', '1']],
  ['as an object', { connection: 'keep-alive, Upgrade', 'X-Up': '1' }],
])(
  'says close whatever the handler copies, and keeps the rest: headers %s',
  async (_how, headers) => {
    const server = createServer((_request, response) => {
      sayCloseOn(response);
      response.writeHead(200, headers as unknown as OutgoingHttpHeader[]).end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await new Promise<object>((resolve) => {
      get({ port, host: '127.0.0.1', agent: false }, (response) => {
        response.resume();
        resolve(response.headers);
      });
    });
    server.close();
    expect(answer).toMatchObject({ connection: 'close, Upgrade', 'x-up': '1' });
  },
);
