import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen, settings, tell, theModule } from './pair.js';

const pool = {
  isClosed: false,
  async end() {
    this.isClosed = true;
  },
};

@Controller('slow')
class Slow {
  @Get()
  async answer(): Promise<string> {
    tell('begun');
    await sleep(600);
    if (pool.isClosed) throw new Error('the pool is closed');
    return 'answered';
  }
}

@Module({ imports: theModule(), controllers: [Slow] })
class App {}

@Module({})
class Other {}

const telemetry = { shutdown: () => sleep(50) };
let application: INestApplication;

/** Listeners for SIGTERM as they stand in main.ts files. */
const listeners: Record<string, () => unknown> = {
  'work behind close()': async () => {
    await application.close();
    await sleep(200);
    tell('done');
    process.exit(7);
  },
  'work before close()': async () => {
    await sleep(300);
    await application.close();
    tell('done');
  },
  'a callback behind close()': () => {
    void application.close().then(() =>
      setTimeout(() => {
        tell('done');
        process.exit(7);
      }, 200),
    );
  },
  'another application beside it': async () => {
    const other = await NestFactory.createApplicationContext(Other, { logger: false });
    await Promise.all([application.close(), sleep(300).then(() => other.close())]);
    tell('done');
  },
  'a limit that is not reached': async () => {
    setTimeout(() => process.exit(1), 60_000).unref();
    await application.close();
    await sleep(100);
    tell('done');
  },
  'telemetry that ends the process': () => {
    void telemetry.shutdown().finally(() => process.exit(0));
  },
  'a pool that is closed': async () => {
    await pool.end();
  },
};

const listener = listeners[String(settings['listener'])];
if (listener) process.on('SIGTERM', listener);
application = await NestFactory.create(App, { logger: ['warn', 'error', 'log'] });
await listen(application);
