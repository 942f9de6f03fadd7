import type { WorkCounter } from '../engine/integration.js';
import { clientIntegration } from './kit/client-integration.js';
import { counted } from './kit/counted.js';
import { innerWork } from './kit/inner-work.js';
import { hasMethods } from './kit/shape.js';

interface Job {
  readonly id?: string;
  readonly task: Task;
}

/** A `Task`, or an `AsyncTask`, which has `executeAsync` as well. */
interface Task {
  readonly id: string;
  /** What timers call. */
  execute(jobId?: string): unknown;
  /** What `execute` calls, and the application by hand. */
  executeAsync?(jobId?: string): Promise<unknown>;
}

/** A `ToadScheduler` of toad-scheduler 3 and 4. */
interface Scheduler {
  /** Each with the jobs it runs, also those without an id. */
  readonly engines?: Readonly<Record<string, { readonly jobs?: readonly Job[] } | undefined>>;
  getAllJobs(): Job[];
  addCronJob(job: Job): void;
  addIntervalJob?(job: Job): void;
  addSimpleIntervalJob(job: Job): void;
  addLongIntervalJob(job: Job): void;
}

const ADDING = [
  'addCronJob',
  'addIntervalJob',
  'addSimpleIntervalJob',
  'addLongIntervalJob',
] as const;

/**
 * Jobs of toad-scheduler: no run begins after T0, and those that run are waited for. Timers are left alone, for a job that
 * is started again may run at once; their ticks come to nothing.
 */
export const toadScheduler = clientIntegration<Scheduler>({
  name: 'toad-scheduler',
  signs: ['addSimpleIntervalJob'],
  isClient: isScheduler,
  sourceOf(scheduler, host, name) {
    const gate = new Gate(host.counter());
    const engines = Object.values(scheduler.engines ?? {});
    for (const job of [
      ...scheduler.getAllJobs(),
      ...engines.flatMap((engine) => engine?.jobs ?? []),
    ])
      gate.watch(job);
    for (const name of ADDING) {
      const add = scheduler[name]?.bind(scheduler);
      if (!add) continue;
      scheduler[name] = (job) => {
        gate.watch(job); // before its first run
        add(job);
      };
    }
    return innerWork({
      name,
      runs: gate.runs,
      stopTaking: () => void (gate.closed = true),
      takeAgain: () => void (gate.closed = false),
    });
  },
});

class Gate {
  closed = false;
  private readonly watched = new WeakSet<Task>();

  constructor(readonly runs: WorkCounter) {}

  watch({ id, task }: Job): void {
    // Several jobs may have one task.
    if (!hasMethods(task, 'execute') || this.watched.has(task)) return;
    this.watched.add(task);
    const name = `task ${id ?? task.id}`;
    const execute = task.execute.bind(task);
    const executeAsync = task.executeAsync?.bind(task);
    task.execute = (jobId) => (this.closed ? undefined : execute(jobId));
    if (executeAsync) {
      task.executeAsync = (jobId) => counted(this.runs, name, () => executeAsync(jobId));
    }
  }
}

function isScheduler(object: object): object is Scheduler {
  return hasMethods(
    object,
    'getAllJobs',
    'addCronJob',
    'addSimpleIntervalJob',
    'addLongIntervalJob',
  );
}
