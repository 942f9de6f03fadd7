import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import type { INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';

// The two app projects run the same specs. If a mapping in jest.config.js broke, both would run on Nest 12 and
// everything would stay green: this file is what turns red.

const require = createRequire(import.meta.url);
const majorOf = (name: string): number =>
  Number.parseInt((require(`${name}/package.json`) as { version: string }).version, 10);

@Injectable()
class Greeter {
  greet(): string {
    return 'hello';
  }
}

@Controller()
class GreetingController {
  constructor(
    private readonly greeter: Greeter,
    private readonly health: HealthCheckService,
    @Inject('MARK') private readonly mark: string,
  ) {}

  @Get('greeting')
  greeting(): string {
    return `${this.greeter.greet()} ${this.mark}`;
  }

  @Get('health')
  check(): Promise<unknown> {
    return this.health.check([() => ({ it: { status: 'up' } })]);
  }
}

@Module({
  imports: [TerminusModule],
  controllers: [GreetingController],
  providers: [Greeter, { provide: 'MARK', useValue: 'world' }],
})
class AppModule {}

describe(`the project for Nest ${NEST_MAJOR}`, () => {
  it.each([
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/platform-express',
    '@nestjs/platform-fastify',
    '@nestjs/terminus',
  ])('loads %s of that major', (name) => {
    expect(majorOf(name)).toBe(NEST_MAJOR);
  });

  it.each<[string, Type<ExpressAdapter | FastifyAdapter>]>([
    ['Express', ExpressAdapter],
    ['Fastify', FastifyAdapter],
  ])('serves, injects and answers through Terminus on %s', async (_name, Adapter) => {
    const app: INestApplication = await NestFactory.create(AppModule, new Adapter(), {
      logger: false,
    });
    try {
      await app.listen(0, '127.0.0.1');
      const url = await app.getUrl();
      await expect((await fetch(`${url}/greeting`)).text()).resolves.toBe('hello world');
      await expect((await fetch(`${url}/health`)).json()).resolves.toMatchObject({
        status: 'ok',
        info: { it: { status: 'up' } },
      });
    } finally {
      await app.close();
    }
  });
});
