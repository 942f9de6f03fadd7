import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';

export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';

export async function isRedisThere(): Promise<boolean> {
  const redis = new Redis(redisUrl, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined); // connect() fails, too
  return redis
    .connect()
    .then(
      () => true,
      () => false,
    )
    .finally(() => redis.disconnect());
}

/** The queues as they are in Redis, whoever works on them. */
export class Queues {
  private readonly redis = new Redis(redisUrl);
  private readonly queues: readonly Queue[];

  constructor(prefix: string) {
    const options = { prefix, connection: { url: redisUrl } };
    this.queues = ['statements', 'invoices', 'mails'].map((name) => new Queue(name, options));
  }

  /** Why jobs have failed for good. */
  async failures(): Promise<string[]> {
    const failed = await Promise.all(this.queues.map((queue) => queue.getFailed()));
    return failed.flat().map(({ failedReason }) => failedReason);
  }

  /** Resolves when at most this many jobs are not over. */
  async idle(left = 0): Promise<void> {
    while ((await this.count()) > left) await sleep(20);
  }

  /** Who holds the statement, and for how many milliseconds nobody else can. */
  async statementLock(): Promise<{ token: string | null; ms: number }> {
    const key = `${this.queues[0]?.toKey('year')}:lock`;
    const [token, ms] = await Promise.all([this.redis.get(key), this.redis.pttl(key)]);
    return { token, ms };
  }

  /** Leaves nothing behind. */
  async remove(): Promise<void> {
    for (const queue of this.queues) {
      await queue.obliterate({ force: true });
      await queue.close();
    }
    this.redis.disconnect();
  }

  /** One queue after the other: an invoice adds its mail before it is over. */
  private async count(): Promise<number> {
    let jobs = 0;
    for (const queue of this.queues) {
      jobs += await queue.getJobCountByTypes('waiting', 'active', 'delayed');
    }
    return jobs;
  }
}
