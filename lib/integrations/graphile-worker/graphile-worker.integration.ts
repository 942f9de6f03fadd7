import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../../engine/integration.js';
import { settled } from '../../time/settled.js';
import { within } from '../../time/waits.js';
import { heldShape, nameIn, onHeld } from '../kit/held.js';
import { Pools } from './pools.js';
import { isEventsOwner, type EventsOwner, type Job, type Worker } from './shapes.js';

/** How long the end of a pool of connections is put off for what is on its way to the database, in milliseconds. */
const TOLD_MS = 1_000;

const eventsOwner = heldShape(['addJob', 'taskList'], isEventsOwner);

/**
 * Runners of graphile-worker that providers have, and those of wrappers. Their workers fetch nothing after T0, running tasks
 * are waited for, and so is the note of their end: without that, the end of the pool can overtake it. At the deadline the
 * jobs are unlocked, so that another process has them at once.
 */
export const graphileWorker: Integration = {
  name: 'graphile-worker',
  early: true, // a factory may have begun to run it
  attach(host: IntegrationHost): void {
    onHeld(host, eventsOwner, (owner, holder) => {
      const name = nameIn('graphile-worker', owner, holder);
      host.add(new RunnerSource(name, owner, host));
    });
  },
};

class RunnerSource implements WorkSource {
  readonly kind = 'job';
  private readonly jobs: WorkCounter;
  private readonly pools: Pools;
  private readonly running = new Map<Worker, { readonly job: Job; readonly end: () => void }>();
  private stopped = false;
  private released = false;
  private forGood = false;
  private stopping: Promise<unknown> = Promise.resolve();

  constructor(
    readonly name: string,
    private readonly owner: EventsOwner,
    private readonly host: IntegrationHost,
  ) {
    this.jobs = host.counter();
    this.pools = new Pools({
      // Its own listeners for signals shut it down as well: then, not amid a drain, whose time is longer than its own.
      mayShutDown: () => (this.stopped && !this.released ? this.idle() : undefined),
      mayEnd: () => within(TOLD_MS, this.pools.told(), this.host.clock),
      found: (workers) => workers.forEach((worker) => this.begins(worker, worker.getActiveJob())),
    });
    const { events } = owner;
    for (const name of ['pool:create', 'worker:create', 'worker:getJob:start', 'job:start']) {
      events.on(name, (event) => this.pools.notice(event));
    }
    events.on('worker:getJob:start', ({ worker }) => {
      if (this.stopped && worker) this.pools.keepFromFetching(worker);
    });
    events.on('job:start', ({ worker, job }) => this.begins(worker, job));
    events.on('job:complete', ({ worker, job }) => this.ends(worker, job));
  }

  /** Told before `stopTaking` when it is not to begin again. */
  shutsDown(): void {
    this.forGood = true;
    if (this.stopped) this.stop();
  }

  async stopTaking(): Promise<void> {
    this.stopped = true;
    this.stop();
    await this.pools.asked(); // a fetch that was out may have brought one more job, which is run
  }

  takeAgain(): void {
    this.stopped = false;
    this.pools.nudge();
  }

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.jobs.list();
  }

  begun(): number {
    return this.jobs.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await this.jobs.idle(signal);
    await settled(this.stopping, signal);
    await settled(this.pools.told(signal), signal);
  }

  /** Their tasks run on, and another process may take them at once. */
  async release(): Promise<number> {
    this.released = true;
    const workers = [...this.running.keys()];
    return (await this.pools.unlock(workers)) ? workers.length : 0;
  }

  // --------------------------------------------------------------------------------------------------------------

  /** What can't be kept from fetching is stopped, which it can't take back. */
  private stop(): void {
    if (!this.forGood) return;
    const ends = this.pools.shutDownOthers();
    if (!this.pools.known && this.owner.stop) ends.push(this.owner.stop());
    this.stopping = Promise.allSettled(ends);
  }

  private begins(worker: Worker | undefined, job: Job | null | undefined): void {
    if (!worker || !job || this.running.get(worker)?.job === job) return;
    this.running.set(worker, { job, end: this.jobs.begin(`job ${job.task_identifier}`) });
  }

  private ends(worker: Worker | undefined, job: Job | undefined): void {
    if (!worker || !job) return;
    this.pools.noteEnd(worker, job);
    this.running.get(worker)?.end();
    this.running.delete(worker);
  }

  private async idle(): Promise<void> {
    while (this.running.size > 0 && !this.released) {
      await new Promise<void>((resolve) => this.host.clock.setTimeout(resolve, 20));
    }
  }
}
