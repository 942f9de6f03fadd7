import type { IntegrationHost, WorkCounter, WorkSource } from '../engine/integration.js';
import { deferred, type Deferred } from '../time/waits.js';
import { clientIntegration } from './kit/client-integration.js';
import { hasMethods } from './kit/shape.js';

interface Job {
  readonly id: string;
}

type Answer = (error: unknown, result: unknown) => void;

/** A queue of bee-queue 1 and 2 (`lib/queue.js`). */
interface Queue {
  readonly name: string;
  /** Set by `close()`: nothing is taken any more. */
  readonly paused?: boolean;
  /** What `close()` waits for. */
  readonly activeJobs: Set<Promise<unknown>>;
  /** Of node_redis or ioredis; undefined until it is connected. */
  readonly client?: { eval(...args: [...unknown[], Answer]): unknown } | null;
  toKey(name: string): string;
  /** Waits in Redis, without limit, until there is a job, and has it; null if it was removed meanwhile. */
  _waitForJob(): Promise<Job | null>;
  /** From the handler's call until Redis knows the end. */
  _runJob(job: Job): Promise<unknown>;
  /** Tells Redis the end. */
  _finishJob(error: unknown, data: unknown, job: Job): unknown;
}

/** Back to the end from which workers take, if it is still ours: by one command, so that it is never in two lists. */
const GIVE_BACK = `
if redis.call('lrem', KEYS[1], 1, ARGV[1]) == 0 then return 0 end
redis.call('srem', KEYS[3], ARGV[1])
redis.call('rpush', KEYS[2], ARGV[1])
return 1`;

/**
 * Queues of bee-queue that process jobs: none begins after T0, what runs is waited for. A job that comes while the wait in
 * Redis is still out goes back at once. The queue's own `close()` is left to its owner.
 */
export const beeQueue = clientIntegration<Queue>({
  name: 'bee-queue',
  signs: ['_waitForJob'],
  isClient: isQueue,
  sourceOf: (queue, host) => new QueueSource(queue, host),
});

class QueueSource implements WorkSource {
  readonly name: string;
  readonly kind = 'job';
  private readonly jobs: WorkCounter;
  private readonly running = new Set<Job>();
  private readonly released = new WeakSet<Job>();
  /** While nothing is taken. */
  private held?: Deferred;

  constructor(
    private readonly queue: Queue,
    host: IntegrationHost,
  ) {
    this.name = `bee-queue ${queue.name}`;
    this.jobs = host.counter();
    this.watchJobs();
    this.watchWaits();
  }

  stopTaking(): void {
    this.held ??= deferred();
  }

  takeAgain(): void {
    this.held?.resolve();
    this.held = undefined;
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.jobs.list();
  }

  begun(): number {
    return this.jobs.begun;
  }

  finished(signal: AbortSignal): Promise<void> {
    return this.jobs.idle(signal);
  }

  /** Others get at once what could not finish, and `close()` has nothing to wait for. */
  async release(): Promise<number> {
    const back = await Promise.all([...this.running].map((job) => this.giveBackRunning(job)));
    const count = back.filter(Boolean).length;
    if (count === this.running.size) this.queue.activeJobs.clear();
    return count;
  }

  private async giveBackRunning(job: Job): Promise<boolean> {
    this.released.add(job);
    const isBack = await this.giveBack(job);
    if (!isBack) this.released.delete(job);
    return isBack;
  }

  private watchJobs(): void {
    const { queue, jobs, running, released } = this;
    const runJob = queue._runJob.bind(queue);
    queue._runJob = async (job) => {
      const end = jobs.begin(`job ${queue.name}`);
      running.add(job);
      try {
        return await jobs.within(end, () => runJob(job));
      } finally {
        running.delete(job);
        end();
      }
    };
    const finishJob = queue._finishJob.bind(queue);
    queue._finishJob = (error, data, job) =>
      released.has(job) ? undefined : finishJob(error, data, job);
  }

  private watchWaits(): void {
    const { queue } = this;
    const waitForJob = queue._waitForJob.bind(queue);
    queue._waitForJob = async () => {
      while (true) {
        await this.held?.promise;
        if (queue.paused) return null; // closed meanwhile
        const job = await waitForJob();
        if (!job || !this.held || queue.paused) return job;
        // If it can't go back it is done here, rather than found by a check for stalled jobs some day.
        if (!(await this.giveBack(job))) return job;
      }
    };
  }

  private giveBack({ id }: Job): Promise<boolean> {
    const { queue } = this;
    const keys = ['active', 'waiting', 'stalling'].map((name) => queue.toKey(name));
    return new Promise((resolve) => {
      const answer: Answer = (error, result) => resolve(!error && Number(result) === 1);
      try {
        if (queue.client) queue.client.eval(GIVE_BACK, 3, ...keys, id, answer);
        else resolve(false);
      } catch {
        resolve(false);
      }
    });
  }
}

function isQueue(object: object): object is Queue {
  if (!hasMethods(object, 'createJob', 'process', '_waitForJob', '_runJob', '_finishJob', 'toKey'))
    return false;
  return (object as Partial<Queue>).activeJobs instanceof Set;
}
