import { Injectable, type Type } from '@nestjs/common';
import { afterAll, describe, expect, it } from '@jest/globals';
import { beeQueue } from '../../../lib/integrations/bee-queue.js';
import type { GracefulOptions } from '../../../lib/index.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { jobLibraries, load } from '../../support/job-libraries.js';
import { exampleOf } from '../../support/page-example.js';
import { describeWith } from '../../support/services.js';
import { Work } from '../../support/work.js';
import { httpRig } from '../contract/http-rig.js';
import { redis, redisUrl, unique } from '../servers.js';

interface Job {
  readonly status: string;
  readonly data: { readonly piece: string };
  setId(id: string): Job;
  save(): Promise<Job>;
}

interface Queue {
  readonly paused: boolean;
  createJob(data: object): Job;
  getJob(id: string): Promise<Job | null>;
  process(concurrency: number, handler: (job: Job) => Promise<unknown>): void;
  on(event: string, listener: (...args: unknown[]) => void): Queue;
  ready(): Promise<Queue>;
  close(timeoutMs?: number): Promise<unknown>;
  destroy(): Promise<unknown>;
  checkHealth(): Promise<{ waiting: number; active: number; succeeded: number }>;
  checkStalledJobs(): Promise<number>;
}

type QueueClass = new (name: string, options: object) => Queue;

/** Waits until Redis has so many. */
async function healthy(queue: Queue, expected: object): Promise<void> {
  const end = Date.now() + 12_000;
  const isSo = async () => {
    const health: Record<string, number> = { ...(await queue.checkHealth()) };
    return Object.entries(expected).every(([key, value]) => health[key] === value);
  };
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`still waiting for ${JSON.stringify(expected)}`);
  }
}

let count = 0;
const queueName = () => `${unique('bee')}_${(count += 1)}`;

describeWith({ ...redis, available: redis.available && jobLibraries.available }, () => {
  const open = async (name: string, options: object = {}): Promise<Queue> => {
    const { default: BeeQueue } = await load<{ default: QueueClass }>('bee-queue');
    return new BeeQueue(name, {
      redis: { url: redisUrl },
      getEvents: false,
      storeJobs: false,
      ...options,
    });
  };

  /** A provider with a queue in a property. */
  const jobsOf = async (
    name: string,
    work: (piece: string) => Promise<unknown>,
    closeMs?: number,
  ) => {
    const queue = await open(name, { stallInterval: 60_000 });

    @Injectable()
    class Jobs {
      readonly queue = queue;
      readonly failures: unknown[] = [];

      onModuleInit(): void {
        queue.on('error', (error) => void this.failures.push(error));
        queue.process(2, ({ data }) => work(data.piece));
      }

      async onApplicationShutdown(): Promise<void> {
        await queue.close(closeMs).catch((error: unknown) => void this.failures.push(error));
      }
    }
    return Jobs;
  };

  describe('keeps the contract', () => {
    let Jobs: Awaited<ReturnType<typeof jobsOf>>;
    let outside: Queue;
    /** Asked until the last test is over. */
    const outsides: Queue[] = [];

    afterAll(async () => {
      for (const queue of outsides) {
        await queue.destroy();
        await queue.close();
      }
    });

    const rig = httpRig(beeQueue, { keeps: true, givesBack: true }, () => {
      const seen = outside;
      return {
        module: { providers: [Jobs] },
        use: () => ({
          offer: (piece) => seen.createJob({ piece }).setId(piece).save(),
          async fateOf(piece): Promise<PieceFate | undefined> {
            const status = (await seen.getJob(piece))?.status;
            if (status === 'succeeded') return 'completed';
            if (status === 'failed') return 'failed';
            const { waiting, active } = await seen.checkHealth();
            return active === 0 && waiting > 0 ? 'waiting' : undefined;
          },
        }),
      };
    });
    const start = rig.start.bind(rig);
    rig.start = async (setup) => {
      const name = queueName();
      Jobs = await jobsOf(name, setup.work, 500);
      outside = await open(name, { isWorker: false });
      outsides.push(outside);
      return start(setup);
    };

    itKeepsTheContract(rig);
  });

  async function started(options?: GracefulOptions | null) {
    const name = queueName();
    const outside = await open(name, { isWorker: false });
    let work!: Work;
    const Jobs = await jobsOf(name, (piece) => work.run(piece), 500);
    const http = await HttpApp.start({
      platform: 'Express',
      module: { providers: [Jobs] },
      options,
    });
    work = http.work;
    const add = (piece: string) => outside.createJob({ piece }).setId(piece).save();
    const end = async () => {
      await outside.destroy();
      await outside.close();
    };
    return { Jobs, http, work, outside, add, end };
  }

  it('finishes what runs at SIGTERM, and gives back what comes meanwhile', async () => {
    const { http, work, outside, add, end } = await started();
    await add('one');
    await work.begun('one');
    http.signal();
    await http.phase('drain');
    await add('late');
    await healthy(outside, { waiting: 1, active: 1 });
    work.finish('one');
    expect(await http.exited()).toBe(0);
    expect(work.started).toEqual(['one']);
    expect(work.inFlightAtDestroy).toBe(0);
    expect(await outside.checkHealth()).toMatchObject({ waiting: 1, active: 0, succeeded: 1 });
    expect(http.report.sources).toEqual([
      expect.objectContaining({ kind: 'job', before: 1, after: 0, finished: 1, cut: 0 }),
    ]);
    await end();
  });

  it('gives back at its deadline what could not finish', async () => {
    const { http, work, outside, add, end } = await started({ gracePeriodMs: 3_000 });
    await add('long');
    await work.begun('long');
    http.signal();
    expect(await http.exited()).toBe(1);
    expect(await outside.checkHealth()).toMatchObject({ waiting: 1, active: 0 });
    expect(http.report.sources).toEqual([
      expect.objectContaining({ before: 1, finished: 0, givenBack: 1, cut: 0 }),
    ]);
    work.finish('long'); // its end is nobody's any more
    await eventually('its end', () => work.inFlight === 0);
    expect(await outside.checkHealth()).toMatchObject({ waiting: 1, succeeded: 0 });
    await end();
  });

  it('the control: plain Nest leaves it to a check for stalled jobs', async () => {
    const { http, work, outside, add, end } = await started(null);
    await add('long');
    await work.begun('long');
    await http.close();
    expect(work.inFlightAtDestroy).toBe(1);
    expect(await outside.checkHealth()).toMatchObject({ waiting: 0, active: 1 });
    work.finish('long');
    await end();
  });

  it('lets the application close it while nothing is taken', async () => {
    const { Jobs, http, work, outside, add, end } = await started();
    await http.graceful.drain();
    await http.app.get<{ queue: Queue }>(Jobs).queue.close(500);
    http.graceful.resume();
    await add('late');
    expect(await outside.checkHealth()).toMatchObject({ waiting: 1, active: 0 });
    expect(work.started).toEqual([]);
    await end();
  });

  it('finds the queue of docs/integrations/bee-queue.md', async () => {
    @Injectable()
    class Mails {
      constructor(private readonly work: Work) {}

      send({ piece }: { piece: string }): Promise<void> {
        return this.work.run(piece);
      }
    }
    const { default: BeeQueue } = await load<{ default: QueueClass }>('bee-queue');
    const name = queueName();
    class Own extends BeeQueue {
      constructor(_name: string, options: object) {
        super(name, options);
      }
    }
    process.env['REDIS_URL'] ??= redisUrl;
    const page = 'docs/integrations/bee-queue.md';
    const { MailQueue } = await exampleOf<{ MailQueue: Type }>(page, {
      './mails.js': { Mails },
      'bee-queue': { default: Own },
    });
    const providers = [Mails, MailQueue];
    const http = await HttpApp.start({ platform: 'Express', module: { providers } });
    const outside = await open(name, { isWorker: false });
    await outside.createJob({ piece: 'one' }).save();
    await http.work.begun('one');
    http.signal();
    await http.phase('drain');
    http.work.finish('one');
    expect(await http.exited()).toBe(0);
    expect(await outside.checkHealth()).toMatchObject({ active: 0, succeeded: 1 });
    await outside.destroy();
    await outside.close();
  });
});
