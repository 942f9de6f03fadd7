import { Inject, Injectable } from '@nestjs/common';
import { DrainOverError } from '../errors/drain-over.error.js';
import { sharedAbort } from '../time/shared-abort.js';
import { deferred, untilNone, type Deferred } from '../time/waits.js';
import {
  BUILT_IN,
  CLOCK,
  FAREWELLS,
  GRPC_METHODS,
  OWN_SOURCES,
  RESOLVED_OPTIONS,
} from '../tokens.js';
import type {
  GatewayObserver,
  GrpcMethods,
  Http2Farewell,
  Integration,
  IntegrationHost,
  ProvidedObject,
  WorkCounter,
  WorkSource,
} from '../engine/integration.js';
import { workCounter } from './counter.js';
import { DrainParts } from './drain-parts.js';
import { hostOf } from './host-of.js';
import { countOf } from './in-flight.js';
import { Looks } from './looks.js';
import { Quiescence } from './quiescence.js';
import { isInner, type FoundSource, type Source } from './source.js';
import { SourceLedger } from './source-ledger.js';
import { Turns } from './turns.js';
import { NestContainer } from '../nest/nest-container.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import type { SourceReport } from '../engine/record.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';
import { standsFor } from './work-register.js';

/** Makes what says goodbye to the sessions of an HTTP/2 server that does not answer HTTP. */
export type Farewells = (server: object) => Http2Farewell;

/** Every source of work: stopped at T0, waited for in `drain`, and told when their time is over. */
@Injectable()
export class Sources implements IntegrationHost {
  private readonly sources: Source[] = [];
  private readonly turns: Turns;
  /** While a shutdown drains: what ends when that is over. */
  private draining?: Deferred;
  /** Whether somebody waits for the end of that. */
  hurry = false;
  private looked?: { readonly graph: object; readonly objects: readonly ProvidedObject[] };
  private readonly attached = new Set<Integration>();
  /** Those that integrations have found, in that order. */
  readonly found: FoundSource[] = [];
  private readonly integrations: readonly Integration[];
  private failure?: Failure;
  readonly looks = new Looks();
  private readonly stock = new SourceLedger();
  private readonly parts = new DrainParts();
  /** Aborts when the time of the phase `drain` is over, and something is still in flight. */
  readonly drainOver = sharedAbort();

  constructor(
    @Inject(RESOLVED_OPTIONS) readonly options: ResolvedOptions,
    @Inject(BUILT_IN) builtIn: readonly Integration[],
    @Inject(CLOCK) readonly clock: Clock,
    private readonly nest: NestContainer,
    private readonly quiescence: Quiescence,
    @Inject(FAREWELLS) private readonly farewellOf: Farewells,
    @Inject(GRPC_METHODS) readonly grpcMethods: GrpcMethods,
    @Inject(OWN_SOURCES) private readonly own: readonly Source[],
  ) {
    this.turns = new Turns(clock);
    for (const source of own) this.join(source);
    this.integrations = options.enabled ? [...builtIn, ...options.integrations] : [];
    // In a hybrid application it may listen, and have work, before the first init hook.
    this.nest.onRpcServer(() => {
      this.keepFailure(() => this.discoverEarly());
    });
  }

  /** Lets those look that must not miss the first piece of work. To be called when all providers exist. */
  discoverEarly(): void {
    this.attach(this.integrations.filter(({ early }) => early));
  }

  /** Lets every integration look for its sources. To be called when all providers are initialised. */
  discover(): void {
    for (const source of this.own) source.discover?.();
    this.looks.take();
    this.attach(this.integrations);
  }

  /** The tasks of the sources that come with this package. */
  ownTasks(): ShutdownTask[] {
    return this.own.flatMap((source) => this.tasksOf(source));
  }

  /** The tasks of all others that there are now. */
  tasks(): ShutdownTask[] {
    const others = this.sources.filter((source) => !this.own.includes(source));
    return others.flatMap((source) => this.tasksOf(source));
  }

  private tasksOf(source: Source): ShutdownTask[] {
    const { name, stopTask = `${name}: stop` } = source;
    const runsOwnCode = () => this.own.includes(source);
    const stop = {
      name: String(stopTask),
      phase: 'announce',
      runsOwnCode,
      run: ({ reason }: TaskContext) => {
        source.shutsDown?.(reason);
        return this.turns.stop(source);
      },
    };
    const drain = {
      runsOwnCode,
      name,
      phase: 'drain',
      run: (context: TaskContext) =>
        this.finish(source, context).finally(() => this.parts.end(source)),
    };
    return stopTask === false ? [drain] : [stop, drain];
  }

  /** A shutdown begins; what uses connections may ask from now on until when it may. */
  drainBegins(awaited: boolean): void {
    this.hurry = awaited;
    this.looks.take();
    if (!this.draining) this.stock.takeStock(this.sources);
    this.draining ??= deferred();
  }

  drainEnds(): void {
    this.draining?.resolve();
    this.parts.endAll();
  }

  drained(): Promise<void> {
    return this.draining?.promise ?? Promise.resolve();
  }

  /** Nest has closed its servers and gateways, or its time for that is over. */
  serversClosed(context: TaskContext): void {
    for (const source of this.sources) source.serversClosed?.(context);
  }

  /** The application is over, or will never be. */
  forget(): void {
    for (const source of this.sources) source.forget?.();
  }

  /** For a drain that is taken back: stops those that can begin again. Resolves when nothing new comes from them. */
  async pause(): Promise<void> {
    this.looks.take();
    await Promise.allSettled(this.pausable.map((source) => this.turns.stop(source)));
  }

  /** Resolves when those that can be paused have nothing in flight, or at the abort. */
  async idle(signal: AbortSignal, remainingMs: number): Promise<void> {
    await Promise.allSettled(this.pausable.map((source) => source.finished(signal, remainingMs)));
  }

  async resume(): Promise<void> {
    await this.turns.takeAgain(this.pausable);
  }

  /** Whether anything of those that can be paused is in flight. */
  get busy(): boolean {
    return this.pausable.some((source) => countOf(source) > 0);
  }

  /** Whether one of them serves clients that come through a load balancer. */
  get serving(): boolean {
    return this.sources.some((source) => source.serving?.() ?? 'lastArrival' in source);
  }

  /** When something last arrived at one of those, on the clock. */
  get lastArrival(): number {
    return Math.max(0, ...this.sources.map((source) => source.lastArrival?.() ?? 0));
  }

  /** What stands for the pieces of work in flight: of all sources, or of those that can be paused. */
  inFlight(which: 'all' | 'pausable' = 'all'): object[] {
    const sources = which === 'all' ? this.sources : this.pausable;
    return sources.flatMap((source) => source.pieces?.() ?? source.inFlight().map(standsFor));
  }

  get all(): readonly Source[] {
    return this.sources;
  }

  /** Resolves when the part of a source in the drain is over; undefined while no shutdown has begun. */
  partOver(source: Source): Promise<void> | undefined {
    return this.draining && this.parts.over(source);
  }

  /** What became of the work of each since the shutdown began. */
  ledger(): SourceReport[] {
    return this.stock.report(this.sources);
  }

  // -- what integrations see -------------------------------------------------------------------------------------

  add(source: WorkSource): void {
    this.join(source);
  }

  private join(source: Source): void {
    this.sources.push(source);
    if (!isInner(source)) return;
    this.quiescence.addInner({
      busy: () => countOf(source) > 0,
      idle: (signal, remainingMs) => source.finished(signal, remainingMs),
    });
  }

  counter(): WorkCounter {
    return workCounter(this.clock);
  }

  /** One list for all integrations, for a container may be large. */
  objects(): readonly ProvidedObject[] {
    const graph = this.nest.graph();
    if (this.looked?.graph !== graph) this.looked = { graph, objects: [...graph.provided()] };
    return this.looked.objects;
  }

  readonly onLook = (callback: () => void): void => this.looks.add(callback);

  onRpcServer(callback: (server: object) => void): void {
    this.nest.onRpcServer(callback);
  }

  onHttp2Server(server: object): Http2Farewell {
    return this.farewellOf(server);
  }

  onGateways(observer: GatewayObserver): void {
    this.nest.gateways.observe(observer);
  }

  // --------------------------------------------------------------------------------------------------------------

  private attach(integrations: readonly Integration[]): void {
    if (this.failure) throw this.failure.error;
    for (const integration of integrations) {
      if (this.attached.has(integration)) continue;
      this.attached.add(integration);
      const add = (source: WorkSource) => {
        this.found.push({ source, integration: integration.name });
        this.add(source);
      };
      integration.attach(hostOf(this, add));
    }
  }

  /** An error in an observer would end the process, and not the boot. */
  private keepFailure(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.failure ??= { error };
    }
  }

  private get pausable(): Source[] {
    return this.sources.filter((source) => 'takeAgain' in source);
  }

  private async finish(source: Source, given: TaskContext): Promise<void> {
    const context = this.stock.watch(source, given);
    const { signal } = context;
    context.whenAborted(() => this.drainOver.abort(new DrainOverError()));
    if (source.drain) return this.quiescence.outside(source.drain(context));
    const failure = await this.waitFor(source, context);
    if (failure) await untilNone(() => countOf(source), signal, this.clock);
    if (failure && !signal.aborted) throw failure.error;
    if (!signal.aborted) return;
    for (const { name, ageMs } of source.inFlight()) {
      context.unfinished({ kind: source.kind, name, ageMs, fate: 'abandoned' });
    }
    this.stock.released(source, await source.release?.());
  }

  /** Resolves with the failure, if it failed: what the source has counted is then waited for all the same. */
  private async waitFor(source: Source, context: TaskContext): Promise<Failure | undefined> {
    try {
      if (isInner(source)) await this.quiescence.reached(context);
      else await this.quiescence.outside(source.finished(context.signal, context.remainingMs));
      return undefined;
    } catch (error) {
      return { error };
    }
  }
}

type Failure = { readonly error: unknown };
