import { BullModule, getQueueToken, InjectQueue, Process, Processor } from '@nestjs/bull';
import { afterEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { bull } from '../../lib/integrations/bull.js';
import { RecordedIntegration } from '../../lib/testing/recorded-integration.js';
import { eventually } from '../support/eventually.js';
import { HttpApp, type HttpAppSetup } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { redis, redisUrl, unique } from './servers.js';

/** What this spec uses of Bull 4. */
interface Queue {
  readonly constructor: new (name: string, url: string) => Queue;
  add(data: object, options: { jobId: string; attempts?: number }): Promise<unknown>;
  getJob(id: string): Promise<Job | null>;
  pause(): Promise<unknown>;
  resume(): Promise<unknown>;
  isPaused(): Promise<boolean>;
  obliterate(options: { force: boolean }): Promise<unknown>;
  once(event: 'completed' | 'drained', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(doNotWaitJobs?: boolean): Promise<unknown>;
  readonly bclient: { once(event: 'ready', listener: () => void): unknown };
  readonly client: { set(key: string, value: string): Promise<unknown> };
}

interface Job {
  readonly attemptsMade: number;
  readonly failedReason?: string;
  getState(): Promise<string>;
}

const name = unique('bull');

@Processor(name)
class Mails {
  constructor(
    @InjectQueue(name) private readonly queue: object,
    private readonly work: Work,
  ) {}

  @Process()
  async send({ id }: { id: string }): Promise<void> {
    await this.work.run(id);
    if (id === 'a') await (this.queue as Queue).add({}, { jobId: `after-${id}` });
    if (id === 'failing') throw new Error('it fails');
  }
}

describeWith(redis, () => {
  let outside: Queue | undefined;

  afterEach(async () => {
    await outside?.obliterate({ force: true });
    await outside?.close();
    outside = undefined;
  });

  async function start(setup: Partial<HttpAppSetup> = {}, url = redisUrl) {
    const app = await HttpApp.start({
      platform: 'Express',
      ...setup,
      module: {
        imports: [BullModule.forRoot({ url }), BullModule.registerQueue({ name })],
        providers: [Mails],
      },
    });
    const queue = app.app.get<Queue>(getQueueToken(name));
    outside ??= new queue.constructor(name, redisUrl);
    return { app, queue, work: app.work };
  }

  /** One whose source of jobs is driven by hand. */
  async function startDriven() {
    const integration = new RecordedIntegration(bull);
    const started = await start({ integrations: [integration] });
    return { ...started, source: integration.sources[0] };
  }

  const stateOf = async (id: string) => (await outside?.getJob(id))?.getState();

  /** It has no job, and waits for one in Redis. */
  async function waits({ queue, work }: { queue: Queue; work: Work }): Promise<void> {
    const drained = new Promise<void>((resolve) => queue.once('drained', resolve));
    work.finish('first');
    await queue.add({}, { jobId: 'first' });
    await drained;
    await new Promise((resolve) => void setImmediate(resolve));
  }

  const never = new AbortController().signal;

  /** A job runs, one waits, and a request holds up the shutdown while the first finishes. */
  async function closeAmidWork(options: {} | null) {
    const rig = await start({ options });
    const { app, queue, work } = rig;
    const client = await app.connect();
    client.get('/work/request');
    await work.begun('request');
    await queue.add({}, { jobId: 'a' });
    await work.begun('a');
    await queue.add({}, { jobId: 'b' });
    const completed = new Promise<void>((resolve) => queue.once('completed', resolve));
    void app.close();
    if (options) await app.phase('drain');
    work.finish('a');
    await completed;
    return rig;
  }

  it('a running job finishes, which can enqueue another, and none begins', async () => {
    const { app, work } = await closeAmidWork({});
    work.finish('request');
    await app.close();

    expect(await stateOf('a')).toBe('completed');
    expect(await stateOf('b')).toBe('waiting');
    expect(await stateOf('after-a')).toBe('waiting');
    expect(await outside?.isPaused()).toBe(false);
    expect(work.started).not.toContain('b');
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: on plain Nest jobs begin until the last request is over', async () => {
    const { app, work } = await closeAmidWork(null);
    await work.begun('b');
    expect(work.started).toContain('b');
    work.finish('b', 'after-a');
    await app.destroy(); // its client, too, for plain Nest waits for it
    await app.close();
  });

  it('a job that does not finish in time goes to another worker, at once', async () => {
    const { app, queue, work } = await start({
      options: { gracePeriodMs: 4_000, drainTimeoutMs: 50 },
    });
    await queue.add({}, { jobId: 'slow' });
    await work.begun('slow');
    await app.close();

    expect(app.report.unfinished).toEqual([
      expect.objectContaining({ kind: 'job', name: `job ${name}:__default__`, fate: 'abandoned' }),
    ]);
    expect(app.report.phases.find((phase) => phase.name === 'close')?.outcome).toBe('done');
    expect(await stateOf('slow')).toBe('waiting');

    const second = await start();
    await second.work.begun('slow');
    work.finish('slow'); // nobody listens to the first one any more
    second.work.finish('slow');
    await second.app.close();
    expect(await stateOf('slow')).toBe('completed');
    expect(await outside?.getJob('slow')).toMatchObject({ attemptsMade: 0 });
  });

  it('the control: a queue that is closed by force leaves its job locked', async () => {
    const { app, queue, work } = await start({ options: null });
    await queue.add({}, { jobId: 'slow' });
    await work.begun('slow');
    await queue.close(true);

    expect(await stateOf('slow')).toBe('active');
    work.finish('slow');
    await app.close();
  });

  /** At the deadline its job goes back, and goes on all the same. */
  async function releaseAmid(jobId: string) {
    const rig = await startDriven();
    const { queue, source, work } = rig;
    await queue.add({}, { jobId, attempts: 3 });
    await work.begun(jobId);
    source.stopTaking();
    return rig;
  }

  it.each(['slow', 'failing'])(
    'how a job that was given back ends is not told to Redis (%s)',
    async (jobId) => {
      const { app, source, work } = await releaseAmid(jobId);
      await source.release?.();
      expect(await stateOf(jobId)).toBe('waiting');
      expect(source.inFlight()).toHaveLength(1);
      work.finish(jobId);
      await source.finished(never, 0);

      expect(await stateOf(jobId)).toBe('waiting');
      const job = await outside?.getJob(jobId);
      expect(job?.attemptsMade).toBe(0);
      expect(job?.failedReason).toBeUndefined();
      await app.close();
    },
  );

  it('a queue that all have paused gets its job back and stays paused', async () => {
    const { app, source, work } = await releaseAmid('slow');
    await outside?.pause();
    await source.release?.();
    expect(await stateOf('slow')).toBe('paused');
    work.finish('slow');
    await app.close();
  });

  it('a job whose lock another worker has is left to that', async () => {
    const { app, source, work } = await releaseAmid('slow');
    await outside?.client.set(`bull:${name}:slow:lock`, 'another');
    await source.release?.();
    expect(await stateOf('slow')).toBe('active');
    work.finish('slow');
    await app.close();
  });

  it('what its last wait fetches goes back', async () => {
    const rig = await startDriven();
    const { app, queue, source, work } = rig;
    await waits(rig);
    source.stopTaking();
    await queue.add({}, { jobId: 'late' });
    work.finish('late');
    await source.finished(never, 0);

    expect(work.started).toEqual(['first']);
    expect(await stateOf('late')).toBe('waiting');
    await app.close();
  });

  it('what the end of its last job fetches goes back', async () => {
    const { app, queue, source, work } = await startDriven();
    await queue.add({}, { jobId: 'one' });
    await work.begun('one');
    await queue.add({}, { jobId: 'next' });
    queue.once('completed', () => source.stopTaking()); // when the next is locked already
    work.finish('one', 'next');
    await eventually('the stop', () => source.inFlight().length === 0);
    await source.finished(never, 0);

    expect(work.started).toEqual(['one']);
    expect(await stateOf('next')).toBe('waiting');
    await app.close();
  });

  it('out of rotation and back in at once it takes as before', async () => {
    const rig = await startDriven();
    const { app, queue, source, work } = rig;
    await waits(rig);
    const errors: string[] = [];
    queue.on('error', ({ message }) => errors.push(message));
    const reconnected = new Promise<void>((resolve) => queue.bclient.once('ready', resolve));
    source.stopTaking();
    await source.takeAgain?.();
    await reconnected;
    await queue.add({}, { jobId: 'next' });
    await work.begun('next');

    expect(errors).toEqual([]);
    work.finish('next');
    await app.close();
  });

  it('a Redis that does not answer is no reason to fail', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const { app } = await start({}, `redis://127.0.0.1:${port}`);
    await app.close(); // an unhandled rejection fails the test
    expect(app.report.outcome).toBe('clean');
    silent.close();
  });
});
