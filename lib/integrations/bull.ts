import { hasMethods } from './integration.js';
import type { Integration, IntegrationHost, WorkCounter } from './integration.js';

/** A queue of Bull 3 and 4, which is its own worker. */
interface Queue {
  readonly name: string;
  /** Without `true` it would pause the queue of the whole cluster. Resolves when the jobs that run are done. */
  pause(isLocal: true): Promise<unknown>;
  resume(isLocal: true): Promise<unknown>;
  /** From the start of a job until Redis knows its end. */
  processJob(job: { readonly name?: string }, ...rest: unknown[]): Promise<unknown>;
  /** Fetches a job: the one that a wait in Redis has ended with, and that is on the list `active` already, or any. */
  moveToActive?(jobId?: string): Promise<unknown>;
  readonly keys?: { readonly wait: string; readonly active: string };
  readonly client?: Redis;
}

/** Of `ioredis`. */
interface Redis {
  multi(commands: ReadonlyArray<readonly string[]>): { exec(): Promise<unknown> };
}

/**
 * Queues of Bull: no job begins after T0, and those that run are waited for. One that does not finish in time stays
 * locked, and Bull gives it to another worker when its lock has expired.
 */
export const bull: Integration = {
  name: 'Bull',
  attach(host: IntegrationHost): void {
    for (const { object } of host.objects()) if (isQueue(object)) watch(object, host);
  },
};

function watch(queue: Queue, host: IntegrationHost): void {
  const jobs = host.counter();
  countJobs(queue, jobs);
  let paused: Promise<unknown> = Promise.resolve();
  let stopped = false;
  giveBackFetches(queue, () => stopped);
  host.add({
    name: `Bull queue ${queue.name}`,
    kind: 'job',
    // Not awaited: it waits for the jobs. Without Redis there is nothing to take.
    stopTaking() {
      stopped = true;
      paused = queue.pause(true).catch(() => undefined);
    },
    takeAgain() {
      stopped = false;
      return queue.resume(true);
    },
    inFlight: () => jobs.list(),
    finished: async (signal) => {
      await jobs.idle(signal);
      if (!signal.aborted) await Promise.race([paused, aborted(signal)]);
    },
  });
}

function countJobs(queue: Queue, jobs: WorkCounter): void {
  const processJob = queue.processJob.bind(queue);
  queue.processJob = async (job, ...rest) => {
    const end = jobs.begin(`job ${queue.name}:${job?.name}`);
    try {
      return await processJob(job, ...rest);
    } finally {
      end();
    }
  };
}

/** Bull ends its wait in Redis up to half a second after `pause()`, and would begin the job that comes meanwhile. */
function giveBackFetches(queue: Queue, stopped: () => boolean): void {
  const moveToActive = queue.moveToActive?.bind(queue);
  if (!moveToActive) return;
  queue.moveToActive = async (jobId) => {
    const { keys, client } = queue;
    if (!stopped() || !keys || !client) return moveToActive(jobId);
    if (jobId === undefined) return undefined;
    const commands = [
      ['lrem', keys.active, '1', jobId],
      ['rpush', keys.wait, jobId],
    ];
    await client.multi(commands).exec();
    return undefined;
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function isQueue(object: object): object is Queue {
  const names = ['process', 'processJob', 'pause', 'resume', 'whenCurrentJobsFinished', 'add'];
  return hasMethods(object, ...names);
}
