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
  host.add({
    name: `Bull queue ${queue.name}`,
    kind: 'job',
    // Not awaited: it waits for the jobs. Without Redis there is nothing to take.
    stopTaking: () => void (paused = queue.pause(true).catch(() => undefined)),
    takeAgain: () => queue.resume(true),
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
