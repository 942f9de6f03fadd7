import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, settings, tell, theModule } from './pair.js';

const { port = 0 } = settings as { port?: number };

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

  @Get('slow')
  async slow(): Promise<string> {
    await sleep(300);
    return this.pool.open ? 'answered' : 'the pool was closed';
  }
}

@Module({ imports: theModule(), controllers: [Work], providers: [Pool] })
class App {}

const application = await createApplication(App, { logger: ['warn', 'error', 'log'] });
await application.listen(port, '127.0.0.1');
tell('listening');
