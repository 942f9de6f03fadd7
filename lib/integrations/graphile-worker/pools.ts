import {
  ACTIVE,
  WORKERS,
  type Context,
  type Job,
  type Worker,
  type WorkerEvent,
  type WorkerPool,
} from './shapes.js';

/** How often the database is asked whether it knows of the end of a job. */
const MOST_QUESTIONS = 50;

/** What is asked of the source whose pools these are. */
export interface PoolsOwner {
  /** What a pool waits for before it shuts itself down. */
  mayShutDown(): Promise<unknown> | undefined;
  /** What the end of its connections waits for. */
  mayEnd(): Promise<unknown>;
  /** A pool is known now, with these workers. */
  found(workers: readonly Worker[]): void;
}

/** The worker pools of one runner, known by the events that it emits. */
export class Pools {
  private readonly pools = new Map<WorkerPool, Context | undefined>();
  private readonly connections = new WeakSet<object>();
  /** The last job of each worker that has ended: its end may be on its way to the database. */
  private readonly ended = new Map<Worker, Job>();

  constructor(private readonly owner: PoolsOwner) {}

  get known(): boolean {
    return this.pools.size > 0;
  }

  notice({ worker, workerPool, ctx }: WorkerEvent): void {
    const pool = workerPool ?? worker?.workerPool;
    if (!pool || this.pools.has(pool)) return;
    this.pools.set(pool, ctx);
    this.owner.found(pool[WORKERS]);
    const shutDown = pool.gracefulShutdown.bind(pool);
    pool.gracefulShutdown = (message) => {
      const before = this.owner.mayShutDown();
      return before ? before.then(() => shutDown(message)) : shutDown(message);
    };
    if (ctx) this.holdEnd(ctx);
  }

  /** Called in the turn in which a worker is about to fetch: it finds its pool not active, and tries again later. */
  keepFromFetching({ workerPool: pool }: Worker): void {
    if (!pool[ACTIVE] || !this.pools.get(pool)) return;
    pool[ACTIVE] = false;
    void Promise.resolve().then(() => (pool[ACTIVE] = true));
  }

  nudge(): void {
    for (const pool of this.pools.keys()) pool.nudge(pool[WORKERS].length);
  }

  /** Those that fetch all the same, before 0.17; resolve when they have no job any more. */
  shutDownOthers(): Array<PromiseLike<unknown>> {
    const others = [...this.pools].filter(([, ctx]) => !ctx);
    return others.map(([pool]) => pool.gracefulShutdown());
  }

  /** Resolves when the database has answered a question that comes after what is out. */
  async asked(): Promise<void> {
    await Promise.allSettled([...this.contexts()].map(({ pgPool }) => pgPool.query('select 1')));
  }

  noteEnd(worker: Worker, job: Job): void {
    this.ended.set(worker, job);
  }

  /** Resolves when the database knows of the end of all jobs that have ended; it is told without anybody waiting for it. */
  async told(signal?: AbortSignal): Promise<void> {
    for (let asked = 0; asked < MOST_QUESTIONS; asked += 1) {
      if (signal?.aborted || !(await this.isLocked())) return;
    }
  }

  /** Says whether the jobs of these workers are free. */
  async unlock(workers: readonly Worker[]): Promise<boolean> {
    const contexts = [...this.contexts()];
    const ids = workers.flatMap(({ workerId, workerPool }) => [workerId, workerPool.id]);
    const unlocked = await Promise.allSettled(
      contexts.map(({ pgPool, escapedWorkerSchema: schema }) =>
        pgPool.query(`select ${schema}.force_unlock_workers($1::text[])`, [ids]),
      ),
    );
    return contexts.length > 0 && unlocked.every(({ status }) => status === 'fulfilled');
  }

  // --------------------------------------------------------------------------------------------------------------

  private contexts(): Set<Context> {
    return new Set([...this.pools.values()].filter((ctx) => ctx !== undefined));
  }

  private async isLocked(): Promise<boolean> {
    for (const [worker, { id }] of this.ended) {
      const ctx = this.pools.get(worker.workerPool);
      if (!ctx) continue;
      const { pgPool, escapedWorkerSchema: schema } = ctx;
      const text = `select 1 from ${schema}.jobs where id = $1 and locked_by = $2`;
      try {
        const { rows } = await pgPool.query(text, [id, worker.workerPool.id]);
        if (rows.length > 0) return true;
      } catch {
        return false; // its connections are gone
      }
      this.ended.delete(worker);
    }
    return false;
  }

  /** The end of a pool of connections leaves what waits for one unanswered, for ever (pg-pool 3.14). */
  private holdEnd({ pgPool }: Context): void {
    if (this.connections.has(pgPool)) return;
    this.connections.add(pgPool);
    const end = pgPool.end.bind(pgPool);
    pgPool.end = async (...args) => {
      await this.owner.mayEnd();
      return end(...args);
    };
  }
}
