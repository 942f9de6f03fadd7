import { Inject, Injectable } from '@nestjs/common';
import type { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { warmUpMark, type WarmUpContext } from '../decorators/warm-up.decorator.js';
import { Log } from '../log/log.js';
import * as lines from '../log/warm-up-lines.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { PlannedWarmUp } from '../report/plan-data.js';
import type { Clock } from '../time/clock.js';
import { LazyAbort } from '../time/lazy-abort.js';
import { deferred, within } from '../time/waits.js';
import { CLOCK, RESOLVED_OPTIONS } from '../tokens.js';
import { askOneself, openOwnDoor, type OwnDoor, type OwnServer } from './own-request.js';

/** One thing that is warmed. */
interface Part {
  readonly name: string;
  readonly run: (context: WarmUpContext) => unknown;
  startedAt?: number;
  durationMs?: number;
}

/** The name of the wait for `app.listen()` in the line of what was too slow. */
const LISTENING = 'app.listen()';

/** Runs what the application wants to have run between listening and being ready. */
@Injectable()
export class WarmUp {
  private methods: Part[] = [];
  private readonly requests: Part[];
  private readonly over = deferred();
  private readonly abort = new LazyAbort();
  /** Resolves when nothing runs any more. */
  private readonly rested = deferred();
  private readonly failed = new Set<Part>();
  private door?: OwnDoor;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.requests = options.warmUp.requests.map((request): Part => {
      const { method, path, times } = request;
      const name = `${method} ${path}${times > 1 ? ` x${times}` : ''}`;
      const run = async ({ signal }: WarmUpContext) => {
        if (!this.door) throw new Error('the application has no HTTP server that listens');
        for (let sent = 0; sent < times; sent += 1) {
          const status = await askOneself(this.door, request, signal);
          if (status >= 400) throw new Error(`it was answered with ${status}`);
        }
      };
      return { name, run };
    });
  }

  /** Finds the methods with `@WarmUp()`. To be called when all providers are there. */
  discover(explorer: MarkedMethodExplorer): void {
    this.methods = explorer.explore(warmUpMark).map(({ mark, place, call }): Part => {
      return { name: mark.name ?? place, run: (context) => call(context) };
    });
  }

  /** Undefined when there is nothing to warm. */
  get planned(): PlannedWarmUp | undefined {
    if (!this.isWanted) return undefined;
    const names = (parts: readonly Part[]) => parts.map(({ name }) => name);
    const { timeoutMs } = this.options.warmUp;
    return { timeoutMs, methods: names(this.methods), requests: names(this.requests) };
  }

  get isWanted(): boolean {
    return this.methods.length + this.requests.length > 0;
  }

  /**
   * Runs everything, once the application listens; `listening` gives its own server, if it has one. Resolves when all is
   * over, when the limit is, or at `stop()`; never rejects.
   */
  async run(listening: Promise<OwnServer | undefined>): Promise<void> {
    const { timeoutMs } = this.options.warmUp;
    const startedAt = this.clock.now();
    const timer = this.clock.setTimeout(() => this.tooSlow(), timeoutMs);
    // It keeps no process alive that has nothing else to do.
    (timer as { unref?: () => void }).unref?.();
    void this.all(listening, startedAt + timeoutMs).then(() => this.warm(startedAt));
    await this.over.promise;
    this.clock.clearTimeout(timer);
  }

  /** The application shuts down: nothing more is begun, and what runs is told. */
  stop(): void {
    this.over.resolve();
    this.abort.abort(() => new Error('the application shuts down'));
  }

  /** What has begun, and does not end; each with since when, on the clock. */
  get running(): ReadonlyArray<{ readonly name: string; readonly since: number }> {
    return this.parts.flatMap(({ name, startedAt, durationMs }) =>
      startedAt !== undefined && durationMs === undefined ? [{ name, since: startedAt }] : [],
    );
  }

  /** Waits, after `stop()`, until nothing runs any more; not longer than that, in milliseconds. */
  async rest(mostMs: number): Promise<void> {
    if (this.running.length > 0) await within(mostMs, this.rested.promise, this.clock);
  }

  private get parts(): readonly Part[] {
    return [...this.methods, ...this.requests];
  }

  /** Methods side by side, and then the requests one after another: they find warm what the methods have filled. */
  private async all(listening: Promise<OwnServer | undefined>, deadline: number): Promise<void> {
    const own = await listening;
    if (this.abort.aborted) return;
    const { timeoutMs } = this.options.warmUp;
    this.log.say(lines.warmingUp({ names: this.parts.map(({ name }) => name), timeoutMs }));
    await Promise.all(this.methods.map((part) => this.runPart(part, deadline)));
    if (this.requests.length === 0) return;
    if (own) this.door = await openOwnDoor(own);
    for (const part of this.requests) {
      if (!this.abort.aborted) await this.runPart(part, deadline);
    }
    this.door?.close();
  }

  private async runPart(part: Part, deadline: number): Promise<void> {
    const { abort, clock } = this;
    const startedAt = clock.now();
    part.startedAt = startedAt;
    const context: WarmUpContext = {
      get signal() {
        return abort.signal;
      },
      deadline,
      get remainingMs() {
        return Math.max(0, deadline - clock.now());
      },
    };
    try {
      await part.run(context);
    } catch (error) {
      // What was told to stop may do so by an error.
      if (!abort.aborted)
        this.log.say(lines.warmUpFailed({ name: part.name, problem: textOf(error) }));
      this.failed.add(part);
    }
    part.durationMs = clock.now() - startedAt;
    if (abort.aborted && this.running.length === 0) this.rested.resolve();
  }

  private warm(startedAt: number): void {
    if (this.over.settled) return;
    const parts = this.parts.flatMap((part) => {
      const { name, durationMs = 0 } = part;
      return this.failed.has(part) ? [] : [{ name, durationMs }];
    });
    if (parts.length > 0) {
      this.log.say(lines.warmedUp({ durationMs: this.clock.now() - startedAt, parts }));
    }
    this.over.resolve();
  }

  private tooSlow(): void {
    const { timeoutMs } = this.options.warmUp;
    const running = this.running.map(({ name }) => name);
    const waiting = this.parts.filter(({ startedAt }) => startedAt === undefined);
    this.log.say(
      lines.warmUpSlow({
        timeoutMs,
        running: running.length > 0 ? running : [LISTENING],
        waiting: waiting.map(({ name }) => name),
      }),
    );
    this.over.resolve();
    this.abort.abort(() => new Error('the time for the warm-up is over'));
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
