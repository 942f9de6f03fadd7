import { randomUUID } from 'node:crypto';
import { settled } from '../../time/settled.js';
import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkInFlight,
  WorkSource,
} from '../../engine/integration.js';
import { heldShape, nameIn, onHeld } from '../kit/held.js';
import {
  handledBy,
  isBoss,
  waitsForJobs,
  type Boss,
  type Job,
  type WorkArguments,
} from './boss.js';

const bossShape = heldShape(['offWork'], isBoss);

/**
 * Instances of pg-boss that providers have, or wrappers make. Their workers stop polling at T0, running handlers are waited
 * for, and so is the note of their end in the database. At the deadline their jobs go to the state `retry`, as pg-boss
 * itself does when the time of its `stop()` is over, so that another process has them at once.
 */
export const pgBoss: Integration = {
  name: 'pg-boss',
  early: true, // its workers poll from `work()` on, which is called in an init hook
  attach(host: IntegrationHost): void {
    onHeld(host, bossShape, (boss, holder, late) => {
      host.add(new BossSource(nameIn('pg-boss', boss, holder), boss, host.counter(), late));
    });
  },
};

/** What `work()` was called with. */
interface Worker {
  readonly args: WorkArguments;
  /** What the application knows it by. */
  readonly id: string;
  /** What pg-boss knows it by; undefined while it is stopped. */
  current?: string;
  /** The jobs whose end may still be on its way to the database. */
  last: readonly Job[];
}

class BossSource implements WorkSource {
  readonly kind = 'job';
  takeAgain?: () => Promise<void>;
  private readonly workers = new Set<Worker>();
  private readonly running = new Map<Job, Worker>();
  private readonly methods: Pick<Boss, 'work' | 'offWork' | 'stop'>;
  private readonly waits: boolean;
  private stopped = false;
  /** Resolve when workers have no job any more, where pg-boss tells. */
  private stopping: Array<Promise<unknown>> = [];

  /** `late`: it may have workers that were begun before. What their handlers are is not known, so they can't take again. */
  constructor(
    readonly name: string,
    private readonly boss: Boss,
    private readonly jobs: WorkCounter,
    private readonly late: boolean,
  ) {
    this.waits = waitsForJobs(boss);
    this.methods = {
      work: boss.work.bind(boss),
      offWork: boss.offWork.bind(boss),
      stop: boss.stop.bind(boss),
    };
    if (!late) this.takeAgain = () => this.resume();
    boss.work = (...args) => this.work(args);
    boss.offWork = (...args) => this.offWork(...args);
  }

  async stopTaking(): Promise<void> {
    this.stopped = true;
    this.stopping = [];
    for (const worker of this.workers) {
      const { current, args } = worker;
      if (current === undefined) continue;
      worker.current = undefined;
      this.stopping.push(this.stop(args[0], current));
    }
    const known = new Set([...this.workers].map(({ args }) => args[0]));
    for (const name of this.unknownQueues()) {
      if (!known.has(name)) this.stopping.push(this.stop(name));
    }
    // A fetch that is out may bring one more job, which is run. An answer to a later question comes after it, mostly.
    await Promise.allSettled([...known].map((name) => this.boss.getJobById(name, randomUUID())));
  }

  inFlight(): WorkInFlight[] {
    const counted = this.jobs.list();
    if (!this.late) return counted;
    const known = new Set([...this.running.values()].map(({ args }) => args[0]));
    const others = this.wip().filter(({ name }) => !known.has(name));
    const unknown = others.flatMap(({ name, count }) =>
      Array.from({ length: count }, () => ({ name: `job ${name}` })),
    );
    return [...counted, ...unknown];
  }

  begun(): number {
    return this.jobs.begun;
  }

  async finished(signal: AbortSignal): Promise<void> {
    await this.jobs.idle(signal);
    await settled(Promise.allSettled(this.stopping), signal);
    await this.jobs.idle(signal); // what the last fetch has brought
    if (!this.waits) await this.told(signal);
  }

  /** To `retry`, while their handlers run on; without retries left they have failed, as by pg-boss itself. */
  async release(): Promise<number> {
    const { boss, methods, running } = this;
    // Its owner's `stop()` has nothing to wait for any more.
    boss.stop = (options = {}) => methods.stop({ ...options, graceful: false });
    if (!boss.createQueue) return 0; // pg-boss 9 fails what it has in hand by itself
    const back = [...running].map(async ([{ id }, { args }]) => {
      const [name] = args;
      await boss.fail(name, [id], { message: 'the application shuts down' });
      return isWaiting(await boss.getJobById(name, id));
    });
    const results = await Promise.allSettled(back);
    return results.filter((result) => result.status === 'fulfilled' && result.value).length;
  }

  // --------------------------------------------------------------------------------------------------------------

  private async work(given: WorkArguments): Promise<string> {
    const worker: { -readonly [key in keyof Worker]: Worker[key] } = {
      args: given,
      id: '',
      last: [],
    };
    worker.args = handledBy(given, (handler) => (jobs, ...rest) => {
      const all = Array.isArray(jobs) ? (jobs as readonly Job[]) : [jobs as Job];
      return this.run(worker, all, () => handler(jobs, ...rest));
    });
    this.workers.add(worker);
    // What the application asks for while nothing is taken is done when it takes again.
    if (this.stopped) return (worker.id = randomUUID());
    try {
      worker.current = worker.id = await this.methods.work(...worker.args);
      return worker.id;
    } catch (error) {
      this.workers.delete(worker);
      throw error;
    }
  }

  private async run(worker: Worker, jobs: readonly Job[], handle: () => unknown): Promise<unknown> {
    const ends = jobs.map(() => this.jobs.begin(`job ${worker.args[0]}`));
    for (const job of jobs) this.running.set(job, worker);
    const call = ends.reduce<() => unknown>(
      (inner, end) => () => this.jobs.within(end, inner),
      handle,
    );
    try {
      return await call();
    } finally {
      worker.last = jobs;
      for (const job of jobs) this.running.delete(job);
      for (const end of ends) end();
    }
  }

  private async offWork(...[which, options]: Parameters<Boss['offWork']>): Promise<unknown> {
    const id = typeof which === 'object' ? which.id : options?.id;
    const gone = [...this.workers].filter((worker) =>
      id === undefined ? worker.args[0] === which : worker.id === id,
    );
    for (const worker of gone) this.workers.delete(worker);
    const [worker] = gone;
    if (id === undefined || !worker) return this.methods.offWork(which, options);
    if (worker.current === undefined) return undefined;
    if (typeof which === 'object') return this.methods.offWork({ id: worker.current });
    return this.methods.offWork(which, { ...options, id: worker.current });
  }

  private stop(name: string, id?: string): Promise<unknown> {
    const { offWork } = this.methods;
    if (this.waits) return offWork(name, { wait: true, ...(id !== undefined && { id }) });
    return offWork(id === undefined ? name : { id });
  }

  private async resume(): Promise<void> {
    this.stopped = false;
    await Promise.allSettled(
      [...this.workers].map(async (worker) => {
        worker.current ??= await this.methods.work(...worker.args);
      }),
    );
  }

  /** Before 12 the end of a job is written without anybody waiting for it; some of them have none to write. */
  private async told(signal: AbortSignal): Promise<void> {
    for (const { args, last } of this.workers) {
      for (const { id } of last) {
        for (let asked = 0; asked < 20 && !signal.aborted; asked += 1) {
          const job = await this.boss.getJobById(args[0], id).catch(() => null);
          if (job?.state !== 'active') break;
        }
      }
    }
  }

  private unknownQueues(): string[] {
    return this.late ? this.wip().map(({ name }) => name) : [];
  }

  private wip(): ReturnType<NonNullable<Boss['getWipData']>> {
    try {
      return this.boss.getWipData?.() ?? [];
    } catch {
      return [];
    }
  }
}

function isWaiting(job: { readonly state: string } | null): boolean {
  return job?.state === 'retry' || job?.state === 'created';
}
