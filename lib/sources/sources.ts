import { Inject, Injectable } from '@nestjs/common';
import { untilNone, within } from '../time/waits.js';
import { BUILT_IN, CLOCK, FAREWELLS, RESOLVED_OPTIONS } from '../tokens.js';
import type {
  GatewayObserver,
  Http2Farewell,
  Integration,
  IntegrationHost,
  ProvidedObject,
  WorkCounter,
  WorkSource,
} from '../integrations/integration.js';
import { Quiescence } from './quiescence.js';
import { NestContainer } from '../nest/nest-container.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Clock } from '../time/clock.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';
import { WorkRegister } from './work-register.js';

/** Makes what says goodbye to the sessions of an HTTP/2 server that does not answer HTTP. */
export type Farewells = (server: object) => Http2Farewell;

/** How long stopping a source waits for it to take again, and the other way round. */
const TURN_MS = 500;

/** The sources of work besides HTTP: stopped at T0, waited for in `drain`, and told when their time is over. */
@Injectable()
export class Sources implements IntegrationHost {
  /** Set by whoever runs the shutdown. */
  drained: () => Promise<void> = async () => undefined;
  /** Whether there are microservices, which can do without the application being initialised. */
  hasServers = false;
  private readonly sources: WorkSource[] = [];
  private readonly stopped = new Set<WorkSource>();
  private readonly turns = new Map<WorkSource, Promise<unknown>>();
  private looked?: { readonly graph: object; readonly objects: readonly ProvidedObject[] };
  private readonly attached = new Set<Integration>();
  private readonly integrations: readonly Integration[];
  private failure?: Failure;

  constructor(
    @Inject(RESOLVED_OPTIONS) options: ResolvedOptions,
    @Inject(BUILT_IN) builtIn: readonly Integration[],
    @Inject(CLOCK) readonly clock: Clock,
    private readonly nest: NestContainer,
    private readonly quiescence: Quiescence,
    @Inject(FAREWELLS) private readonly farewellOf: Farewells,
  ) {
    this.integrations = [...builtIn, ...options.integrations];
    // In a hybrid application it may listen, and have work, before the first init hook.
    this.nest.onRpcServer(() => {
      this.hasServers = true;
      this.keepFailure(() => this.discoverEarly());
    });
  }

  /** Lets those look that must not miss the first piece of work. To be called when all providers exist. */
  discoverEarly(): void {
    this.attach(this.integrations.filter(({ early }) => early));
  }

  /** Lets every integration look for its sources. To be called when all providers are initialised. */
  discover(): void {
    this.attach(this.integrations);
  }

  /** The tasks of all sources there are now. */
  tasks(): ShutdownTask[] {
    return this.sources.flatMap((source) => [
      { name: `${source.name}: stop`, phase: 'announce', run: () => this.stop(source) },
      { name: source.name, phase: 'drain', run: (context) => this.finish(source, context) },
    ]);
  }

  /** For a drain that is taken back: stops those that can begin again. Resolves when nothing new comes from them. */
  async pause(): Promise<void> {
    await Promise.allSettled(this.pausable.map((source) => this.stop(source)));
  }

  /** Resolves when those that can be paused have nothing in flight, or at the abort. */
  async idle(signal: AbortSignal, remainingMs: number): Promise<void> {
    await Promise.allSettled(this.pausable.map((source) => source.finished(signal, remainingMs)));
  }

  async resume(): Promise<void> {
    const paused = this.pausable.filter((source) => this.stopped.delete(source));
    const turns = paused.map((source) => this.inTurn(source, () => source.takeAgain?.()));
    await Promise.allSettled(turns);
  }

  /** Whether anything of those that can be paused is in flight. */
  get busy(): boolean {
    return this.pausable.some((source) => source.inFlight().length > 0);
  }

  /** Whether one of them serves clients that come through a load balancer. */
  get serving(): boolean {
    return this.sources.some((source) => 'lastArrival' in source);
  }

  /** When something last arrived at one of those, on the clock. */
  get lastArrival(): number {
    return Math.max(0, ...this.sources.map((source) => source.lastArrival?.() ?? 0));
  }

  /** How many messages, jobs and runs are in flight. */
  get inFlight(): number {
    return this.sources.reduce((sum, source) => sum + source.inFlight().length, 0);
  }

  /** Such as `2 messages, 1 job`; nothing when there is nothing. */
  inFlightText(): string[] {
    const counts = new Map<string, number>();
    for (const source of this.sources) {
      const { length } = source.inFlight();
      if (length > 0) counts.set(source.kind, (counts.get(source.kind) ?? 0) + length);
    }
    return [...counts].map(([kind, count]) => `${count} ${nounFor(kind, count)}`);
  }

  // -- what integrations see -------------------------------------------------------------------------------------

  add(source: WorkSource): void {
    this.sources.push(source);
    if (!isInner(source)) return;
    this.quiescence.addInner({
      busy: () => source.inFlight().length > 0,
      idle: (signal, remainingMs) => source.finished(signal, remainingMs),
    });
  }

  counter(): WorkCounter {
    const register = new WorkRegister(this.clock);
    return {
      get count() {
        return register.count;
      },
      begin: (name) => register.hold(name).release,
      list: () => register.unfinished(),
      idle: (signal) => register.idle(signal),
    };
  }

  /** One list for all integrations, for a container may be large. */
  objects(): readonly ProvidedObject[] {
    const graph = this.nest.graph();
    if (this.looked?.graph !== graph) {
      this.looked = { graph, objects: [...graph.provided()] };
    }
    return this.looked.objects;
  }

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
      integration.attach(this);
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

  private get pausable(): WorkSource[] {
    return this.sources.filter((source) => 'takeAgain' in source);
  }

  private async stop(source: WorkSource): Promise<unknown> {
    if (this.stopped.has(source)) return this.turns.get(source);
    this.stopped.add(source);
    return this.inTurn(source, () => source.stopTaking());
  }

  /** To stop and to take again take a moment with a broker, and the last of them has to win. */
  private inTurn(source: WorkSource, call: () => unknown): Promise<unknown> {
    const previous = this.turns.get(source);
    const turn = (async () => {
      // One that hangs, because the broker is gone, does not hold up the next.
      if (previous) await within(TURN_MS, Promise.allSettled([previous]), this.clock);
      return call();
    })();
    this.turns.set(source, turn);
    const over = () => {
      if (this.turns.get(source) === turn) this.turns.delete(source);
    };
    turn.then(over, over);
    return turn;
  }

  private async finish(source: WorkSource, context: TaskContext): Promise<void> {
    const { signal } = context;
    const failure = await this.waitFor(source, context);
    if (failure) await untilNone(() => source.inFlight().length, signal, this.clock);
    if (failure && !signal.aborted) throw failure.error;
    if (!signal.aborted) return;
    for (const { name, ageMs } of source.inFlight()) {
      context.unfinished({ kind: source.kind, name, ageMs, fate: 'abandoned' });
    }
    await source.release?.();
  }

  /** Resolves with the failure, if it failed: what the source has counted is then waited for all the same. */
  private async waitFor(source: WorkSource, context: TaskContext): Promise<Failure | undefined> {
    try {
      if (isInner(source)) await this.quiescence.reached(context);
      else await this.quiescence.outside(source.finished(context.signal, context.remainingMs));
      return undefined;
    } catch (error) {
      return { error };
    }
  }
}

interface Failure {
  readonly error: unknown;
}

/** Its work is begun by what goes on in the application: a listener, a handler. */
function isInner({ kind }: WorkSource): boolean {
  return kind === 'work';
}

function nounFor(kind: string, count: number): string {
  if (kind === 'work') return count === 1 ? 'run' : 'runs';
  return count === 1 ? kind : `${kind}s`;
}
