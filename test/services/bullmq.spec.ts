import { BullModule, InjectQueue, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { Queue, Worker, type Job } from 'bullmq';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { redis, redisUrl, unique } from './servers.js';

const name = unique('mail');
const connection = { url: redisUrl };
const settings = { connection, concurrency: 2 };

/** A job goes on until the test lets it finish, and then enqueues another. */
@Injectable()
class Mailer {
  static work = new Work();
  static readonly completed = new Set<string>();

  constructor(@InjectQueue(name) private readonly queue: Queue) {}

  async send({ id = '', data }: Job<{ follow?: boolean }>): Promise<void> {
    await Mailer.work.run(id);
    if (data.follow) await this.queue.add('follow-up', {}, { jobId: `after-${id}` });
  }
}

/** As Nest has it. */
@Processor(name, { concurrency: 2 })
class Mails extends WorkerHost {
  constructor(private readonly mailer: Mailer) {
    super();
  }

  process(job: Job): Promise<void> {
    return this.mailer.send(job);
  }
}

const imports = [BullModule.forRoot({ connection }), BullModule.registerQueue({ name })];

@Module({ imports, providers: [Mailer, Mails] })
class ProcessorModule {}

/** A worker without @nestjs/bullmq, which nobody closes but the test. */
@Module({
  imports,
  providers: [
    Mailer,
    {
      provide: Worker,
      useFactory: (mailer: Mailer) => new Worker(name, (job) => mailer.send(job), settings),
      inject: [Mailer],
    },
  ],
})
class WorkerModule {}

const kinds: ReadonlyArray<[string, Type]> = [
  ['@Processor() class', ProcessorModule],
  ['Worker that is a provider', WorkerModule],
];

describeWith(redis, () => {
  let queue: Queue;
  const workers: Worker[] = [];

  beforeAll(() => {
    queue = new Queue(name, { connection });
  });

  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(true)));
    await queue.obliterate({ force: true });
    Mailer.work = new Work();
    Mailer.completed.clear();
  });

  afterAll(() => queue.close());

  async function start(module: Type, options: GracefulOptions | null): Promise<HttpApp> {
    const app = await HttpApp.start({
      platform: 'Express',
      options,
      module: { imports: [module] },
    });
    const worker =
      module === WorkerModule
        ? app.app.get<Worker>(Worker, { strict: false })
        : app.app.get(Mails, { strict: false }).worker;
    worker.on('completed', ({ id }: Job) => Mailer.completed.add(String(id)));
    worker.on('error', () => undefined); // a job that was given back can't be completed here any more
    workers.push(worker);
    return app;
  }

  const add = (ids: readonly string[], data = {}) =>
    queue.addBulk(ids.map((jobId) => ({ name: 'send', data, opts: { jobId } })));

  const stateOf = async (id: string) => (await queue.getJob(id))?.getState();

  /** Two jobs run, one waits, and a request holds up the shutdown while the two finish. */
  async function closeAmidWork(module: Type, options: {} | null): Promise<HttpApp> {
    const app = await start(module, options);
    const client = await app.connect();
    client.get('/work/request');
    await app.work.begun('request');
    await add(['a', 'b'], { follow: true });
    await add(['c']);
    await Promise.all([Mailer.work.begun('a'), Mailer.work.begun('b')]);
    void app.close();
    if (options) await app.phase('drain');
    Mailer.work.finish('a', 'b');
    await eventually('the jobs to end', () => Mailer.completed.size >= 2);
    return app;
  }

  it.each(kinds)(
    'a %s finishes its jobs, which can enqueue others, and begins none',
    async (_, module) => {
      const app = await closeAmidWork(module, {});
      app.work.finish('request');
      await app.close();

      expect(Mailer.work.started.toSorted()).toEqual(['a', 'b']);
      expect([...Mailer.completed].toSorted()).toEqual(['a', 'b']);
      for (const id of ['c', 'after-a', 'after-b']) expect(await stateOf(id)).toBe('waiting');
      expect(await queue.isPaused()).toBe(false);
      expect(app.report.outcome).toBe('clean');
    },
  );

  it.each(kinds)(
    'the control: on plain Nest a %s begins jobs until the last request is over',
    async (_, module) => {
      const app = await closeAmidWork(module, null);
      await Mailer.work.begun('c');
      expect(Mailer.work.started).toContain('c');
      Mailer.work.finish('c', 'after-a', 'after-b');
      await app.destroy(); // its client, too, for plain Nest waits for it
      await app.close();
    },
  );

  it('a job that does not finish in time goes to another worker, at once', async () => {
    const app = await start(ProcessorModule, {
      gracePeriodMs: 400,
      shortGracePeriodForTests: true,
    });
    await add(['slow']);
    await Mailer.work.begun('slow');
    await app.close();

    expect(app.report.unfinished).toEqual([
      expect.objectContaining({ kind: 'job', name: `job ${name}:send`, fate: 'abandoned' }),
    ]);
    expect(await stateOf('slow')).toBe('waiting');
    const taken = new Promise<Job>((resolve) => {
      workers.push(new Worker(name, async (job) => resolve(job), settings));
    });
    const job = await taken;
    expect(job.id).toBe('slow');
    expect(job.attemptsMade).toBe(0);
  });

  it('a job that began while others were still initialised goes back, too', async () => {
    @Injectable()
    class SlowToStart implements OnModuleInit {
      onModuleInit(): Promise<void> {
        return Mailer.work.begun('early');
      }
    }
    await add(['early']);
    const options = { gracePeriodMs: 400, shortGracePeriodForTests: true };
    const module = { imports: [ProcessorModule], providers: [SlowToStart] };
    const app = await HttpApp.start({ platform: 'Express', options, module });
    const { worker } = app.app.get(Mails, { strict: false });
    workers.push(worker.on('error', () => undefined));
    await app.close();

    expect(app.report.unfinished).toMatchObject([{ name: `job ${name}:send` }]);
    expect(await stateOf('early')).toBe('waiting');
  });

  it('the control: a worker that is closed by force leaves its job locked', async () => {
    const app = await start(ProcessorModule, null);
    await add(['slow']);
    await Mailer.work.begun('slow');
    await workers[0]?.close(true);

    expect(await stateOf('slow')).toBe('active');
    await app.close();
  });

  it.each(kinds)(
    'after drain() and resume() while a job runs a %s begins the next at once',
    async (_, module) => {
      const app = await start(module, {});
      await add(['long']);
      await Mailer.work.begun('long');
      const drained = app.graceful.drain();
      await add(['next']);
      app.graceful.resume();
      expect(await drained).toBe(false);
      await Mailer.work.begun('next');

      Mailer.work.finish('long', 'next');
      await eventually('both to end', () => Mailer.completed.size === 2);
      expect(await app.graceful.drain()).toBe(true);
      app.graceful.resume();
      Mailer.work.finish('last');
      await add(['last']);
      await eventually('the last to end', () => Mailer.completed.has('last'));
      await app.close();
    },
  );

  it.each([1, 2, 3, 4, 5])('killed at a random moment, no job is lost (seed %i)', async (seed) => {
    const random = generator(seed);
    const ids = Array.from({ length: 12 }, (_, index) => `${seed}-${index}`);
    const hung = new Set(ids.filter(() => random() < 0.2));
    const follow = ids.filter(() => random() < 0.3);
    const killAt = 1 + Math.floor(random() * ids.length);
    const work = Mailer.work;
    work.finish(...ids.filter((id) => !hung.has(id)), ...ids.map((id) => `after-${id}`));

    const first = await start(ProcessorModule, {
      gracePeriodMs: 300,
      shortGracePeriodForTests: true,
    });
    await add(ids.filter((id) => !follow.includes(id)));
    await add(follow, { follow: true });
    await eventually('the moment', () => work.started.length >= killAt || isStuck(work, hung));
    await first.close();
    const cut = work.started.filter((id) => !work.finished.includes(id));
    expect(cut.every((id) => hung.has(id))).toBe(true);

    Mailer.work = new Work();
    const everything = [...ids, ...follow.map((id) => `after-${id}`)];
    Mailer.work.finish(...everything);
    const second = await start(ProcessorModule, {});
    await eventually('the rest', () => Mailer.completed.size === everything.length);
    await second.close();

    const again = Mailer.work.started.filter((id) => work.started.includes(id));
    expect(again.toSorted()).toEqual(cut.toSorted());
    expect(await queue.getJobCounts()).toMatchObject({ completed: everything.length, failed: 0 });
  });
});

/** All slots are taken by jobs that hang. */
function isStuck(work: Work, hung: ReadonlySet<string>): boolean {
  return work.started.filter((id) => hung.has(id)).length === settings.concurrency;
}

/** Random numbers that are the same in each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
