import { Injectable } from '@nestjs/common';
import type { Server } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Observable } from 'rxjs';
import { InvalidOptionError } from './errors/invalid-option.error.js';
import type { GracefulState } from './lifecycle/state-events.js';
import { HttpSource } from './http/http-source.js';
import { Life } from './lifecycle/life.js';
import { Inert } from './lifecycle/inert.js';
import { Lifecycle } from './lifecycle/lifecycle.js';
import { Progress } from './lifecycle/progress.js';
import type { ShutdownProgress } from './lifecycle/shutdown-progress.js';
import { Rotation } from './lifecycle/rotation.js';
import { WorkSignals, type RequestLike } from './lifecycle/work-signals.js';
import { TrackedWork } from './sources/tracked-work.js';
import { isHttpServer } from './http/own-server.js';
import type { ShutdownPlan } from './report/plan.js';
import type { ShutdownReason } from './engine/reason.js';
import type { ShutdownReport } from './engine/record.js';
import { SourceStatus } from './sources/source-status.js';
import type { Hold } from './sources/work-register.js';

/**
 * The application's life, and a say in it. Inject it anywhere; the module is global.
 *
 * @publicApi
 */
@Injectable()
export class Graceful {
  constructor(
    private readonly life: Life,
    private readonly lifecycle: Lifecycle,
    private readonly rotation: Rotation,
    private readonly work: TrackedWork,
    private readonly http: HttpSource,
    private readonly signals: WorkSignals,
    private readonly current: Progress,
    private readonly sources: SourceStatus,
    private readonly inert: Inert,
  ) {}

  /** `starting`, `ready`, then `draining`, `closing` and `closed`. */
  get state(): GracefulState {
    return this.life.events.state;
  }

  /** The state now, and each that follows; complete when the application is closed. */
  get states(): Observable<GracefulState> {
    return this.life.events.states;
  }

  /** Why it is shutting down; `undefined` while it is not. */
  get reason(): ShutdownReason | undefined {
    return this.life.begun?.reason;
  }

  /**
   * Aborts when the shutdown begins, with a `ShuttingDownError`: for loops that should fetch nothing new. Not by `drain()`.
   * Requests are still accepted after that, so what a request has begun must not obey it: see `deadlineSignal`.
   */
  get signal(): AbortSignal {
    return this.life.signal;
  }

  /**
   * Aborts when the time for work in flight is over, with a `DrainOverError`: for accepted work, which should keep what is
   * left of it where the next process finds it. It has at most 250 ms for that.
   */
  get deadlineSignal(): AbortSignal {
    return this.signals.deadlineSignal;
  }

  /**
   * The signal that a piece of accepted work obeys: that of the first entry of `earlyAbort` that fits, otherwise
   * `deadlineSignal`. All work of an entry shares it: take your listeners off when the work is over.
   *
   * @param work a request, of Node, Express or Fastify; or the name of a source of work, such as `BullMQ worker mail`
   * @throws InvalidOptionError for a name that no source has
   */
  workSignal(work: RequestLike | string): AbortSignal {
    return this.signals.of(work);
  }

  /** How far a shutdown is, with what is in flight; also while there is no shutdown. */
  progress(): ShutdownProgress {
    return this.current.now;
  }

  /**
   * Waits until a source of work has nothing in flight: for a hook that needs the requests to be over, not all else. Once a
   * shutdown has begun, that is when its part in the drain is over, so await it in a task of `drain` or a later phase; one of
   * `announce` would wait until its own time is over.
   *
   * @param source its name in the report, such as `http`, or its kind, such as `job`
   * @param options.timeoutMs how long to wait, in milliseconds; the grace period by default
   * @returns true when nothing is in flight; false when time is over
   * @throws InvalidOptionError for a name that no source has
   */
  async idle(source: string, options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    return this.sources.whenIdle(source, options.timeoutMs);
  }

  /** What the shutdown did; `undefined` until it is over. */
  get report(): ShutdownReport | undefined {
    return this.life.report;
  }

  /** How the application will stop: phases, tasks, order and times. Complete once its bootstrap is over. */
  plan(): ShutdownPlan {
    return this.lifecycle.plan();
  }

  /**
   * Counts work as in flight until it settles: the phase `drain` waits for it. Passes on how it settled.
   *
   * @param work a promise, or a function that is called at once; a function if it may await `shutdown()`, for what a
   *   promise does began before it was tracked
   * @param name for the log and the report
   */
  track<T>(work: PromiseLike<T> | (() => T | PromiseLike<T>), name?: string): Promise<T> {
    return this.work.register.track(work, name);
  }

  /**
   * Counts work that has no promise, until it is released; `using` and `await using` do that at the end of a block.
   *
   * @param name for the log and the report
   */
  hold(name?: string): Hold {
    return this.work.register.holdHere(name);
  }

  /**
   * Follows a server that you have made around the application's Express or Fastify instance: its requests are waited for,
   * and it stops listening as the drain begins. Closing it stays yours. Those that hand requests to the instance itself
   * are found without it.
   *
   * @param server from `http`, `https` or `http2`
   * @throws InvalidOptionError when it is something else
   */
  follow(server: Server | Http2Server | Http2SecureServer): void {
    if (!isHttpServer(server)) {
      throw new InvalidOptionError(
        'server of follow()',
        'a server of http, https or http2',
        server,
        'Pass what its createServer() has returned.',
      );
    }
    this.http.follow(server);
  }

  /**
   * Shuts down as for a signal, and ends the process unless `exitProcess` is false. While a shutdown is under way this
   * joins it. What the shutdown itself waits for may await it: a task of the shutdown is answered at once, with the report so
   * far; tracked work, a message, an event or a cron run at the end, for the shutdown goes on without it when nothing else
   * is in flight; a request, and a job or message that its library waits for, at that moment, with the report so far.
   *
   * @param reason for the log and the report, such as `lost the leader lock`
   * @param options.exitCode wins over `exitCodeClean` and `exitCodeForced`
   * @returns the report
   */
  shutdown(reason: string, options: { readonly exitCode?: number } = {}): Promise<ShutdownReport> {
    const { exitCode } = options;
    if (
      exitCode !== undefined &&
      !(Number.isInteger(exitCode) && exitCode >= 0 && exitCode <= 255)
    ) {
      const error = new InvalidOptionError(
        'exitCode of shutdown()',
        'a whole number from 0 to 255',
        exitCode,
        'Pass one, or leave it out.',
      );
      return Promise.reject(error);
    }
    const stopped = this.inert.isInCharge ? this.inert : this.lifecycle;
    return stopped.stop(String(reason), exitCode);
  }

  /**
   * Takes the service out of rotation without stopping it: readiness answers 503, responses say `Connection: close`, and
   * everything that still comes is served. `resume()` takes it back.
   *
   * Work may await it as well: it is answered when nothing but such work is in flight.
   *
   * @param options.timeoutMs how long to wait for what is in flight, in milliseconds; the grace period by default
   * @returns true when nothing is in flight any more; false when time is over, it was resumed, or a shutdown has begun
   */
  drain(options: { readonly timeoutMs?: number } = {}): Promise<boolean> {
    return this.rotation.leave(options.timeoutMs);
  }

  /** Takes the service back into rotation. False when a shutdown has begun, which nothing takes back. */
  resume(): boolean {
    return this.rotation.enter();
  }
}
