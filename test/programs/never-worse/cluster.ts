import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {
    tell('destroyed');
  }
}

@Controller('slow')
class Slow {
  @Get()
  async answer(): Promise<string> {
    tell('begun');
    await sleep(800);
    return 'answered';
  }
}

@Module({ imports: theModule(), controllers: [Slow], providers: [Pool] })
class App {}

/** As in Node's documentation: no listener for signals. */
function primary(): void {
  if (settings['policy'] === 'none') cluster.schedulingPolicy = cluster.SCHED_NONE;
  const worker = cluster.fork();
  worker.on('exit', (code, signal) => {
    tell('worker ended', { end: signal ?? code });
    process.disconnect(); // the test's channel was the last thing that kept the primary alive
  });
  process.on('message', (command: string) => {
    if (command === 'cluster.disconnect') cluster.disconnect();
    else worker.send(command);
  });
}

async function work(): Promise<void> {
  const application = await createApplication(App, { logger: ['warn', 'error', 'log'] });
  process.on('message', (command: string) => {
    if (command === 'worker.disconnect') cluster.worker?.disconnect();
  });
  process.on('exit', () => tell('worker exits'));
  tell('worker', { pid: process.pid });
  await listen(application);
}

if (cluster.isPrimary) primary();
else await work();
