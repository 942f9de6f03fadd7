import { hasMethods } from './kit/shape.js';
import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../engine/integration.js';
import { JobRelease } from './kit/job-release.js';
import { settled } from '../time/settled.js';

/** A queue of Bull 3 and 4, which is its own worker. */
interface Queue {
  readonly name: string;
  /** What the locks of its jobs hold. */
  readonly token: string;
  readonly keys: Readonly<Record<'wait' | 'paused' | 'meta-paused' | 'active' | 'stalled', string>>;
  toKey(id: string): string;
  readonly client: Redis;
  /** The connection that waits for jobs, made when it is first asked for. */
  readonly bclient: Redis;
  readonly bclientInitialized?: boolean;
  process(...args: unknown[]): Promise<unknown>;
  setWorkerName(): Promise<unknown>;
  /** Set while it is paused in this process. */
  readonly paused?: unknown;
  /** Without `true` it would pause the queue of the whole cluster. Resolves when the jobs that run are done. */
  pause(isLocal?: boolean, ...rest: unknown[]): Promise<unknown>;
  resume(isLocal?: boolean): Promise<unknown>;
  /** Memoised: the first call decides whether it waits for its jobs. */
  close(doNotWaitJobs?: boolean): Promise<unknown>;
  /** From the start of a job until Redis knows its end; of no job, if there was none to fetch. */
  processJob(job: Job | null | undefined, ...rest: unknown[]): Promise<unknown>;
  /** Makes the job of whatever was fetched: by a wait, without one, or with the end of another. Its lock is ours. */
  nextJobFromJobData(data: object | null | undefined, id?: string): unknown;
}

interface Job {
  readonly id: string;
  readonly name?: string;
  moveToCompleted: Move;
  moveToFailed: Move;
}

type Move = (...args: unknown[]) => Promise<unknown>;

/** Of `ioredis`. */
interface Redis {
  eval(script: string, keys: number, ...args: readonly string[]): Promise<unknown>;
  once(event: 'end' | 'ready', listener: () => void): unknown;
}

/**
 * Queues of Bull: no job begins after T0, and those that run are waited for; at the deadline they go back to the queue,
 * where another worker finds them at once instead of when their lock has expired.
 */
export const bull: Integration = {
  name: 'Bull',
  early: true, // `BullExplorer` starts the workers in its init hook
  attach(host: IntegrationHost): void {
    for (const { object } of host.objects()) {
      if (!isQueue(object)) continue;
      host.add(new QueueSource(object, host.counter()));
      known.add(object);
    }
  },
};

/** Queues whose jobs a source counts. */
const known = new WeakSet<Queue>();

class QueueSource implements WorkSource {
  readonly name: string;
  readonly kind = 'job';
  private readonly running = new Set<Job>();
  private readonly methods: Pick<Queue, 'pause' | 'resume'>;
  private stop?: Stop;
  /** Whether it would take jobs if it were not for us. */
  private wanted = true;
  private readonly released: JobRelease;

  constructor(
    private readonly queue: Queue,
    private readonly jobs: WorkCounter,
  ) {
    this.name = `Bull queue ${queue.name}`;
    this.released = new JobRelease(jobs);
    this.methods = { pause: queue.pause.bind(queue), resume: queue.resume.bind(queue) };
    this.watchWishes();
    this.countEarlyJobs();
    this.watchJobs();
    this.watchFetches();
    this.watchClose();
    this.watchStart('process');
    this.watchStart('setWorkerName');
  }

  /** Not awaited: `pause()` waits for the jobs. One that the application has paused is left alone. */
  stopTaking(): void {
    const { queue } = this;
    this.wanted = !queue.paused;
    if (!this.wanted) {
      this.stop = { paused: Promise.resolve(), reconnected: Promise.resolve() };
      return;
    }
    const reconnected = reconnection(queue);
    const paused = this.methods.pause(true).catch(() => undefined); // Redis is gone: there is nothing to take
    this.stop = { paused, reconnected };
  }

  async takeAgain(): Promise<void> {
    const { methods, stop } = this;
    // A wait on the connection that `pause()` is about to close would fail, and be tried again five seconds later.
    await Promise.race([stop?.paused, stop?.reconnected]);
    if (this.stop !== stop) return; // it was stopped again meanwhile
    this.stop = undefined;
    if (this.wanted) await methods.resume(true);
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.jobs.list();
  }

  readonly begun = () => this.jobs.begun;

  async finished(signal: AbortSignal): Promise<void> {
    await this.jobs.idle(signal);
    await settled(this.stop?.paused, signal);
  }

  async release(): Promise<number> {
    const back = await Promise.all([...this.running].map((job) => this.letGo(job)));
    this.released.settle(back.every(Boolean));
    return back.filter(Boolean).length;
  }

  /** How its handler ends is not for Redis any more: Bull would count it as a failed attempt. */
  private letGo(job: Job): Promise<boolean> {
    const back = giveBack(this.queue, job.id);
    for (const name of ['moveToCompleted', 'moveToFailed'] as const) {
      const move = job[name].bind(job);
      job[name] = async (...args) => {
        if (await back) throw GIVEN_BACK;
        return move(...args);
      };
    }
    return back;
  }

  /** What the application asks of it while it is stopped is done when it takes again. */
  private watchWishes(): void {
    const { queue, methods } = this;
    queue.pause = (isLocal, ...rest) => {
      if (isLocal && this.stop) this.wanted = false;
      return methods.pause(isLocal, ...rest);
    };
    queue.resume = async (isLocal) => {
      if (!isLocal || !this.stop) return methods.resume(isLocal);
      this.wanted = true;
      return undefined;
    };
  }

  /** Those that began before anybody looked: other providers may take their time. */
  private countEarlyJobs(): void {
    const { queue, running } = this;
    for (const [job, processing] of earlyJobs.get(queue) ?? []) {
      const end = this.jobs.begin(`job ${queue.name}:${job.name}`);
      running.add(job);
      const over = () => {
        running.delete(job);
        end();
      };
      processing.then(over, over);
    }
    earlyJobs.delete(queue);
  }

  private watchJobs(): void {
    const { queue, running } = this;
    const processJob = queue.processJob.bind(queue);
    queue.processJob = async (job, ...rest) => {
      if (!job) return processJob(job, ...rest);
      const end = this.jobs.begin(`job ${queue.name}:${job.name}`);
      running.add(job);
      try {
        return await this.jobs.within(end, () => processJob(job, ...rest));
      } catch (error) {
        if (error !== GIVEN_BACK) throw error;
        return undefined;
      } finally {
        running.delete(job);
        end();
      }
    };
  }

  /** Its wait in Redis goes on for up to half a second after `pause()`, and the end of a job fetches the next. */
  private watchFetches(): void {
    const { queue } = this;
    const nextJob = queue.nextJobFromJobData.bind(queue);
    queue.nextJobFromJobData = (data, id) => {
      if (!this.stop || !data || id === undefined) return nextJob(data, id);
      // If it can't go back it is done here, rather than wait for its lock to expire.
      return giveBack(queue, id).then((back) => (back ? null : nextJob(data, id)));
    };
  }

  private watchClose(): void {
    const { queue } = this;
    const close = queue.close.bind(queue);
    queue.close = async (doNotWaitJobs = false) => {
      if (doNotWaitJobs || !this.stop) return close(doNotWaitJobs);
      return close(await this.released.over());
    };
  }

  /**
   * Before its connections are there, or when Redis is not, it rejects as they are closed. Neither Bull nor @nestjs/bull
   * handles that, and an unhandled rejection would end the process amid its shutdown.
   */
  private watchStart(name: 'process' | 'setWorkerName'): void {
    const { queue } = this;
    const start = queue[name].bind(queue);
    queue[name] = (...args) =>
      start(...args).catch((error: unknown) => {
        if (!this.stop) throw error;
      });
  }
}

interface Stop {
  /** Nothing runs, and nothing waits. */
  readonly paused: Promise<unknown>;
  /** The connection that waits for jobs is a new one. */
  readonly reconnected: Promise<void>;
}

const GIVEN_BACK = new Error('The job was given back to its queue');

/** `pause()` stops the wait in Redis by closing its connection, and makes a new one. */
function reconnection(queue: Queue): Promise<void> {
  if (!queue.bclientInitialized) return Promise.resolve();
  const { bclient } = queue;
  return new Promise((resolve) => {
    bclient.once('end', () => bclient.once('ready', resolve));
  });
}

type ProcessJob = (this: Queue, ...args: Parameters<Queue['processJob']>) => Promise<unknown>;

/** What runs in queues that no source knows yet. */
const earlyJobs = new WeakMap<Queue, Map<Job, Promise<unknown>>>();
const EARLY = Symbol.for('nestjs-graceful:bull jobs');

/** Has the queues of a class, from now on, note their jobs until a source counts them. */
export function noteJobsOf(QueueClass: unknown): void {
  const prototype: unknown = (QueueClass as { prototype?: unknown } | undefined)?.prototype;
  if (!hasMethods(prototype, 'processJob', 'whenCurrentJobsFinished', 'toKey')) return;
  if (Object.hasOwn(prototype as object, EARLY)) return;
  Object.defineProperty(prototype, EARLY, { value: true });
  const processJob: ProcessJob = Reflect.get<Queue, 'processJob'>(prototype as Queue, 'processJob');
  (prototype as Queue).processJob = function (this: Queue, job, ...rest) {
    const processing = processJob.call(this, job, ...rest).catch((error: unknown) => {
      if (error !== GIVEN_BACK) throw error;
    });
    if (!job || known.has(this)) return processing;
    const jobs = earlyJobs.get(this) ?? new Map<Job, Promise<unknown>>();
    earlyJobs.set(this, jobs.set(job, processing));
    const over = () => void jobs.delete(job);
    processing.then(over, over);
    return processing;
  };
}

/** First in line, as Bull does with a job that has stalled; but only what this queue still holds. */
const GIVE_BACK = `
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  if redis.call('LREM', KEYS[2], -1, ARGV[2]) == 0 then return 0 end
  redis.call('DEL', KEYS[1])
  redis.call('SREM', KEYS[3], ARGV[2])
  local paused = redis.call('EXISTS', KEYS[4]) == 1
  redis.call('RPUSH', paused and KEYS[5] or KEYS[6], ARGV[2])
  return 1`;

/** Says whether it worked. */
async function giveBack(queue: Queue, id: string): Promise<boolean> {
  const { active, stalled, 'meta-paused': metaPaused, paused, wait } = queue.keys;
  const keys = [`${queue.toKey(id)}:lock`, active, stalled, metaPaused, paused, wait];
  try {
    return (await queue.client.eval(GIVE_BACK, keys.length, ...keys, queue.token, id)) === 1;
  } catch {
    return false; // Redis is gone
  }
}

function isQueue(object: object): object is Queue {
  const names = ['process', 'processJob', 'nextJobFromJobData', 'setWorkerName', 'add', 'toKey'];
  return hasMethods(object, ...names, 'pause', 'resume', 'whenCurrentJobsFinished', 'close');
}
