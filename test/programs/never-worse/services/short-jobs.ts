import { BullModule, getQueueToken } from '@nestjs/bullmq';
import { Controller, Get, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { Worker, type ConnectionOptions, type Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, listen, settings, tell, theModule } from '../pair.js';

/** How the worker is made: none of them is a provider. */
type Maker = 'processor in a file' | 'private worker of a service';

const maker = settings['maker'] as Maker;
const name = settings['queue'] as string;
const connection = settings['connection'] as ConnectionOptions;

@Injectable()
class Jobs implements OnModuleInit {
  #worker?: Worker;

  onModuleInit(): void {
    if (maker !== 'private worker of a service') return;
    this.#worker = new Worker(name, () => this.run(), { connection });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#worker?.close();
  }

  private async run(): Promise<void> {
    tell('job');
    await sleep(200);
  }
}

@Controller('slow')
class Slow {
  @Get()
  async answer(): Promise<string> {
    tell('asked');
    await sleep(1_500);
    return 'answered';
  }
}

const inFile = maker === 'processor in a file';
const processors = inFile ? [new URL('short-jobs-processor.js', import.meta.url)] : [];

@Module({
  imports: [
    ...theModule(),
    BullModule.forRoot({ connection }),
    BullModule.registerQueue({ name, processors }),
  ],
  controllers: [Slow],
  providers: [Jobs],
})
class App {}

const app = await createApplication(App, { logger: ['warn', 'error', 'log'] });
await listen(app);
const waiting = Array.from({ length: 10 }, () => ({ name: 'short', data: {} }));
await app.get<Queue>(getQueueToken(name)).addBulk(waiting);
