import { hasMethods } from '../kit/shape.js';

/** A job of BullMQ 3 to 6. */
export interface Job {
  readonly name?: string;
  /** Back to the queue, first in line, if the token still holds its lock. Since BullMQ 5.41. */
  moveToWait?(token?: string): Promise<unknown>;
  /** The same for BullMQ before that. */
  moveToDelayed(timestamp: number, token?: string): Promise<unknown>;
}

/** A worker of BullMQ 3 to 6. A queue has `pause` and `close` too, but its `pause` stops the whole cluster. */
export interface Worker {
  /** Of its queue. */
  readonly name: string;
  readonly opts?: { readonly prefix?: string };
  /** Set as it begins to close. */
  readonly closing?: unknown;
  run(): Promise<unknown>;
  isRunning(): boolean;
  isPaused(): boolean;
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

/** Counts jobs, and calls what runs them. */
export interface JobCount {
  begin(job: Job): () => void;
  within<T>(end: () => void, call: () => T): T;
}

const UNCOUNTED: JobCount = { begin: () => () => undefined, within: (_end, call) => call() };

/** The jobs of one worker, from the first on: it may work before anybody looks for it. */
export class WorkerJobs {
  private static readonly known = new WeakMap<Worker, WorkerJobs>();

  static of(worker: Worker): WorkerJobs {
    const known = WorkerJobs.known.get(worker) ?? new WorkerJobs(worker);
    WorkerJobs.known.set(worker, known);
    return known;
  }

  /** With the token of its lock each. */
  readonly running = new Map<Job, string>();
  /** No job is taken, and one that has just been fetched goes back. */
  stopped = false;
  private readonly ends = new Map<Job, () => void>();
  private counting = UNCOUNTED;

  private constructor(worker: Worker) {
    const processJob = worker.processJob?.bind(worker);
    const moveToActive = worker.moveToActive?.bind(worker);
    if (processJob) {
      worker.processJob = async (job, token, ...rest) => {
        const end = this.begun(job);
        try {
          // Fetched just before T0. If it can't go back it is done here, rather than wait for its lock to expire.
          if (this.stopped && (await giveBack(job, token))) return undefined;
          this.running.set(job, token);
          return await this.counting.within(end, () => processJob(job, token, ...rest));
        } finally {
          this.running.delete(job);
          this.ends.get(job)?.();
          this.ends.delete(job);
        }
      };
    }
    if (moveToActive) {
      // A wait in Redis that ends after T0 would fetch one more.
      worker.moveToActive = async (...args) => (this.stopped ? undefined : moveToActive(...args));
    }
  }

  /** Counts them from now on, those that run already as well. */
  count(counting: JobCount): void {
    this.counting = counting;
    for (const job of this.running.keys()) this.begun(job);
  }

  private begun(job: Job): () => void {
    const end = this.counting.begin(job);
    this.ends.set(job, end);
    return end;
  }
}

/** Says whether it worked. Redis gives back only what this worker still holds. */
export async function giveBack(job: Job, token: string): Promise<boolean> {
  try {
    await (job.moveToWait ? job.moveToWait(token) : job.moveToDelayed(Date.now(), token));
    return true;
  } catch {
    return false;
  }
}

export function isWorker(object: unknown): object is Worker {
  const isQueue = hasMethods(object, 'add') || hasMethods(object, 'drain');
  return !isQueue && hasMethods(object, 'run', 'isRunning', 'isPaused', 'pause', 'resume', 'close');
}

// -- workers that are no providers ---------------------------------------------------------------------------------

/** Somebody who wants to know of workers; as long as it is held. */
export interface WorkerObserver {
  noticed(worker: Worker): void;
}

interface Notices {
  readonly workers: Set<Worker>;
  readonly observers: Set<WeakRef<WorkerObserver>>;
}

/** For all copies of this package in the process. */
const NOTICES = Symbol.for('nestjs-graceful:bullmq workers');

function notices(): Notices {
  const place = globalThis as { [NOTICES]?: Notices };
  return (place[NOTICES] ??= { workers: new Set(), observers: new Set() });
}

/** The observers that are still there: one for each application with the module. */
export function workerObservers(): WorkerObserver[] {
  const { observers } = notices();
  return [...observers].flatMap((reference) => {
    const observer = reference.deref();
    if (!observer) observers.delete(reference);
    return observer ?? [];
  });
}

/** Tells of the workers that have begun to run and have not closed, and of each that begins from now on. */
export function observeWorkers(observer: WorkerObserver): void {
  const { workers, observers } = notices();
  observers.add(new WeakRef(observer));
  for (const worker of workers) {
    if (worker.closing) workers.delete(worker);
    else observer.noticed(worker);
  }
}

type Run = (this: Worker) => Promise<unknown>;

/**
 * Has the workers of a class say so when they begin to run, which most do in their constructor. Nest makes those of
 * `registerQueue({ processors })` in a factory and keeps them in a closure, so nothing else leads to them.
 */
export function noticeWorkersOf(WorkerClass: unknown): void {
  const prototype: unknown = (WorkerClass as { prototype?: unknown } | undefined)?.prototype;
  if (!isWorker(prototype) || !hasMethods(prototype, 'processJob', 'moveToActive')) return;
  if (Object.hasOwn(prototype, NOTICES)) return;
  const run: Run = Reflect.get<Worker, 'run'>(prototype, 'run');
  Object.defineProperty(prototype, NOTICES, { value: true });
  Object.defineProperty(prototype, 'run', {
    configurable: true,
    writable: true,
    value(this: Worker): Promise<unknown> {
      notice(this);
      return run.call(this);
    },
  });
}

function notice(worker: Worker): void {
  const { workers } = notices();
  if (workers.has(worker)) return;
  workers.add(worker);
  WorkerJobs.of(worker);
  for (const observer of workerObservers()) observer.noticed(worker);
}
