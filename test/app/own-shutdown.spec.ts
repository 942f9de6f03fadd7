import { Controller, Get, Inject, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Tracked } from '../../lib/sources/tracked.decorator.js';
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

/** Work begun in a request, which awaits it: the two wait for each other, and for the end that waits for both. */
@Controller('around')
class AroundController {
  constructor(@Inject(Graceful) private readonly graceful: Graceful) {}

  @Get('function')
  async function(): Promise<string> {
    return this.graceful.track(async () => this.stop());
  }

  @Get('promise')
  async promise(): Promise<string> {
    return this.graceful.track(this.stop());
  }

  @Get('method')
  async method(): Promise<string> {
    return this.stopTracked();
  }

  @Get('hold')
  async hold(): Promise<string> {
    const hold = this.graceful.hold('the hold');
    const answer = await this.stop();
    hold.release();
    return answer;
  }

  @Get('released')
  async released(): Promise<string> {
    this.graceful.hold('the hold').release();
    return this.stop();
  }

  @Tracked()
  stopTracked(): Promise<string> {
    return this.stop();
  }

  private async stop(): Promise<string> {
    await Promise.resolve();
    return (await this.graceful.shutdown('asked for')).outcome;
  }
}

@Module({ controllers: [OwnController, AroundController] })
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

  it.each(['function', 'promise', 'method', 'hold', 'released'])(
    'a request that awaits work which awaits it is answered: %s',
    async (way) => {
      const app = await start();
      const answer = (await app.connect()).get(`/around/${way}`).response();
      await expect(answer).resolves.toMatchObject({ status: 200 });

      await app.graceful.shutdown('again');
      expectClean(app);
    },
  );

  it('not while the request that has begun it does something else', async () => {
    const app = await start();
    let answered = false;
    let task: Promise<void> | undefined;
    app.work.awaits('other', async () => {
      task = app.graceful.track(async () => {
        await app.graceful.shutdown('asked for');
        answered = true;
      });
      await sleep(300);
      expect(answered).toBe(false);
    });
    await expect((await app.connect()).get('/work/other').response()).resolves.toMatchObject({
      status: 200,
    });

    await app.graceful.shutdown('again');
    await task;
    expectClean(app);
  });

  it('a hold that nobody awaits with is waited for as ever', async () => {
    const app = await start();
    const hold = app.graceful.hold('the hold');
    setTimeout(() => hold.release(), 300);
    const answer = (await app.connect()).get('/own/shutdown').response();
    await app.phase('drain');

    await expect(answer).resolves.toMatchObject({ status: 200 });
    await app.graceful.shutdown('again');
    expectClean(app);
  });

  it('a request that awaits drain() is answered, when nothing else is in flight', async () => {
    const app = await start();
    const other = (await app.connect()).get('/work/other').response();
    await app.work.begun('other');
    let rested: boolean | undefined;
    app.work.awaits('own', async () => {
      rested = await app.graceful.drain();
    });
    const own = (await app.connect()).get('/work/own').response();
    await app.work.begun('own');
    await sleep(60);
    expect(rested).toBeUndefined();
    app.work.finish('other');

    await Promise.all([other, own]);
    expect(rested).toBe(true);
    expect(app.graceful.resume()).toBe(true);
    await app.close();
  });

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
