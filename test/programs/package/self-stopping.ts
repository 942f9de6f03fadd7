// An application with a Terminus controller, as many have it, that sends itself SIGTERM with a request in flight and tells
// what it saw. Stands where the package is used in another way than the repository uses it: lowest peers, a bundle.
import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Graceful, GracefulModule, ReadinessCheck } from 'nestjs-graceful';
import { setTimeout as sleep } from 'node:timers/promises';

const tell = (event: string, details: object = {}) =>
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);

@Injectable()
class Database implements OnModuleDestroy {
  private open = true;

  constructor(graceful: Graceful) {
    graceful.signal.addEventListener('abort', () =>
      tell('stopping', { reason: String(graceful.signal.reason) }),
    );
  }

  @ReadinessCheck()
  database() {
    return { database: { status: this.open ? 'up' : 'down' } };
  }

  query(): string {
    return this.open ? 'a row' : 'Connection terminated';
  }

  onModuleDestroy(): void {
    this.open = false;
    tell('database closed');
  }
}

@Controller()
class AppController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: Database,
  ) {}

  @Get('health')
  check() {
    return this.health.check([]); // ours is no part of it: Terminus itself has to know
  }

  @Get('slow')
  async slow(): Promise<string> {
    await sleep(300);
    return this.database.query();
  }
}

@Module({
  imports: [
    // An hour, were it still waited for.
    TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 3_600_000, logger: false }),
    GracefulModule.forRoot({
      propagationFloorMs: 2_000,
      propagationCapMs: 2_500,
      propagationQuietMs: 500,
    }),
  ],
  controllers: [AppController],
  providers: [Database],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await (process.env['PLATFORM'] === 'fastify'
    ? NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] })
    : NestFactory.create(AppModule, { logger: ['error'] }));
  app.enableShutdownHooks();
  await app.listen(0, '127.0.0.1');
  const get = async (path: string) => {
    const response = await fetch(`${await app.getUrl()}${path}`);
    return { status: response.status, body: await response.text() };
  };
  tell('ready', {
    health: (await get('/health')).status,
    ready: (await get('/health/ready')).status,
  });

  const slow = get('/slow');
  await get('/health'); // on a connection of its own, so the slow request has arrived, too
  process.kill(process.pid, 'SIGTERM');
  await new Promise((resolve) => app.get(Graceful).signal.addEventListener('abort', resolve));
  tell('slow', await slow);
  // The load balancers are waited for: whoever asks is told that they should go.
  tell('leaving', {
    health: (await get('/health')).status,
    ready: (await get('/health/ready')).status,
  });
}

void main();
