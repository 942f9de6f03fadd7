import { afterEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Exemptions } from '../../lib/http/exemptions.js';
import { HttpDrain } from '../../lib/http/http-drain.js';
import { systemClock } from '../../lib/time/system-clock.js';
import { ANY_STREAM } from '../support/http2-app.js';
import { Http2RawClient } from '../support/http2-raw-client.js';

const server = createServer((_request, response) => void response.end('done'));

let client: Http2RawClient;

afterEach(() => {
  client.vanish();
  server.close();
});

function drainOf(): HttpDrain {
  const settings = {
    exemptions: new Exemptions([], []),
    retryAfterSeconds: 5,
    floorMs: 0,
    quietMs: 100,
    capMs: 10_000,
    streams: {
      farewell: { retryMs: 0 },
      isEndless: () => undefined,
      endedByHooks: () => false,
      inRounds: async () => undefined,
    },
  };
  const drain = new HttpDrain(settings, systemClock);
  drain.servers.followOwn(server as unknown as Server, () => false);
  return drain;
}

it('a session that leads to two applications is told to go when the second one leaves', async () => {
  const [first, second] = [drainOf(), drainOf()];
  await once(server.listen(0, '127.0.0.1'), 'listening');
  client = await Http2RawClient.connect((server.address() as AddressInfo).port);
  await client.request(1, '/').response(1);

  first.announce();
  await client.request(3, '/').response(3);
  await client.pong();
  expect(client.goodbyes).toEqual([]);

  second.announce();
  await expect(client.goodbyesUntil(1)).resolves.toEqual([{ lastStream: ANY_STREAM, code: 0 }]);
});
