import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  Module,
  type DynamicModule,
  type INestApplication,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GracefulModule } from '../../../lib/graceful.module.js';
import { Graceful } from '../../../lib/graceful.js';
import { OnFlush } from '../../../lib/decorators/shutdown.decorators.js';
import { ShutdownPhase } from '../../../lib/decorators/shutdown-phase.decorator.js';
import type { GracefulOptions } from '../../../lib/options/graceful-options.js';
import {
  stageShutdown,
  type Stage,
  type StageOptions,
  type StagedSubject,
} from '../../../lib/testing/index.js';

@Injectable()
class Database implements OnApplicationShutdown {
  open = true;
  closing: Promise<void> | undefined;
  query(): string {
    if (!this.open) throw new Error('the pool is closed');
    return 'a row';
  }
  async onApplicationShutdown(): Promise<void> {
    await this.closing;
    this.open = false;
  }
}

@Injectable()
class Consumer implements OnModuleDestroy {
  constructor(readonly database: Database) {}
  onModuleDestroy(): void {
    this.database.query();
  }
}

@Injectable()
class Metrics {
  hangs = false;
  pushed = 0;
  @OnFlush()
  async push(): Promise<void> {
    if (this.hangs) await new Promise(() => undefined);
    this.pushed += 1;
  }
}

@Controller()
class Orders {
  constructor(
    private readonly database: Database,
    private readonly graceful: Graceful,
  ) {}
  @Get('orders/:id')
  order(): string {
    return this.database.query();
  }
  @Get('export')
  async export(): Promise<string> {
    void this.graceful.track(new Promise((resolve) => setTimeout(resolve, 20)), 'mail');
    return 'begun';
  }
}

function appModule(options: GracefulOptions = {}): DynamicModule {
  @Module({
    imports: [GracefulModule.forRoot(options)],
    controllers: [Orders],
    providers: [Database, Consumer, Metrics],
  })
  class AppModule {}
  return { module: AppModule };
}

const stages: Stage[] = [];

async function staged(subject: StagedSubject, options?: StageOptions): Promise<Stage> {
  const stage = await stageShutdown(subject, options);
  stages.push(stage);
  return stage;
}

const onFastify = () =>
  NestFactory.create(appModule(), new FastifyAdapter(), { logger: ['error'], abortOnError: false });
const platforms: Array<[string, () => StagedSubject]> = [
  ['Express', () => appModule()],
  ['Fastify', () => onFastify],
];

afterEach(async () => {
  jest.useRealTimers();
  for (const stage of stages.splice(0)) await stage.close();
});

/** One scenario: what it must come to is the same in virtual and in real time. */
const scenarios: Array<
  [name: string, options: GracefulOptions, run: (stage: Stage) => Promise<object>]
> = [
  [
    'nothing in flight',
    {},
    async (stage) => {
      stage.sigterm();
      return summary(stage);
    },
  ],
  [
    'a request that ends in the drain, and one that comes in the wait',
    {},
    async (stage) => {
      const gate = stage.hold('order');
      const first = stage.request('/orders/1', { heldBy: gate });
      await stage.advance(20);
      stage.sigterm();
      const second = stage.request('/orders/2', { fresh: true });
      await stage.reach('drain');
      await stage.advance(50);
      gate.release();
      await stage.until(Promise.all([first, second]));
      return summary(stage);
    },
  ],
  [
    'a request that never ends',
    {},
    async (stage) => {
      void stage.request('/orders/1', { heldBy: stage.hold('order') }).catch(() => undefined);
      await stage.advance(20);
      stage.sigterm();
      return summary(stage);
    },
  ],
  [
    'a request after the listener has closed',
    {},
    async (stage) => {
      const gate = stage.hold('order');
      void stage.request('/orders/1', { heldBy: gate });
      await stage.advance(20);
      stage.sigterm();
      await stage.reach('drain');
      await stage.advance(50);
      await stage.request('/orders/2', { fresh: true }).catch(() => undefined);
      gate.release();
      return summary(stage);
    },
  ],
  [
    'a hook that hangs',
    {},
    async (stage) => {
      stage.app.get(Metrics).hangs = true;
      const held = stage.hold('Metrics@push');
      stage.sigterm();
      const result = await summary(stage);
      held.release();
      return result;
    },
  ],
  [
    'work that a request has begun',
    {},
    async (stage) => {
      stage.sigterm();
      await stage.request('/export', { fresh: true });
      return summary(stage);
    },
  ],
];

async function summary(stage: Stage): Promise<object> {
  const { report, exitCode, requests, tasks, left } = await stage.over();
  return {
    exitCode,
    outcome: report.outcome,
    phases: report.phases.map(({ name, outcome }) => `${name}: ${outcome}`),
    unfinished: report.unfinished.map(({ name, fate }) => `${name}: ${fate}`),
    requests,
    under: tasks.filter(({ inFlight }) => inFlight.length > 0).map(({ name }) => name),
    left,
  };
}

describe.each(platforms)('a staged shutdown on %s', (platform, subject) => {
  it('takes the time of Kubernetes, and none of ours', async () => {
    const stage = await staged(subject(), { platform: 'kubernetes' });
    const gate = stage.hold('order');
    const answer = stage.request('/orders/1', { heldBy: gate });
    await stage.advance(0);
    expect(stage.inFlight).toEqual(['GET /orders/:id']);

    stage.sigterm();
    expect((await stage.request('/health/ready')).status).toBe(503); // which is no loss
    await stage.reach('drain');
    expect(stage.state).toBe('draining');
    expect(stage.elapsedMs).toBe(5_000);
    await stage.advance(2_000);
    gate.release();
    const outcome = await stage.over();

    expect(await answer).toMatchObject({ status: 200, body: 'a row' });
    outcome
      .expectExitCode(0)
      .expectClean()
      .expectNothingLost()
      .expectOrder('Metrics@push', 'Consumer.onModuleDestroy', 'Database.onApplicationShutdown')
      .expectNothingClosedUnderWork()
      .expectWithin(30_000)
      .expectNothingLeft()
      .expectNoSecrets();
    expect(outcome.elapsedMs).toBe(7_000);
  });

  it('cuts what the test never releases at the deadline, and says so', async () => {
    const stage = await staged(subject(), { platform: 'kubernetes' });
    const answer = stage.request('/orders/1', { heldBy: stage.hold('order') });
    await stage.advance(0);
    stage.sigterm();
    const outcome = await stage.over();

    expect(await answer).toMatchObject({ status: 503 });
    expect(outcome.exitCode).toBe(1);
    expect(() => outcome.expectExitCode(0)).toThrow(/Expected exit code 0, got: 1\n/);
    expect(() => outcome.expectClean()).toThrow('Expected a clean shutdown');
    expect(() => outcome.expectNothingLost()).toThrow('GET /orders/1: 503');
    expect(() => outcome.expectNothingClosedUnderWork()).toThrow('GET /orders/:id was refused');
    outcome.expectWithin(30_000);
    expect(() => outcome.expectWithin(20_000)).toThrow(/an end within 20000 ms, got: \d+ ms/);
  });

  it('fails with the name of what runs, and is not held', async () => {
    const stage = await staged(subject(), { platform: 'kubernetes', patienceMs: 50 });
    stage.app.get(Metrics).hangs = true;
    stage.sigterm();
    await expect(stage.over()).rejects.toThrow(
      /^Metrics@push: not over after 50 ms of real time.*stage\.hold\('Metrics@push'\)/s,
    );
    stage.hold('Metrics@push');
    const outcome = await stage.over();
    expect(outcome.report.phases.find(({ name }) => name === 'flush')?.outcome).toBe('timed-out');
  });

  it.each(scenarios)('comes to the same as in real time: %s', async (_title, options, run) => {
    const quick: GracefulOptions = {
      platform: 'kubernetes',
      gracePeriodMs: 2_400,
      exitMarginMs: 200,
      propagationFloorMs: 100,
      propagationQuietMs: 50,
      propagationCapMs: 300,
      ...options,
    };
    const logger = { logger: false, abortOnError: false } as const;
    const create = () =>
      platform === 'Fastify'
        ? NestFactory.create(appModule(quick), new FastifyAdapter(), logger)
        : NestFactory.create(appModule(quick), logger);
    const real = await run(await staged(create, { time: 'real' }));
    const virtual = await run(await staged(create));
    expect(virtual).toEqual(real);
  });
});

describe('a stage', () => {
  it('is found at the end of a wait that nobody lets go on', async () => {
    const stage = await staged(appModule(), { platform: 'kubernetes', patienceMs: 50 });
    const gate = stage.hold('order');
    const answer = stage.request('/orders/1', { heldBy: gate });
    await expect(answer).rejects.toThrow(
      'GET /orders/1 is not answered, and nobody has let time go on for 50 ms',
    );
    gate.release();
  });

  it('says what it waits for when no timer is left', async () => {
    const stage = await staged(appModule(), { platform: 'kubernetes', patienceMs: 50 });
    const gate = stage.hold('order');
    void stage.request('/orders/1', { heldBy: gate });
    await expect(stage.over()).rejects.toThrow(
      'Waited for the end of the shutdown, and no timer is left: ' +
        'the test holds order, 1 held request; not answered: GET /orders/1.',
    );
    gate.release();
  });

  it('refuses what can not be', async () => {
    @Module({ providers: [Database] })
    class WithoutIt {}
    await expect(stageShutdown(WithoutIt)).rejects.toThrow('has no GracefulModule');
    const app = await NestFactory.create(appModule(), { logger: false });
    await expect(stageShutdown(app, { platform: 'ecs' })).rejects.toThrow(
      '`platform` comes too late for an application that is there',
    );
    await app.close();
    const off = await staged(appModule({ enabled: false }));
    expect(() => off.sigterm()).toThrow('Nobody listens to SIGTERM');
  });

  it('takes an application that listens already, and leaves the real process alone', async () => {
    const app: INestApplication = await NestFactory.create(appModule({ platform: 'kubernetes' }), {
      logger: ['error'],
    });
    const before = process.listenerCount('SIGTERM');
    await app.listen(0, '127.0.0.1');
    const stage = await staged(app);
    expect(process.listenerCount('SIGTERM')).toBeLessThan(before);
    stage.sigterm();
    (await stage.over()).expectExitCode(0).expectNothingLeft();
  });

  it('closes as app.close() does: at once, and without an exit', async () => {
    const stage = await staged(appModule(), { platform: 'kubernetes' });
    await stage.close();
    const outcome = await stage.over();
    expect([outcome.exitCode, outcome.elapsedMs]).toEqual([undefined, 0]);
    outcome.expectClean().expectOrder('Consumer.onModuleDestroy', 'Database.onApplicationShutdown');
  });

  it.each(['modern', 'legacy'] as const)(
    'works inside the fake timers of Jest (%s)',
    async (kind) => {
      jest.useFakeTimers({ legacyFakeTimers: kind === 'legacy' });
      const stage = await staged(appModule(), { platform: 'kubernetes' });
      const gate = stage.hold('order');
      const answer = stage.request('/orders/1', { heldBy: gate });
      stage.sigterm();
      await stage.reach('drain');
      gate.release();
      const outcome = await stage.over();
      expect((await answer).status).toBe(200);
      expect(outcome.elapsedMs).toBe(5_000);
      outcome.expectExitCode(0).expectNothingLost();
    },
  );

  it('sees a pool that is closed under work, and hooks in another order', async () => {
    @Injectable()
    @ShutdownPhase('announce')
    class Hasty implements OnModuleDestroy {
      onModuleDestroy(): void {}
    }
    @Module({ imports: [appModule()], providers: [Hasty] })
    class AppModule {}
    const stage = await staged(AppModule, { platform: 'kubernetes' });
    const gate = stage.hold('order');
    void stage.request('/orders/1', { heldBy: gate });
    await stage.advance(0);
    stage.sigterm();
    await stage.reach('drain');
    gate.release();
    const outcome = await stage.over();
    outcome.expectExitCode(0);
    expect(() => outcome.expectNothingClosedUnderWork()).toThrow(
      'Hasty.onModuleDestroy began while GET /orders/:id ran',
    );
    outcome.expectOrder('Hasty.onModuleDestroy', 'Database.onApplicationShutdown');
    expect(() =>
      outcome.expectOrder('Database.onApplicationShutdown', 'Hasty.onModuleDestroy'),
    ).toThrow('Database.onApplicationShutdown to be over before Hasty.onModuleDestroy');
    expect(() => outcome.expectOrder('Database.onDestroy', 'Hasty.onModuleDestroy')).toThrow(
      "No task of this shutdown is called 'Database.onDestroy'. There were: ",
    );
  });

  it('sees what is left behind', async () => {
    const stage = await staged(appModule(), { platform: 'kubernetes' });
    const interval = setInterval(() => undefined, 60_000);
    const listener = () => undefined;
    process.on('SIGUSR2', listener);
    stage.sigterm();
    const outcome = await stage.over();
    clearInterval(interval);
    process.off('SIGUSR2', listener);
    expect(() => outcome.expectNothingLeft()).toThrow(
      /listeners: SIGUSR2 ×1; kept alive by: Timeout ×1/,
    );
  });

  it('sees a secret in the report', async () => {
    @Injectable()
    class Leaky {
      @OnFlush()
      push(): void {
        throw new Error('can not reach https://key:s3cr3t-value@collector, or key opensesame');
      }
    }
    @Module({ imports: [appModule()], providers: [Leaky] })
    class AppModule {}
    const stage = await staged(AppModule, { platform: 'kubernetes' });
    stage.sigterm();
    const outcome = await stage.over();
    expect(() => outcome.expectNoSecrets('opensesame')).toThrow('value 1');
    process.env['MAIL_TOKEN'] = 'opensesame';
    expect(() => outcome.expectNoSecrets()).toThrow('$MAIL_TOKEN');
    delete process.env['MAIL_TOKEN'];
  });
});
