import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, settings, tell, theModule } from './pair.js';

const { gracePeriodMs } = settings as { gracePeriodMs?: number };

@Injectable()
class Pool implements OnModuleDestroy {
  open = true;

  onModuleDestroy(): void {
    this.open = false;
    tell('destroyed');
  }
}

@Controller()
class Work {
  constructor(private readonly pool: Pool) {}

  @Get('quick')
  quick(): string {
    return 'quick';
  }

  @Get('slow')
  async slow(): Promise<string> {
    tell('begun');
    await sleep(600);
    return this.pool.open ? 'answered' : 'the pool was closed';
  }

  @Get('hangs')
  async hangs(): Promise<void> {
    tell('begun');
    await new Promise(() => undefined);
  }
}

@Module({ imports: theModule({ gracePeriodMs }), controllers: [Work], providers: [Pool] })
class App {}

const options = { logger: ['warn', 'error', 'log'] as const };
const app =
  settings.platform === 'fastify'
    ? await NestFactory.create(App, new FastifyAdapter(), { logger: [...options.logger] })
    : await NestFactory.create(App, { logger: [...options.logger] });
// By name: Nest's own list has SIGILL in it, which Deno refuses to listen for.
app.enableShutdownHooks(['SIGTERM']);
await listen(app);
