import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, listen, tell, theModule } from './pair.js';

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
    await sleep(600);
    return 'answered';
  }
}

@Module({ imports: theModule(), controllers: [Slow], providers: [Pool] })
class App {}

await listen(await createApplication(App, { logger: ['warn', 'error', 'log'] }));
