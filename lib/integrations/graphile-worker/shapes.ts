import { hasMethods } from '../kit/shape.js';

export const ACTIVE = '_active';
export const WORKERS = '_workers';

/** A job of graphile-worker 0.16 to 0.18. */
export interface Job {
  readonly id: string;
  readonly task_identifier: string;
}

export interface Worker {
  readonly workerId: string;
  readonly workerPool: WorkerPool;
  getActiveJob(): Job | null;
}

/** What `runTaskList()` returns; that of a runner is in the events it emits. */
export interface WorkerPool {
  readonly id: string;
  /** Read as a worker is about to fetch, since 0.17; what it says otherwise is graphile-worker's own business. */
  [ACTIVE]: boolean;
  readonly [WORKERS]: readonly Worker[];
  /** Has idle workers look for jobs now. */
  nudge(count: number): void;
  gracefulShutdown(message?: string): PromiseLike<unknown>;
}

/** Its shared options, in each event since 0.17. */
export interface Context {
  readonly pgPool: {
    query(
      text: string,
      values?: readonly unknown[],
    ): Promise<{ readonly rows: readonly unknown[] }>;
    end(...args: readonly unknown[]): Promise<unknown>;
  };
  readonly escapedWorkerSchema: string;
}

/** What all events have of these. */
export interface WorkerEvent {
  readonly worker?: Worker;
  readonly workerPool?: WorkerPool;
  readonly job?: Job;
  readonly ctx?: Context;
}

export interface Events {
  on(event: string, listener: (event: WorkerEvent) => void): unknown;
}

/** What has the events of workers: what `run()` resolves with, or the options that a wrapper gives to it. */
export interface EventsOwner {
  readonly events: Events;
  /** Of a runner. */
  stop?(reason?: string): Promise<unknown>;
}

export function isEventsOwner(object: object): object is EventsOwner {
  try {
    const { events, promise, taskList } = object as Record<string, unknown>;
    if (!hasMethods(events, 'on', 'emit')) return false;
    if (hasMethods(object, 'stop', 'addJob') && hasMethods(promise, 'then')) return true;
    return typeof taskList === 'object' && taskList !== null && !Array.isArray(taskList);
  } catch {
    return false; // a proxy with a will of its own
  }
}
