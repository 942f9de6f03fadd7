import {
  giveBack,
  isWorker,
  noticeWorkersOf,
  observeWorkers,
  workerObservers,
  WorkerJobs,
  type Worker,
  type WorkerObserver,
} from './workers.js';
import { hasMethods } from '../kit/shape.js';
import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../../engine/integration.js';
import { heldShape, onHeld } from '../kit/held.js';
import { JobRelease } from '../kit/job-release.js';
import { settled } from '../../time/settled.js';

/** `BullExplorer` of @nestjs/bullmq: it makes the workers of `@Processor()` classes, and closes them in its hook. */
interface Explorer {
  readonly workers: readonly Worker[];
  register(...args: unknown[]): unknown;
}

/** A queue of BullMQ; @nestjs/bullmq makes its workers with it, and gives it what it was registered with as `opts`. */
interface Queue {
  readonly name: string;
  readonly opts?: { readonly prefix?: string; readonly processors?: unknown };
}

const DEFAULT_PREFIX = 'bull';

const workerShape = heldShape(['isPaused'], isWorker);

/**
 * Workers of BullMQ: those of `@Processor()` classes, those of `registerQueue({ processors })`, those that are providers,
 * and those that providers have made for themselves. None takes a job after T0; what runs is waited for; at the deadline
 * it goes back to the queue, where another worker finds it at once instead of when its lock has expired.
 */
export const bullmq: Integration = {
  name: 'BullMQ',
  early: true, // a worker takes jobs from its own init hook on, while others are still initialised
  attach(host: IntegrationHost): void {
    const finder = new Finder(host);
    finders.set(host, finder);
    observeWorkers(finder);
  },
};

/** As long as their applications are there. */
const finders = new WeakMap<IntegrationHost, Finder>();

/** Finds the workers of one application. */
class Finder implements WorkerObserver {
  private readonly known = new WeakSet<Worker>();
  private readonly objects: readonly object[];

  constructor(private readonly host: IntegrationHost) {
    this.objects = [...host.objects()].map(({ object }) => object);
    onHeld(host, workerShape, this.add);
    for (const object of this.objects) if (isExplorer(object)) watchExplorer(object, this.add);
  }

  /** One of another application in the same process is not ours. */
  noticed(worker: Worker): void {
    const isOnly = workerObservers().every((observer) => observer === this);
    if (isOnly || this.objects.some((object) => madeWith(object, worker))) this.add(worker);
  }

  private readonly add = (worker: Worker): void => {
    if (this.known.has(worker)) return;
    this.known.add(worker);
    noticeWorkersOf(worker.constructor);
    this.host.add(new WorkerSource(worker, this.host.counter()));
  };
}

function watchExplorer(explorer: Explorer, add: (worker: Worker) => void): void {
  noticeWorkersOf(Reflect.get(explorer.constructor, '_workerClass'));
  explorer.workers.forEach(add);
  // With `manualRegistration` the application makes its workers when it likes.
  const register = explorer.register.bind(explorer);
  explorer.register = (...args) => {
    const result = register(...args);
    explorer.workers.forEach(add);
    return result;
  };
}

/** Whether it is the queue with which @nestjs/bullmq has made this worker. */
function madeWith(object: object, { name, opts }: Worker): boolean {
  if (!hasMethods(object, 'add', 'drain', 'getJob')) return false;
  const queue = object as Queue;
  const sameName = queue.name === name && Array.isArray(queue.opts?.processors);
  return sameName && (queue.opts?.prefix ?? DEFAULT_PREFIX) === (opts?.prefix ?? DEFAULT_PREFIX);
}

class WorkerSource implements WorkSource {
  readonly name: string;
  readonly kind = 'job';
  private readonly running: WorkerJobs;
  private readonly methods: Pick<Worker, 'pause' | 'resume'>;
  /** Whether it would take jobs if it were not for us. */
  private wanted = false;
  private paused: Promise<unknown> = Promise.resolve();
  private readonly released: JobRelease;

  constructor(
    private readonly worker: Worker,
    private readonly jobs: WorkCounter,
  ) {
    this.name = `BullMQ worker ${worker.name}`;
    this.released = new JobRelease(jobs);
    this.running = WorkerJobs.of(worker);
    this.running.count({
      begin: (job) => jobs.begin(`job ${worker.name}:${job.name}`),
      within: (end, call) => jobs.within(end, call),
    });
    this.methods = { pause: worker.pause.bind(worker), resume: worker.resume.bind(worker) };
    this.watchClose();
    this.watchWishes();
  }

  /** Not awaited: `pause()` waits for the jobs. One that the application keeps still is left alone. */
  stopTaking(): void {
    const { worker, running, methods } = this;
    running.stopped = true;
    this.wanted = worker.isRunning() && !worker.isPaused();
    if (!this.wanted) return;
    this.paused = methods.pause().catch(() => undefined); // Redis is gone: there is nothing to take
  }

  takeAgain(): unknown {
    this.running.stopped = false;
    return this.wanted ? this.methods.resume() : undefined;
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.jobs.list();
  }

  begun(): number {
    return this.jobs.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await this.jobs.idle(signal);
    await settled(this.paused, signal);
  }

  /** Aborts the signal that BullMQ gives to processors (6.0 and later). */
  abort(): void {
    this.worker.cancelAllJobs?.('the application shuts down');
  }

  async release(): Promise<number> {
    const { running } = this;
    const back = [...running.running].map(([job, token]) => giveBack(job, token));
    const all = await Promise.all(back);
    this.abort();
    this.released.settle(all.every(Boolean));
    return all.filter(Boolean).length;
  }

  private watchClose(): void {
    const { worker, running } = this;
    const close = worker.close.bind(worker);
    worker.close = async (force = false) => {
      if (force || !running.stopped) return close(force);
      return close(await this.released.over());
    };
  }

  /** What the application asks of it while it is stopped is done when it takes again. */
  private watchWishes(): void {
    const { worker, running, methods } = this;
    const run = worker.run.bind(worker);
    worker.pause = (...args) => {
      if (running.stopped) this.wanted = false;
      return methods.pause(...args);
    };
    worker.resume = () => {
      if (!running.stopped) return methods.resume();
      this.wanted = true;
      return undefined;
    };
    worker.run = async () => {
      if (!running.stopped) return run();
      if (!worker.isPaused()) this.wanted = true;
      return undefined;
    };
  }
}

function isExplorer(object: object): object is Explorer {
  if (!hasMethods(object, 'register', 'registerWorkers', 'handleProcessor')) return false;
  return Array.isArray((object as Partial<Explorer>).workers);
}
