import { Controller, Get, Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { OnDrain } from '../../lib/decorators/shutdown.decorators.js';
import { Graceful } from '../../lib/graceful.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';

/** How the code of an application may call for its own end, and await it. */
const calls: Record<string, () => Promise<unknown>> = {};

@Controller('own')
class OwnController {
  constructor(@Inject(Graceful) private readonly graceful: Graceful) {}

  @Get('shutdown')
  async shutdown(): Promise<string> {
    await Promise.resolve();
    return (await this.graceful.shutdown('asked for')).outcome;
  }

  @Get('close')
  async close(): Promise<string> {
    await Promise.resolve();
    await calls['close']?.();
    return 'closed';
  }

  @Get('tracked')
  async tracked(): Promise<string> {
    void this.graceful.track(async () => {
      await Promise.resolve();
      await this.graceful.shutdown('asked for');
    }, 'the task');
    return 'begun';
  }
}

@Module({ controllers: [OwnController] })
class Own {}

@Injectable()
class InTasks implements OnModuleDestroy {
  readonly over: string[] = [];

  constructor(@Inject(Graceful) private readonly graceful: Graceful) {}

  @OnDrain()
  async drain(): Promise<void> {
    await this.graceful.shutdown('once more');
    this.over.push('drain');
  }

  async onModuleDestroy(): Promise<void> {
    await calls['close']?.();
    this.over.push('hook');
  }
}

describeOnPlatforms((target) => {
  const start = async (options = {}) => {
    const app = await HttpApp.start({
      ...target,
      options,
      module: { imports: [Own], providers: [InTasks] },
    });
    calls['close'] = () => app.app.close();
    return app;
  };
  const expectClean = (app: HttpApp) =>
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });

  it.each(['shutdown', 'close'])(
    'a request that awaits it is answered, when nothing else is in flight: %s()',
    async (call) => {
      const app = await start();
      const other = (await app.connect()).get('/work/other').response();
      await app.work.begun('other');
      const answer = (await app.connect()).get(`/own/${call}`).response();
      await app.phase('drain');
      let answered = false;
      void answer.then(() => (answered = true));
      app.work.finish('other');
      await expect(other).resolves.toMatchObject({ status: 200 });
      expect(answered).toBe(false);

      await expect(answer).resolves.toMatchObject({ status: 200 });
      expect(await app.graceful.shutdown('again')).toBe(app.report);
      expectClean(app);
    },
  );

  it('a tracked task that awaits it comes to its end', async () => {
    const app = await start();
    await (await app.connect()).get('/own/tracked').response();

    await app.graceful.shutdown('again');
    expectClean(app);
  });

  it('tasks and hooks of the shutdown that await it come to their end', async () => {
    const app = await start();

    await app.close();

    expect(app.app.get(InTasks).over).toEqual(['drain', 'hook']);
    expectClean(app);
  });
});
