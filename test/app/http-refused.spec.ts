import { Controller, Get, Module, Res } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { H2C, openSession } from '../support/http2-app.js';
import { describeOnPlatforms, type Target } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

interface FastifyReply {
  readonly raw: ServerResponse;
  header(name: string, value: string | string[]): this;
}
type Reply = ServerResponse | FastifyReply;

@Controller('reports')
class Reports {
  /** What the handler has heard, in order. */
  readonly heard: string[] = [];
  working = 0;

  @Get()
  async report(@Res() reply: Reply): Promise<void> {
    const response = 'raw' in reply ? reply.raw : reply;
    // As @fastify/cors and cors do, before the handler.
    const headers = {
      'Access-Control-Allow-Origin': 'https://shop.example',
      'Set-Cookie': ['a=1', 'b=2'],
      'Content-Type': 'text/csv',
      ETag: '"1"',
    };
    for (const [name, value] of Object.entries(headers)) {
      if ('raw' in reply) reply.header(name, value);
      else reply.setHeader(name, value);
    }
    this.working += 1;
    await new Promise<void>((resolve) => {
      response.once('close', () => {
        this.heard.push('response');
        resolve();
      });
      response.req.once('close', () => this.heard.push('request'));
    });
    this.working -= 1;
    response.end('too late'); // into nothing
  }
}

@Module({ controllers: [Reports] })
class ReportsModule {}

async function start(target: Target | typeof H2C) {
  const clock = new VirtualClock();
  const app = await HttpApp.start({
    ...target,
    options: { drainTimeoutMs: 5_000 },
    clock,
    module: { imports: [ReportsModule] },
  });
  const reports = app.app.get(Reports, { strict: false });
  const deadline = async () => {
    await eventually('the handler', () => reports.working === 1);
    const closed = app.close();
    await app.phase('drain');
    await eventually('the listener to close', () => !app.server.listening);
    await clock.advance(5_000);
    return { closed };
  };
  return { app, reports, deadline };
}

describeOnPlatforms((target) => {
  it('a refused request looks to its handler as one whose client has left, so that it lets go', async () => {
    const { app, reports, deadline } = await start(target);
    const client = await app.connect();
    client.get('/reports');
    const { closed } = await deadline();

    await client.response();
    await closed;
    expect(reports.working).toBe(0);
    expect(reports.heard).toContain('response');
    expect(reports.heard).toContain('request');
    expect(app.report.unfinished).toMatchObject([{ name: 'GET /reports', fate: 'refused' }]);
  });

  it('the refusal keeps what the application has put on the response, but for what was of its answer', async () => {
    const { app, deadline } = await start(target);
    const client = await app.connect();
    client.get('/reports');
    const { closed } = await deadline();

    await client.until('could not finish');
    expect(client.received).toMatch(/\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n/i);
    const { status, headers } = await client.response();
    expect(status).toBe(503);
    expect(headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'content-type': 'application/json; charset=utf-8',
    });
    expect(headers).not.toHaveProperty('etag');
    await closed;
  });
});

it('on HTTP/2 a refused stream is let go of as well', async () => {
  const { app, reports, deadline } = await start(H2C);
  const client = await openSession(app, H2C);
  client.request(1, '/reports');
  const { closed } = await deadline();

  await expect(client.response(1)).resolves.toMatchObject({ status: 503 });
  await eventually('the end of the handler', () => reports.working === 0);
  expect(reports.heard).toContain('response');
  await closed;
});
