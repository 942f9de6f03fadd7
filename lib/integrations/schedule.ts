import { counted } from './kit/counted.js';
import { hasMethods } from './kit/shape.js';
import type {
  Integration,
  IntegrationHost,
  ProvidedObject,
  WorkCounter,
} from '../engine/integration.js';

type Run = (...args: unknown[]) => unknown;

/** A cron job of `cron` 3 and 4. */
interface CronJob {
  readonly name?: string;
  /** Started by a date rather than by a pattern. */
  readonly runOnce?: boolean;
  readonly cronTime?: { readonly source?: unknown };
  /** What its tick calls; not documented, and left alone when it isn't there. */
  readonly _callbacks?: readonly Run[];
  /** When its timer last ticked: a new object each time. */
  lastDate?(): Date | null;
  stop?(): unknown;
}

/**
 * What `setTimeout` and `setInterval` return in Node: the function is not documented, but has been there from Node 0.1 on.
 * It is null once the timer is cleared, also when it has fired before.
 */
interface NodeTimer {
  readonly _onTimeout?: Run | null;
}

/** `SchedulerRegistry` of @nestjs/schedule 4 to 12: what is scheduled by code, and from bootstrap on all the rest. */
interface Registry {
  addCronJob(name: string, job: CronJob): void;
  addInterval(name: string, timer: NodeTimer): void;
  addTimeout(name: string, timer: NodeTimer): void;
  getCronJobs(): Map<string, CronJob>;
  getIntervals(): string[];
  getInterval(name: string): NodeTimer;
  getTimeouts(): string[];
  getTimeout(name: string): NodeTimer;
}

/** `SchedulerOrchestrator`: what decorators have declared, mounted after we have looked at it. */
interface Orchestrator {
  readonly cronJobs: Record<string, Declared>;
  readonly intervals: Record<string, Declared>;
  readonly timeouts: Record<string, Declared>;
}

/** By which the explorer declares what it finds; there are also versions without. */
interface Declaring {
  addCron?: (target: Run, options: Declared['options'] & { readonly name?: string }) => unknown;
  addInterval?: (target: Run, timeout: number, name?: string) => unknown;
  addTimeout?: (target: Run, timeout: number, name?: string) => unknown;
}

interface Declared {
  target: Run;
  /** Of intervals and timeouts, in milliseconds. */
  readonly timeout?: number;
  readonly options?: { readonly cronTime?: unknown };
}

/**
 * Cron jobs, intervals and timeouts: none begins after T0, and those that run are waited for. Timers are left alone, for
 * Nest clears them in its own hook: their ticks just come to nothing, so they can be let through again.
 */
export const schedule: Integration = {
  name: '@nestjs/schedule',
  early: true, // what providers schedule in their init hooks ticks while others are still initialised
  attach(host: IntegrationHost): void {
    const objects = [...host.objects()].map(({ object }: ProvidedObject) => object);
    const registries = objects.filter(isRegistry);
    if (registries.length === 0) return;
    const gate = new Gate(host.counter());
    for (const orchestrator of objects.filter(isOrchestrator)) {
      gate.watchDeclared(orchestrator);
      gate.watchDeclaring(orchestrator);
    }
    for (const registry of registries) gate.watchRegistry(registry);
    host.add({
      name: 'schedule',
      kind: 'work',
      stopTaking: () => gate.close(),
      takeAgain: () => gate.open(),
      inFlight: () => gate.runs.list(),
      begun: () => gate.runs.begun,
      finished: (signal) => gate.runs.idle(signal),
    });
  },
};

interface Missed {
  readonly isWanted: () => boolean;
  readonly run: () => unknown;
}

class Gate {
  private closed = false;
  /** What had its only tick while the gate was closed. */
  private missed: Missed[] = [];
  /** The timers of what was declared, by their functions. */
  private readonly timers = new WeakMap<Run, NodeTimer>();
  /** Counted already: what is declared comes by again when it is mounted. */
  private readonly counted = new WeakSet<Run>();

  constructor(readonly runs: WorkCounter) {}

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.closed = false;
    for (const { isWanted, run } of this.missed.splice(0)) if (isWanted()) run();
  }

  watchDeclared({ cronJobs, intervals, timeouts }: Orchestrator): void {
    // Its ticks are let through or not where it is mounted; here it is counted, also when it runs on init.
    for (const [key, job] of Object.entries(cronJobs)) {
      job.target = this.counting(labelOf('cron', key, job.options?.cronTime), job.target);
    }
    for (const [kind, timers] of Object.entries({ interval: intervals, timeout: timeouts })) {
      for (const [key, timer] of Object.entries(timers)) {
        const name = labelOf(kind, key, `${timer.timeout} ms`);
        timer.target = this.gated(name, timer.target, kind === 'timeout' ? 'once' : 'often');
      }
    }
  }

  /** What the explorer has yet to declare: it does that in its init hook. */
  watchDeclaring(object: object): void {
    const orchestrator = object as Declaring;
    const { addCron, addInterval, addTimeout } = orchestrator;
    if (!addCron || !addInterval || !addTimeout) return;
    orchestrator.addCron = (target, options) => {
      const name = labelOf('cron', options?.name, options?.cronTime);
      return addCron.call(orchestrator, this.counting(name, target), options);
    };
    orchestrator.addInterval = (target, ms, name) => {
      const gated = this.gated(labelOf('interval', name, `${ms} ms`), target, 'often');
      return addInterval.call(orchestrator, gated, ms, name);
    };
    orchestrator.addTimeout = (target, ms, name) => {
      const gated = this.gated(labelOf('timeout', name, `${ms} ms`), target, 'once');
      return addTimeout.call(orchestrator, gated, ms, name);
    };
  }

  watchRegistry(registry: Registry): void {
    for (const [name, job] of registry.getCronJobs()) this.watchCron(name, job);
    for (const name of registry.getIntervals()) {
      this.watchTimer('interval', name, registry.getInterval(name));
    }
    for (const name of registry.getTimeouts()) {
      this.watchTimer('timeout', name, registry.getTimeout(name));
    }
    const addCronJob = registry.addCronJob.bind(registry);
    const addInterval = registry.addInterval.bind(registry);
    const addTimeout = registry.addTimeout.bind(registry);
    registry.addCronJob = (name, job) => {
      addCronJob(name, job);
      this.watchCron(name, job);
    };
    registry.addInterval = (name, timer) => {
      addInterval(name, timer);
      this.watchTimer('interval', name, timer);
    };
    registry.addTimeout = (name, timer) => {
      addTimeout(name, timer);
      this.watchTimer('timeout', name, timer);
    };
  }

  private watchCron(key: string, job: CronJob): void {
    const name = labelOf('cron', key, job.cronTime?.source);
    const { _callbacks: callbacks } = job;
    let stopped = false; // by the application, while its only tick was missed
    const stop = job.stop?.bind(job);
    if (stop && job.runOnce) {
      job.stop = (...args) => {
        stopped = true;
        return stop(...args);
      };
    }
    const isWanted = () => !stopped;
    const watched = callbacks?.map((callback) => {
      let lastTick = job.lastDate?.();
      const counting = this.counting(name, callback);
      const gated = this.gated(name, counting, job.runOnce ? 'once' : 'often', isWanted);
      return function (this: unknown, ...args: unknown[]): unknown {
        stopped = false; // it stops itself before its only tick
        // `fireOnTick()` by hand is no new work of ours: a request may have asked for it.
        const byHand = job.lastDate?.() === lastTick;
        lastTick = job.lastDate?.();
        return (byHand ? counting : gated).apply(this, args);
      };
    });
    if (watched) Object.assign(job, { _callbacks: watched });
  }

  private watchTimer(kind: string, key: string, timer: NodeTimer | undefined): void {
    const { _onTimeout: callback } = timer ?? {};
    if (typeof callback !== 'function') return;
    if (this.counted.has(callback)) {
      this.timers.set(callback, timer as NodeTimer);
      return;
    }
    const watched = this.gated(labelOf(kind, key), callback, kind === 'timeout' ? 'once' : 'often');
    this.timers.set(watched, timer as NodeTimer);
    Object.assign(timer as NodeTimer, { _onTimeout: watched });
  }

  /**
   * Nothing while the gate is closed; afterwards, if there is no other tick to come, and the application has not taken it
   * back meanwhile.
   */
  private gated(name: string, run: Run, ticks: 'once' | 'often', isWanted?: () => boolean): Run {
    const { missed, timers } = this;
    const counting = this.counting(name, run);
    const isClosed = () => this.closed;
    const isLeft = isWanted ?? (() => !isCleared(timers.get(gated)));
    const gated: Run = function (this: unknown, ...args: unknown[]): unknown {
      if (!isClosed()) return counting.apply(this, args);
      if (ticks === 'once') {
        missed.push({ isWanted: isLeft, run: () => counting.apply(this, args) });
      }
      return undefined;
    };
    this.counted.add(gated);
    return gated;
  }

  /** The same function, counted from its call until its promise settles. */
  private counting(name: string, run: Run): Run {
    if (this.counted.has(run)) return run;
    const { runs } = this;
    const counting = function (this: unknown, ...args: unknown[]): unknown {
      return counted(runs, name, () => run.apply(this, args));
    };
    this.counted.add(counting);
    return counting;
  }
}

/** A name that somebody has given, or when it runs: Nest names what has no name by a UUID. */
function labelOf(kind: string, key: string | undefined, when?: unknown): string {
  const isUuid = key === undefined || /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(key);
  if (!isUuid) return `${kind} ${key}`;
  return typeof when === 'string' ? `${kind} ${when}` : kind;
}

function isRegistry(object: object): object is Registry {
  return hasMethods(object, 'addCronJob', 'addInterval', 'addTimeout', 'getCronJobs', 'doesExist');
}

function isOrchestrator(object: object): object is Orchestrator {
  if (!hasMethods(object, 'mountCron', 'mountIntervals', 'mountTimeouts')) return false;
  const { cronJobs, intervals, timeouts } = object as Partial<Orchestrator>;
  return [cronJobs, intervals, timeouts].every((map) => typeof map === 'object');
}

function isCleared(timer: NodeTimer | undefined): boolean {
  const { _onTimeout: callback } = timer ?? {};
  return callback === null;
}
