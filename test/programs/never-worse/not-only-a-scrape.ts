import {
  Body,
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  Post,
  type OnModuleDestroy,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

@Injectable()
class Pool implements OnModuleDestroy {
  open = true;

  onModuleDestroy(): void {
    this.open = false;
  }
}

@Controller()
class Metrics {
  constructor(private readonly pool: Pool) {}

  /** Takes metrics in, as Prometheus' remote write or an application's own. */
  @Post(['metrics', 'api/v1/write'])
  @HttpCode(200)
  async store(@Body() { name }: { name: string }): Promise<string> {
    tell(`${name} begun`);
    await sleep(1_000);
    return this.pool.open ? 'stored' : 'the pool is closed';
  }

  /** A scrape that takes its time: many collectors ask something else. */
  @Get('metrics')
  async scrape(): Promise<string> {
    tell('scrape begun');
    await sleep(1_500);
    return 'up 1';
  }
}

const probes = settings['ownPort'] ? { port: 0, host: '127.0.0.1' } : {};

@Module({ imports: theModule({ probes }), controllers: [Metrics], providers: [Pool] })
class App {}

await listen(await createApplication(App, { logger: ['warn', 'error', 'log'] }));
