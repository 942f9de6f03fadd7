import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { tell, theModule } from '../pair.js';

@Injectable()
class Pool implements OnModuleDestroy {
  open = true;

  async onModuleDestroy(): Promise<void> {
    await sleep(300); // what is on its way
    this.open = false;
    tell('destroyed');
  }
}

@Controller()
class Work {
  constructor(private readonly pool: Pool) {}

  @Get('slow')
  async slow(): Promise<string> {
    tell('begun');
    await sleep(600);
    return this.pool.open ? 'answered' : 'the pool was closed';
  }
}

/** Watt makes the application of it, listens, and stops it, in a thread of its own. */
@Module({ imports: theModule(), controllers: [Work], providers: [Pool] })
export class AppModule {}
