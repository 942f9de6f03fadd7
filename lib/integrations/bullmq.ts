import { hasMethods } from './integration.js';
import type { Integration, IntegrationHost, WorkCounter, WorkSource } from './integration.js';
import { JobRelease } from './job-release.js';
import { settled } from './settled.js';

/** A job of BullMQ 3 to 6. */
interface Job {
  readonly name?: string;
  /** Back to the queue, first in line, if the token still holds its lock. Since BullMQ 5.41. */
  moveToWait?(token?: string): Promise<unknown>;
  /** The same for BullMQ before that. */
  moveToDelayed(timestamp: number, token?: string): Promise<unknown>;
}

/** A worker of BullMQ 3 to 6. A queue has `pause` and `close` too, but its `pause` stops the whole cluster. */
interface Worker {
  /** Of its queue. */
  readonly name: string;
  run(): Promise<unknown>;
  /** Takes no job any more, stops waiting for one in Redis, and resolves when those that run are done. Of this worker only. */
  pause(doNotWaitActive?: boolean): Promise<unknown>;
  resume(): unknown;
  /** Memoised: the first call decides whether it waits for its jobs. */
  close(force?: boolean): Promise<unknown>;
  /** From the start of a job until Redis knows its end. */
  processJob?(job: Job, token: string, ...rest: unknown[]): Promise<unknown>;
  /** Fetches a job, if there is one. */
  moveToActive?(...args: unknown[]): Promise<unknown>;
  /** Since BullMQ 5.61: for processors that take an AbortSignal. */
  cancelAllJobs?(reason?: string): unknown;
}

/** `BullExplorer` of @nestjs/bullmq: it makes the workers of `@Processor()` classes, and closes them in its hook. */
interface Explorer {
  readonly workers: readonly Worker[];
  register(...args: unknown[]): unknown;
}

/**
 * Workers of BullMQ, those of `@Processor()` classes and those that are providers themselves. None takes a job after T0;
 * what runs is waited for; at the deadline it goes back to the queue, where another worker finds it at once instead of
 * when its lock has expired.
 */
export const bullmq: Integration = {
  name: 'BullMQ',
  early: true, // a worker takes jobs from its own init hook on, while others are still initialised
  attach(host: IntegrationHost): void {
    const known = new WeakSet<Worker>();
    const add = (worker: Worker) => {
      if (known.has(worker) || !isWorker(worker)) return;
      known.add(worker);
      host.add(new WorkerSource(worker, host.counter()));
    };
    for (const { object } of host.objects()) {
      if (isWorker(object)) add(object);
      if (!isExplorer(object)) continue;
      object.workers.forEach(add);
      // With `manualRegistration` the application makes its workers when it likes.
      const register = object.register.bind(object);
      object.register = (...args) => {
        const result = register(...args);
        object.workers.forEach(add);
        return result;
      };
    }
  },
};

class WorkerSource implements WorkSource {
  readonly name: string;
  readonly kind = 'job';
  private readonly running = new Map<Job, string>();
  private stopped = false;
  private paused: Promise<unknown> = Promise.resolve();
  private readonly released: JobRelease;

  constructor(
    private readonly worker: Worker,
    private readonly jobs: WorkCounter,
  ) {
    this.name = `BullMQ worker ${worker.name}`;
    this.released = new JobRelease(jobs);
    this.watchJobs();
    this.watchFetches();
    this.watchClose();
  }

  /** Not awaited: `pause()` waits for the jobs. */
  stopTaking(): void {
    this.stopped = true;
    this.paused = this.worker.pause().catch(() => undefined); // Redis is gone: there is nothing to take
  }

  takeAgain(): unknown {
    this.stopped = false;
    return this.worker.resume();
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.jobs.list();
  }

  async finished(signal: AbortSignal): Promise<void> {
    await this.jobs.idle(signal);
    await settled(this.paused, signal);
  }

  async release(): Promise<void> {
    const running = [...this.running];
    const back = await Promise.all(running.map(([job, token]) => giveBack(job, token)));
    this.worker.cancelAllJobs?.('the application shuts down');
    this.released.settle(back.every(Boolean));
  }

  private watchClose(): void {
    const { worker } = this;
    const close = worker.close.bind(worker);
    worker.close = async (force = false) => {
      if (force || !this.stopped) return close(force);
      return close(await this.released.over());
    };
  }

  private watchJobs(): void {
    const { worker } = this;
    const processJob = worker.processJob?.bind(worker);
    if (!processJob) return;
    worker.processJob = async (job, token, ...rest) => {
      const end = this.jobs.begin(`job ${worker.name}:${job.name}`);
      try {
        // Fetched just before T0. If it can't go back it is done here, rather than wait for its lock to expire.
        if (this.stopped && (await giveBack(job, token))) return undefined;
        this.running.set(job, token);
        return await processJob(job, token, ...rest);
      } finally {
        this.running.delete(job);
        end();
      }
    };
  }

  private watchFetches(): void {
    const { worker } = this;
    const moveToActive = worker.moveToActive?.bind(worker);
    if (!moveToActive) return;
    // A wait in Redis that ends after T0 would fetch one more.
    worker.moveToActive = async (...args) => (this.stopped ? undefined : moveToActive(...args));
  }
}

/** Says whether it worked. Redis gives back only what this worker still holds. */
async function giveBack(job: Job, token: string): Promise<boolean> {
  try {
    await (job.moveToWait ? job.moveToWait(token) : job.moveToDelayed(Date.now(), token));
    return true;
  } catch {
    return false;
  }
}

function isWorker(object: object): object is Worker {
  const isQueue = hasMethods(object, 'add') || hasMethods(object, 'drain');
  return !isQueue && hasMethods(object, 'run', 'isRunning', 'isPaused', 'pause', 'resume', 'close');
}

function isExplorer(object: object): object is Explorer {
  if (!hasMethods(object, 'register', 'registerWorkers', 'handleProcessor')) return false;
  return Array.isArray((object as Partial<Explorer>).workers);
}
