// An application whose requests take as long as their path says and need a database, which an ordinary provider
// closes in `onModuleDestroy`, as most do, or in the last of all hooks.
import {
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  ParseIntPipe,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { contender } from './contenders.js';
import { create, listen } from './start.js';
import { tell } from './tell.js';

const { imports, setUp, hasProbes } = await contender(process.env['CONTENDER'] ?? 'plain Nest');
const closeIn = process.env['CLOSE_IN'] ?? 'onModuleDestroy';

@Injectable()
class Database implements OnModuleDestroy, OnApplicationShutdown {
  private open = true;
  private queries = 0;

  async query(ms: number) {
    this.queries++;
    await sleep(ms);
    this.queries--;
    if (!this.open) throw new Error('the database is closed');
    return { ms };
  }

  onModuleDestroy() {
    if (closeIn === 'onModuleDestroy') this.close();
  }

  onApplicationShutdown() {
    if (closeIn === 'onApplicationShutdown') this.close();
  }

  private close() {
    this.open = false;
    tell({ event: 'database closed', queries: this.queries });
  }
}

@Controller('work')
class WorkController {
  constructor(private readonly database: Database) {}

  @Get(':ms')
  work(@Param('ms', ParseIntPipe) ms: number) {
    return this.database.query(ms);
  }
}

/** What most applications have: whoever deploys them only needs to see that they answer. */
@Controller('health')
class HealthController {
  @Get('ready')
  ready() {
    return { status: 'ok' };
  }
}

@Module({
  imports,
  controllers: hasProbes ? [WorkController] : [WorkController, HealthController],
  providers: [Database],
})
class AppModule {}

const app = await create(AppModule);
setUp(app);
await listen(app);
