import 'reflect-metadata';
import { Module, type INestApplicationContext, type NestApplicationOptions } from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { keepAliveAdvice } from '../../lib/http/keep-alive.js';
import { closingOptionsAdvice, closingOptionsOf } from '../../lib/nest/closing-options.js';
import { httpServerOf } from '../../lib/nest/http-servers.js';

// Nest keeps the options of an application in a protected field, and has no question for them.

@Module({})
class AppModule {}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };
const platforms = ['express', 'fastify'] as const;

/** The options of an application that is closed again. */
async function read(app: INestApplicationContext) {
  try {
    const { httpAdapter } = app.get(HttpAdapterHost);
    return closingOptionsOf(app, httpAdapter);
  } finally {
    await app.close();
  }
}

describe.each(platforms)('the closing options on %s', (platform) => {
  const create = (options: object) =>
    NestFactory.create(AppModule, adapters[platform](), {
      logger: false,
      ...options,
    } as NestApplicationOptions);

  it.each([
    { forceCloseConnections: true, return503OnClosing: true },
    { forceCloseConnections: true, return503OnClosing: false },
    { forceCloseConnections: false, return503OnClosing: true },
    { forceCloseConnections: false, return503OnClosing: false },
  ])('are those given to NestFactory.create(): %j', async (options) => {
    await expect(create(options).then(read)).resolves.toEqual(options);
  });

  it('are off by default', async () => {
    await expect(create({}).then(read)).resolves.toEqual({
      forceCloseConnections: false,
      return503OnClosing: false,
    });
  });

  it('are those given to an application of the test kit', async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    const app = module.createNestApplication(adapters[platform](), { forceCloseConnections: true });
    await app.init();
    await expect(read(app)).resolves.toMatchObject({ forceCloseConnections: true });
  });

  it('leave a keep-alive timeout that is known', async () => {
    const app = await create({});
    const server = httpServerOf(app.get(HttpAdapterHost).httpAdapter);
    const facts = { platform: 'kubernetes', adapter: platform } as const;
    const advice = keepAliveAdvice({ keepAliveTimeoutMs: server?.keepAliveTimeout ?? 0, ...facts });
    await app.close();
    expect(advice?.level).toBe(platform === 'express' ? 'log' : undefined);
  });
});

describe("Fastify's own option", () => {
  it.each([
    [true, true],
    ['idle' as const, false],
    [false, false],
    [undefined, false],
  ])('forceCloseConnections: %j is read, too', async (forceCloseConnections, forced) => {
    const adapter = new FastifyAdapter(
      forceCloseConnections === undefined ? {} : { forceCloseConnections },
    );
    const app = await NestFactory.create(AppModule, adapter, { logger: false });
    await expect(read(app)).resolves.toEqual({
      forceCloseConnections: forced,
      return503OnClosing: false,
    });
  });
});

describe('an application without HTTP', () => {
  it('has none of them', async () => {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    await expect(read(app)).resolves.toEqual({
      forceCloseConnections: false,
      return503OnClosing: false,
    });
  });
});

describe('the advice', () => {
  it('is one line for each that is on', () => {
    const advice = closingOptionsAdvice({ forceCloseConnections: true, return503OnClosing: true });
    expect(advice.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^forceCloseConnections is not needed.*Remove it\.$/),
      expect.stringMatching(/^return503OnClosing has no effect.*Remove it\.$/),
    ]);
    expect(
      closingOptionsAdvice({ forceCloseConnections: false, return503OnClosing: false }),
    ).toEqual([]);
  });
});
