import { Controller, Get, Injectable, Module, Optional, Param } from '@nestjs/common';
import type { OnApplicationShutdown, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Graceful,
  GracefulModule,
  OnClose,
  OnFlush,
  OnShutdown,
  Tracked,
  type ShutdownReport,
} from 'nestjs-graceful';
import { block, crash, say, settings, type TaskEnd } from './settings.js';

@Injectable()
class Telemetry {
  @OnFlush(settings.flushLimitMs === null ? {} : { timeoutMs: settings.flushLimitMs ?? 200 })
  push(): unknown {
    if (settings.flushMs === undefined) return endAs(settings.flush);
    return sleep(settings.flushMs).then(() => say('flushed'));
  }

  @OnClose({ timeoutMs: 200 })
  disconnect(): unknown {
    return endAs(settings.close);
  }
}

function endAs(end: TaskEnd | undefined): unknown {
  switch (end) {
    case 'throws':
      throw new Error('thrown at once');
    case 'rejects':
      return Promise.reject(new Error('rejected'));
    case 'hangs':
      return new Promise(() => undefined);
    case 'blocks':
      return block();
    case undefined:
      return undefined;
  }
}

/** What in-flight work needs; closed in `onModuleDestroy`, as people do. */
@Injectable()
class Database implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown {
  private open = true;
  private working = 0;

  constructor(@Optional() private readonly graceful?: Graceful) {}

  async onModuleInit(): Promise<void> {
    say('init-start');
    if (settings.initBegins === 'with a crash') crash('throw');
    if (settings.initBegins === 'with a shutdown') {
      void this.graceful?.shutdown('lost the lock', { exitCode: 3 });
    }
    await sleep(settings.initMs ?? 0);
    if (settings.init === 'throws') throw new Error('init failed');
    if (settings.init === 'hangs') await new Promise(() => undefined);
    say('init-end');
  }

  async query(ms: number): Promise<void> {
    this.working += 1;
    await sleep(ms);
    this.working -= 1;
    if (!this.open) throw new Error('the database is closed');
  }

  async onModuleDestroy(): Promise<void> {
    say('destroy', { working: this.working });
    this.open = false;
    if (settings.destroy === 'hangs') await new Promise(() => undefined);
    if (settings.destroy === 'throws') throw new Error('destroy failed');
    if (settings.destroy === 'blocks') block();
    if (settings.destroy === 'exits') process.exit(9);
  }

  onApplicationShutdown(signal?: string): void {
    say('shutdown', { signal });
  }
}

@Controller()
class AppController {
  constructor(private readonly database: Database) {}

  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('slow/:ms')
  async slow(@Param('ms') ms: string): Promise<string> {
    say('slow-start');
    await this.database.query(Number(ms));
    say('slow-end');
    return 'slow';
  }
}

/** Work that no request waits for. */
@Injectable()
class Worker {
  @Tracked()
  async run(ms: number): Promise<void> {
    await work(ms);
  }
}

/** `Infinity` never ends, and keeps no process alive. */
async function work(ms: number): Promise<void> {
  if (Number.isFinite(ms)) await sleep(ms);
  else await new Promise(() => undefined);
  say('work-end');
}

/** What the application does with `Graceful`, on request. */
@Controller()
class GracefulController {
  constructor(
    private readonly graceful: Graceful,
    private readonly worker: Worker,
  ) {}

  @Get('drain/:ms')
  drain(@Param('ms') ms: string): string {
    const { graceful } = this;
    void graceful
      .drain({ timeoutMs: Number(ms) })
      .then((done) => say('drained', { done, state: graceful.state }));
    return graceful.state;
  }

  @Get('resume')
  resume(): string {
    this.graceful.resume();
    return this.graceful.state;
  }

  @Get('work/:ms')
  startWork(@Param('ms') ms: string): string {
    const hold = this.graceful.hold('a hold');
    void work(Number(ms)).then(hold.release);
    void this.graceful.track(work(Number(ms)), 'a promise');
    void this.worker.run(Number(ms));
    return 'begun';
  }
}

@Controller()
class TerminusController {
  constructor(private readonly health: HealthCheckService) {}

  @Get('terminus')
  @HealthCheck()
  check(): unknown {
    return this.health.check([]);
  }
}

class Straggler {
  onApplicationShutdown(): Promise<void> {
    return new Promise(() => undefined);
  }
}

const stragglers = Array.from({ length: settings.stragglers ?? 0 }, (_, index) => ({
  provide: `STRAGGLER_${index}`,
  useValue: new Straggler(),
}));

const slowProvider = {
  provide: 'SLOW',
  useFactory: async () => {
    say('create-start');
    await sleep(settings.createMs ?? 0);
    if (settings.create === 'throws') throw new Error('create failed');
    say('create-end');
    return {};
  },
};

@Injectable()
class Exporter {
  @OnShutdown('fluhs')
  push(): void {}
}

@Module({ imports: [GracefulModule.forRoot()] })
class FeatureModule {}

async function onReport(report: ShutdownReport): Promise<void> {
  if (settings.onReport === 'throws') throw new Error('report failed');
  if (settings.onReport === 'hangs') await new Promise(() => undefined);
  await sleep(50);
  say('report', { report });
}

const { mistake, options } = settings;
const graceful = { ...options, ...(settings.onReport ? { onReport } : {}) };

@Module({
  imports: [
    ...(options === null || mistake === 'imported bare' ? [] : [GracefulModule.forRoot(graceful)]),
    ...(mistake === 'imported bare' ? [GracefulModule] : []),
    ...(mistake === 'registered twice' ? [FeatureModule] : []),
    ...(settings.terminus ? [TerminusModule] : []),
  ],
  controllers: [
    ...[AppController],
    ...(options === null ? [] : [GracefulController]),
    ...(settings.terminus ? [TerminusController] : []),
  ],
  providers: [
    ...[Database, Telemetry, Worker, slowProvider, ...stragglers],
    ...(mistake === 'unknown phase' ? [Exporter] : []),
  ],
})
export class AppModule {}
