import { Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {
    tell('destroyed');
  }
}

@Module({ imports: theModule(), providers: [Pool] })
class App {}

const logger = ['warn' as const, 'error' as const, 'log' as const];

/** What a process is whom PM2 or a thread pool supervises. */
const kinds: Record<string, () => Promise<unknown>> = {
  'a service': async () => listen(await createApplication(App, { logger })),
  'a service with a listener of its own': async () => {
    const application = await NestFactory.create(App, { logger });
    process.on('message', (message) => {
      if (message !== 'shutdown') return;
      void application.close().then(async () => {
        await sleep(200);
        tell('done');
        process.exit(7);
      });
    });
    await listen(application);
  },
  'a script that ends by itself': async () => {
    await NestFactory.createApplicationContext(App, { logger });
    tell('listening'); // it has nothing to do any more
  },
  'a worker thread': async () => {
    if (isMainThread) return startThread();
    const application = await NestFactory.createApplicationContext(App, { logger });
    parentPort?.once('message', () => void application.close());
    tell('listening');
  },
  'a thread of Watt': async () => {
    if (isMainThread) return startThread();
    const events = new EventEmitter();
    Object.assign(globalThis, { platformatic: { events } });
    await NestFactory.createApplicationContext(App, { logger });
    parentPort?.once('message', () => events.emit('stop')); // and nothing else
    tell('listening');
  },
};

function startThread(): void {
  const thread = new Worker(fileURLToPath(import.meta.url));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  process.once('SIGTERM', () => thread.postMessage('close'));
}

await kinds[String(settings['kind'])]?.();
