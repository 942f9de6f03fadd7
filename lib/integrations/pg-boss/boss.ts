import { hasMethods } from '../kit/shape.js';

/** A job of pg-boss 10 and later; before that, a handler may be given one instead of a list. */
export interface Job {
  readonly id: string;
}

type Handler = (jobs: Job | readonly Job[], ...rest: unknown[]) => unknown;
export type WorkArguments = [name: string, ...rest: unknown[]];

/** An instance of pg-boss 9 to 12. */
export interface Boss {
  /** Begins to poll in this turn; resolves with the id of the worker. */
  work(...args: WorkArguments): Promise<string>;
  /** Of this process only. 9 to 11 take a name or an id, and do not wait; 12 takes a name and options. */
  offWork(
    which: string | { id: string },
    options?: { id?: string; wait?: boolean },
  ): Promise<unknown>;
  /** To the state `retry` as long as the job has retries left. Since 10 with the name of the queue. */
  fail(name: string, ids: string[], data: object): Promise<unknown>;
  getJobById(name: string, id: string): Promise<{ readonly state: string } | null>;
  createQueue?(name: string): Promise<unknown>;
  stop(options?: object): Promise<unknown>;
  /** Since 12: of each worker that has not stopped, how many jobs it has in hand. */
  getWipData?(): ReadonlyArray<{ readonly name: string; readonly count: number }>;
}

export function isBoss(object: object): object is Boss {
  return hasMethods(
    object,
    'work',
    'offWork',
    'fetch',
    'complete',
    'fail',
    'send',
    'start',
    'stop',
  );
}

/** 12 has methods on its class; before, each instance has functions of its own. */
export function waitsForJobs(boss: Boss): boolean {
  return !Object.hasOwn(boss, 'offWork');
}

/** The arguments of `work()` with another handler, which is the last of them. */
export function handledBy(args: WorkArguments, wrap: (handler: Handler) => Handler): WorkArguments {
  const [name, ...rest] = args;
  return [name, ...rest.map((arg) => (typeof arg === 'function' ? wrap(arg as Handler) : arg))];
}
