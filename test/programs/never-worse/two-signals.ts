import {
  Controller,
  Get,
  Injectable,
  Module,
  type INestApplication,
  type OnModuleDestroy,
  type OnModuleInit,
  type ShutdownSignal,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, settings, tell, theModule } from './pair.js';

const told = settings as typeof settings & {
  /** The signals that `enableShutdownHooks()` is called with. */
  readonly hooks?: ShutdownSignal[];
  /** A library that catches this signal and raises it again when it is done, long before the request is. */
  readonly raisesAgain?: NodeJS.Signals;
  /** A plain application in the same process, whose hook takes so long, in milliseconds; its logger is off. */
  readonly secondMs?: number;
  /** How long the request takes, in milliseconds. */
  readonly slowMs?: number;
  /** The application's own listener for SIGHUP. */
  readonly reloads?: boolean;
};

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {
    tell('destroyed');
  }
}

@Injectable()
class JobLibrary implements OnModuleInit {
  onModuleInit(): void {
    const signal = told.raisesAgain;
    if (!signal) return;
    process.once(signal, () => {
      void sleep(400).then(() => {
        tell('raised again');
        process.kill(process.pid, signal);
      });
    });
  }
}

@Controller('slow')
class Slow {
  @Get()
  async answer(): Promise<string> {
    tell('begun');
    await sleep(told.slowMs ?? 1_000);
    return 'answered';
  }
}

@Module({ imports: theModule(), controllers: [Slow], providers: [Pool, JobLibrary] })
class App {}

@Injectable()
class Sessions implements OnModuleDestroy {
  async onModuleDestroy(): Promise<void> {
    await sleep(told.secondMs);
    tell('second closed');
  }
}

@Module({ providers: [Sessions] })
class Admin {}

async function create(): Promise<INestApplication> {
  const options = { logger: ['warn' as const, 'error' as const, 'log' as const] };
  return settings.platform === 'fastify'
    ? await NestFactory.create(App, new FastifyAdapter(), options)
    : await NestFactory.create(App, options);
}

if (told.reloads) process.on('SIGHUP', () => tell('reloaded'));
const application = await create();
application.enableShutdownHooks(told.hooks);
if (told.secondMs !== undefined) {
  const admin = await NestFactory.createApplicationContext(Admin, { logger: false });
  admin.enableShutdownHooks();
}
await listen(application);
