import { Controller, Get, Module, Post, Sse, Version, VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, RouteConfig } from '@nestjs/platform-fastify';
import { describe, expect, it } from '@jest/globals';
import { request, ServerResponse } from 'node:http';
import { of } from 'rxjs';
import { observeHandlers } from '../../lib/nest/route-handlers.js';

@Controller('things')
class Things {
  @Get()
  @Version('1')
  one(): string {
    return 'one';
  }

  @Get()
  @Version('2')
  @RouteConfig({ of: 'two' })
  async two(): Promise<string> {
    return 'two';
  }

  @Post()
  @Version('1')
  post(): string {
    throw new Error('no');
  }

  @Sse('events')
  @Version('1')
  events(): unknown {
    return of({ data: 'event' });
  }
}

@Module({ controllers: [Things] })
class App {}

function ask(port: number, method: string, path: string, version: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-version': version };
    const outgoing = request(
      { port, method, path, headers, host: '127.0.0.1', agent: false },
      (answer) => {
        let body = '';
        answer.on('data', (data: Buffer) => (body += String(data)));
        answer.on('end', () => resolve(`${answer.statusCode} ${body}`));
      },
    );
    outgoing.on('error', reject).end();
  });
}

// What Nest registers through its adapter is what lib/nest/route-handlers.ts observes.
describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter() as never],
])("Nest's router on %s", (_name, adapter: () => ExpressAdapter) => {
  it('registers asynchronous handlers, and serves observed ones as before, versions included', async () => {
    const seen: Array<{ response: object; running: Promise<unknown> }> = [];
    const adapterOfApp = adapter();
    const app = await NestFactory.create(App, adapterOfApp, { logger: false });
    app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' });
    observeHandlers(adapterOfApp, (response, _reply, running) => seen.push({ response, running }));
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as { port: number };

    expect(await ask(port, 'GET', '/things', '1')).toBe('200 one');
    expect(await ask(port, 'GET', '/things', '2')).toBe('200 two');
    expect(await ask(port, 'POST', '/things', '1')).toMatch(/^500 /);
    expect(await ask(port, 'GET', '/things/events', '1')).toMatch(/^200 .*event/s);

    expect(seen).toHaveLength(4);
    for (const { response, running } of seen) {
      expect(response).toBeInstanceOf(ServerResponse);
      await running;
    }
    await app.close();
  });
});
