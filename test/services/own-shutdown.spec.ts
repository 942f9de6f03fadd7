import {
  BullModule as Bull,
  getQueueToken,
  Process,
  Processor as BullProcessor,
} from '@nestjs/bull';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Injectable } from '@nestjs/common';
import { CommandBus, CommandHandler, CqrsModule, EventBus, EventsHandler } from '@nestjs/cqrs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Queue, type Job } from 'bullmq';
import { Graceful } from '../../lib/graceful.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { redis, redisUrl, unique } from './servers.js';
import { Desk, DeskApp, type Library } from './websockets/desk.js';

/** Somebody injects what the application can call for its end with, so that its work is followed. */
@Injectable()
class Followed {
  constructor(@Inject(Graceful) readonly graceful: Graceful) {}
}
const PATIENT = { platform: 'none', gracePeriodMs: 60_000 } as const;
const [mails, bulls] = [unique('mail'), unique('bull')];

class Order {
  readonly id = 1;
}
class Ordered {
  readonly id = 1;
}

/** All that can be begun besides requests and messages, each a piece of the same work. */
@Injectable()
class Doors {
  constructor(
    private readonly work: Work,
    private readonly commands: CommandBus,
    private readonly events: EventBus,
    private readonly emitter: EventEmitter2,
  ) {}

  readonly ways: Readonly<Record<string, () => unknown>> = {
    'a handler of a command': () => this.commands.execute(new Order()),
    'a handler of an event': () => this.events.publish(new Ordered()),
    'a listener': () => this.emitter.emit('ordered'),
  };

  @OnEvent('ordered')
  listen(): Promise<void> {
    return this.work.run('own');
  }
}

@CommandHandler(Order)
class OrderHandler {
  constructor(private readonly work: Work) {}
  execute(): Promise<void> {
    return this.work.run('own');
  }
}

@EventsHandler(Ordered)
class OrderedHandler {
  constructor(private readonly work: Work) {}
  handle(): Promise<void> {
    return this.work.run('own');
  }
}

@Injectable()
class Clockwork {
  /** Its next tick does something. */
  isWound = false;
  constructor(private readonly work: Work) {}

  @Cron('* * * * * *')
  async tick(): Promise<void> {
    if (!this.isWound) return;
    this.isWound = false;
    await this.work.run('own');
  }
}

@Processor(mails)
class Mails extends WorkerHost {
  constructor(private readonly work: Work) {
    super();
  }
  process({ name }: Job): Promise<void> {
    return this.work.run(name);
  }
}

@BullProcessor(bulls)
class Bulls {
  constructor(private readonly work: Work) {}
  @Process('own')
  process(): Promise<void> {
    return this.work.run('own');
  }
}

/** Has the work that is begun await its own end, and waits until both are over. */
async function expectEndFromWithin(
  app: HttpApp,
  begin: () => unknown,
  call = () => app.graceful.shutdown('asked for') as Promise<unknown>,
): Promise<void> {
  const other = (await app.connect()).get('/work/other').response();
  await app.work.begun('other');
  app.work.awaits('own', call);
  void begin();
  await app.work.begun('own');
  await app.phase('drain');
  await manyTurns();
  expect(app.work.finished).toEqual([]);
  app.work.finish('other');
  await other;

  await app.graceful.shutdown('again');
  expect(app.work.finished).toEqual(['other', 'own']);
  expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
}

describe('work that awaits its own shutdown comes to its end', () => {
  const start = (imports: object[], providers: object[]) =>
    HttpApp.start({
      platform: 'Express',
      options: PATIENT,
      module: { imports: imports as never, providers: [Followed, ...(providers as never[])] },
    });

  it.each(['a handler of a command', 'a handler of an event', 'a listener'])('%s', async (way) => {
    const app = await start(
      [CqrsModule, EventEmitterModule.forRoot()],
      [Doors, OrderHandler, OrderedHandler],
    );
    const { ways } = app.app.get(Doors);
    await expectEndFromWithin(app, () => ways[way]?.());
  });

  it('a run of a cron job', async () => {
    const app = await start([ScheduleModule.forRoot()], [Clockwork]);
    await expectEndFromWithin(app, () => (app.app.get(Clockwork).isWound = true));
  });

  it.each<Library>(['ws', 'socket.io'])('a message to a gateway, by %s', async (library) => {
    const gateways = [Desk, Followed];
    const desk = await DeskApp.start({ library, options: PATIENT, gateways });
    const client = await desk.connect();
    await expectEndFromWithin(desk.app, () => client.send('question', 'own'));
    await client.answer('did own');
  });

  describeWith(redis, () => {
    const queues: Queue[] = [];
    afterEach(async () => {
      for (const queue of queues.splice(0)) {
        await queue.obliterate({ force: true });
        await queue.close();
      }
    });

    it.each(['shutdown', 'close'])('a job of BullMQ, by %s()', async (how) => {
      const connection = { url: redisUrl };
      const queue = new Queue(mails, { connection });
      queues.push(queue);
      const app = await start(
        [BullModule.forRoot({ connection }), BullModule.registerQueue({ name: mails })],
        [Mails],
      );
      const call = how === 'close' ? () => app.close() : undefined;
      await expectEndFromWithin(app, () => queue.add('own', {}), call);
      expect(await queue.getCompletedCount()).toBe(1);
    });

    it('a job of Bull', async () => {
      const app = await start(
        [Bull.forRoot({ url: redisUrl }), Bull.registerQueue({ name: bulls })],
        [Bulls],
      );
      const queue = app.app.get<{ add(name: string, data: object): unknown }>(getQueueToken(bulls));
      await expectEndFromWithin(app, () => queue.add('own', {}));
    });
  });
});
