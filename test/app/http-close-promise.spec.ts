import { Controller, Get, Module, Param, Res } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';

interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): void;
}
type Reply = ServerResponse | FastifyReply;

/** Ways in which a handler that passes an answer on copies `Connection: keep-alive` of its upstream. */
const COPIES = {
  set: (response) => {
    response.setHeader('connection', 'keep-alive');
    response.setHeader('Keep-Alive', 'timeout=60');
    response.end('passed on');
  },
  object: (response) =>
    response.writeHead(200, { connection: 'keep-alive', 'X-Up': '1' }).end('passed on'),
  message: (response) =>
    response.writeHead(200, 'Fine', { Connection: 'keep-alive', 'X-Up': '1' }).end('passed on'),
  list: (response) =>
    response.writeHead(200, ['Connection', 'keep-alive', 'X-Up', '1']).end('passed on'),
  flushed: (response) => {
    response.setHeader('Connection', 'keep-alive');
    response.flushHeaders();
    response.end('passed on');
  },
} satisfies Record<string, (response: ServerResponse) => unknown>;

@Controller('gateway')
class Gateway {
  @Get(':way')
  pass(@Param('way') way: keyof typeof COPIES, @Res() reply: Reply): void {
    if ('raw' in reply) reply.hijack();
    const response = 'raw' in reply ? reply.raw : reply;
    COPIES[way](response);
  }
}

@Module({ controllers: [Gateway] })
class GatewayModule {}

const WAIT = {
  propagationFloorMs: 60_000,
  propagationQuietMs: 60_000,
  propagationCapMs: 60_000,
  gracePeriodMs: 600_000,
} as const;

describeOnPlatforms((target) => {
  const start = () =>
    HttpApp.start({ ...target, options: WAIT, module: { imports: [GatewayModule] } });

  it.each(Object.keys(COPIES))(
    'a handler that copies Connection: keep-alive does not undo ours: %s',
    async (way) => {
      const app = await start();
      const client = await app.connect();
      client.get(`/gateway/${way}`);
      expect((await client.response()).headers).toMatchObject({ connection: 'keep-alive' });

      app.signal();
      await app.phase('propagate');
      const { headers, body } = await client.get(`/gateway/${way}`).response();
      expect(headers).toMatchObject({ connection: 'close' });
      expect(headers).not.toHaveProperty('keep-alive');
      expect(body).toBe('passed on');
      await client.ended();
    },
  );

  it('nor one for a client of HTTP/1.0 that asked to be kept', async () => {
    const app = await start();
    app.signal();
    await app.phase('propagate');
    const client = await app.connect();
    client.send('GET /gateway/set HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n\r\n');
    await client.ended();
    expect(client.received).toMatch(/\r\nConnection: close\r\n/);
    expect(client.received).not.toMatch(/keep-alive/i);
  });

  it('an announcement that is revoked leaves the handler its header', async () => {
    const app = await start();
    const client = await app.connect();
    client.get('/work/slow');
    await app.work.begun('slow');
    void app.graceful.drain();
    app.graceful.resume();
    app.work.finish('slow');
    expect((await client.response()).headers).toMatchObject({ connection: 'keep-alive' });
    client.get('/gateway/object');
    expect((await client.response()).headers).toMatchObject({ connection: 'keep-alive' });
  });
});
