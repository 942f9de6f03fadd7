import { BullModule, getQueueToken, InjectQueue, Process, Processor } from '@nestjs/bull';
import { expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { redis, redisUrl, unique } from './servers.js';

/** What this spec uses of Bull 4. */
interface Queue {
  add(data: object, options: { jobId: string }): Promise<unknown>;
  getJob(id: string): Promise<{ getState(): Promise<string> } | null>;
  isPaused(): Promise<boolean>;
  obliterate(options: { force: boolean }): Promise<unknown>;
  once(event: 'completed', listener: () => void): unknown;
  isReady(): Promise<unknown>;
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
    if (id.startsWith('a')) await (this.queue as Queue).add({}, { jobId: `after-${id}` });
  }
}

describeWith(redis, () => {
  /** A job runs, one waits, and a request holds up the shutdown while the first finishes. */
  async function closeAmidWork(options: {} | null): Promise<HttpApp> {
    const app = await HttpApp.start({
      platform: 'Express',
      options,
      module: {
        imports: [BullModule.forRoot({ url: redisUrl }), BullModule.registerQueue({ name })],
        providers: [Mails],
      },
    });
    const queue = app.app.get<Queue>(getQueueToken(name));
    const client = await app.connect();
    client.get('/work/request');
    await app.work.begun('request');
    await queue.add({}, { jobId: 'a' });
    await app.work.begun('a');
    await queue.add({}, { jobId: 'b' });
    const completed = new Promise<void>((resolve) => queue.once('completed', resolve));
    void app.close();
    if (options) await app.phase('drain');
    app.work.finish('a');
    await completed;
    return app;
  }

  it('a running job finishes, which can enqueue another, and none begins', async () => {
    const app = await closeAmidWork({});
    const queue = app.app.get<Queue>(getQueueToken(name));
    expect(await (await queue.getJob('a'))?.getState()).toBe('completed');
    expect(await (await queue.getJob('b'))?.getState()).toBe('waiting');
    expect(await (await queue.getJob('after-a'))?.getState()).toBe('waiting');
    expect(await queue.isPaused()).toBe(false);
    await queue.obliterate({ force: true });
    app.work.finish('request');
    await app.close();

    expect(app.work.started).not.toContain('b');
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: on plain Nest jobs begin until the last request is over', async () => {
    const app = await closeAmidWork(null);
    await app.work.begun('b');
    expect(app.work.started).toContain('b');
    app.work.finish('b', 'after-a');
    await app.destroy(); // its client, too, for plain Nest waits for it
    await app.close();
  });
});
