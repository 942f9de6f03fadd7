import type { Clock, TimerHandle } from '../time/clock.js';
import type { TaskContext } from '../engine/task.js';
import { Closing } from './closing.js';
import { HeldClient, type ClosingCall } from './held-client.js';
import type { FoundClient } from './find-clients.js';
import { currentScope, HookScope, isLettingGo } from './hook-scope.js';
import { isYounger, nextAsyncId } from './age.js';
import { isCalledByLibrary } from './caller.js';
import { CLOSING_NAMES, shapeOf, type ClientShape } from './client-shapes.js';
import { holdClasses } from './held-classes.js';
import { knotLines } from './knot-lines.js';
import type { Log } from '../log/log.js';
import { clientClosedEarly } from '../log/order-lines.js';
import { letGo } from './let-go.js';
import { has } from './look.js';
import { clientPrototypes } from './loaded-classes.js';

/** What the wait for the end leaves of the time, so that it is not named for what others have not ended. */
const BEFORE_END_MS = 20;
/** How often it is looked whether a client has begun a read that blocks, which nothing tells, in milliseconds. */
const LOOK_MS = 20;

/** A task of `close` while it runs. */
interface RunningTask {
  readonly name: string;
  readonly context: TaskContext;
}

/**
 * Connections close last. While `close` runs, the calls that close a client are held, whichever hook makes them, until
 * every hook is over that is not itself waiting for such a call; then they are let go one by one, in the order they were
 * made, each when its client has nothing in hand.
 *
 * ```
 * arm()     as close begins: the closing methods of all clients are replaced
 * inTask()  a hook runs; what it closes is held
 * finish()  the last task of close: until nothing is held any more
 * disarm()  the methods are as they were
 * ```
 */
export class HeldConnections {
  private clients: HeldClient[] = [];
  /** Those that the search has found; what is closed besides is held by its class. */
  private found: ReadonlySet<object> = new Set();
  private readonly unfound = new WeakMap<object, HeldClient>();
  /** Whether there are classes by which a client may be held that nobody finds. */
  private holdsClasses = false;
  private releaseClasses: () => void = () => undefined;
  private readonly closings = new Map<HeldClient, Closing>();
  private readonly running = new Map<HookScope, RunningTask>();
  private deadline = 0;
  private armed = false;
  private going = false;
  private looking?: TimerHandle;
  private patience?: TimerHandle;
  /** Tells `finish()` that something has changed. */
  private tell: () => void = () => undefined;

  constructor(
    private readonly clock: Clock,
    private readonly log: Pick<Log, 'say'>,
  ) {}

  /** Replaces the closing methods of these clients; `deadline` is when the phase is over, on the clock. */
  arm(clients: readonly FoundClient[], deadline: number): void {
    if (this.armed) return;
    this.armed = true;
    this.deadline = deadline;
    this.clients = clients.map((found) => new HeldClient(found, (...call) => this.close(...call)));
    for (const client of this.clients) client.replace();
    this.found = new Set(clients.map(({ client }) => client));
    const armedAt = nextAsyncId();
    const prototypes = clientPrototypes();
    this.holdsClasses = prototypes.size > 0;
    this.releaseClasses = holdClasses(prototypes, CLOSING_NAMES, {
      isMeant: (instance, method) =>
        this.isUnfound(instance) && !isCalledByLibrary(method) && !isYounger(instance, armedAt),
      called: (instance, name, args, call) => {
        const client = this.unfoundClient(instance);
        client.knows(name, call);
        return this.close(client, { name, args });
      },
    });
  }

  /** There is no client whose closing could be held. */
  get isIdle(): boolean {
    return this.armed && this.clients.length === 0 && !this.holdsClasses;
  }

  /** Leaves all clients as they were. What is held by then has had its time, and is called now. */
  disarm(): void {
    this.armed = false;
    this.stopTimers();
    for (const closing of this.held()) closing.go();
    for (const client of this.clients) client.giveBack();
    this.releaseClasses();
  }

  /** Runs a task of `close`, so that what it closes is held. */
  inTask(name: string, context: TaskContext, run: () => unknown): unknown {
    let stepBack: (() => void) | undefined;
    const scope = new HookScope(() => {
      if (scope.isAside && !scope.isOver) stepBack ??= context.standAside();
      else {
        stepBack?.();
        stepBack = undefined;
      }
      this.look();
    });
    const end = () => {
      if (this.running.delete(scope)) scope.end();
    };
    this.running.set(scope, { name, context });
    context.whenAborted(end);
    let result: unknown;
    try {
      result = scope.run(run);
    } catch (error) {
      end();
      throw error;
    }
    if (!has(result, 'then')) {
      end();
      return result;
    }
    // Made by hand, because a query builder's `then` runs the query each time it is called.
    const settled = scope.run(() => new Promise((settle) => settle(result)));
    settled.then(end, end);
    return settled;
  }

  /** Those closings that have not ended, of clients that `isMeant`. */
  pending(isMeant: (client: FoundClient) => boolean): Promise<unknown> | undefined {
    const found = [...this.closings.values()].filter(
      ({ state, client }) => state !== 'over' && isMeant(client.found),
    );
    if (found.length === 0) return undefined;
    return Promise.allSettled(found.map(({ settled }) => settled));
  }

  /** The last task of `close`: resolves when nothing is held, and nobody is left who could close anything. */
  async finish(context: TaskContext): Promise<void> {
    if (this.running.size === 0 && this.closings.size === 0) return;
    const isOver = () => !this.going && this.held().length === 0 && this.running.size === 0;
    const time = { isOver: false, isUp: false };
    const ms = context.remainingMs - Math.min(BEFORE_END_MS, context.remainingMs / 10);
    const timer = this.clock.setTimeout(() => {
      time.isOver = !this.going; // others are named for it
      this.tell();
    }, ms);
    context.whenAborted(() => {
      time.isUp = true;
      this.tell();
    });
    this.look();
    while (!isOver() && !time.isOver && !time.isUp) {
      await new Promise<void>((resolve) => (this.tell = resolve));
    }
    this.clock.clearTimeout(timer);
  }

  /** A closing method was called. */
  private close(client: HeldClient, call: ClosingCall): unknown {
    const closing = this.closings.get(client);
    const { comesAgain } = client.found.shape;
    if (!this.armed || comesAgain?.(call.name, call.args)) return client.close(call);
    if (isLettingGo()) return this.closeInside(client, call, closing);
    if (!closing) {
      if (!currentScope()) return client.close(call);
      const answer = this.begin(client, call).answer(call);
      this.look();
      return answer;
    }
    if (call.name !== closing.first.name) {
      if (closing.state !== 'held') return client.close(call);
      if (!closing.further.some(({ name }) => name === call.name)) closing.further.push(call);
    }
    return closing.answer(call);
  }

  /** A client that is let go closes another: at once, and those who have asked for that share it. */
  private closeInside(client: HeldClient, call: ClosingCall, known?: Closing): unknown {
    if (known && known.state !== 'held') return client.close(call);
    const closing = known ?? this.begin(client, call);
    closing.go();
    return closing.answer(call);
  }

  /** Whether a hook of this application closes it, and no property has led to it. */
  private isUnfound(instance: object): boolean {
    if (!this.armed || isLettingGo() || this.found.has(instance)) return false;
    return this.taskNow() !== undefined && shapeOf(instance) !== undefined;
  }

  private unfoundClient(instance: object): HeldClient {
    const known = this.unfound.get(instance);
    if (known) return known;
    const shape = shapeOf(instance) as ClientShape;
    const name = `the ${instance.constructor?.name ?? 'client'} that ${this.taskNow()?.name} closes`;
    const found = { client: instance, shape, name, holder: instance };
    const client = new HeldClient(found, (...call) => this.close(...call));
    this.unfound.set(instance, client);
    return client;
  }

  /** The task in which something is called now. */
  private taskNow(): RunningTask | undefined {
    const scopes = [...(currentScope()?.all() ?? [])];
    return scopes.flatMap((scope) => this.running.get(scope) ?? [])[0];
  }

  private begin(client: HeldClient, call: ClosingCall): Closing {
    const closing = new Closing(client, call);
    this.closings.set(client, closing);
    return closing;
  }

  private held(): Closing[] {
    return [...this.closings.values()].filter(({ state }) => state === 'held');
  }

  /** Something has changed: looks whether a call can go, once everything that follows from the change has begun. */
  private look(): void {
    this.tell();
    if (!this.armed || this.going || this.held().length === 0) return;
    this.stopTimers();
    this.looking = this.clock.setTimeout(() => {
      this.looking = this.clock.setTimeout(() => this.letNextGo(), 0);
    }, 0);
    const halfMs = Math.max(0, this.deadline - this.clock.now()) / 2;
    this.patience = this.clock.setTimeout(() => this.loseThePatience(), halfMs);
  }

  private letNextGo(): void {
    const held = this.held();
    const next = held.find((closing) => this.mayGo(closing));
    if (next) void this.letGo(next);
    // A loop that has a message in hand, or whose connection is not there yet, comes to its next read some time later.
    else if (held.some(({ client }) => client.found.shape.blocks)) {
      this.looking = this.clock.setTimeout(() => this.letNextGo(), LOOK_MS);
    }
  }

  /** Only those run who wait for such a call, or who have made this one: what they do besides can't need it. */
  private mayGo({ callers, client }: Closing): boolean {
    // A loop around a blocking read ends with its connection, and a hook may wait for it.
    if (client.found.shape.blocks?.(client.found.client)) return true;
    const its = new Set([...callers].flatMap((caller) => [...caller.all()]));
    return [...this.running.keys()].every((scope) => scope.isAside || its.has(scope));
  }

  /** A hook that goes on may wait for the very call that waits for it, by ways that can't be seen. */
  private loseThePatience(): void {
    const [next] = this.held();
    if (!next || this.going) return;
    const running = [...this.running].filter(([scope]) => !scope.isAside);
    const tasks = running.map(([, { name }]) => name);
    this.log.say(clientClosedEarly({ client: next.client.name, tasks }));
    void this.tellKnot(next, running);
  }

  /** Says which of those that still ran had waited for the very call that waited for them. */
  private async tellKnot(closing: Closing, running: ReadonlyArray<[HookScope, RunningTask]>) {
    let before: typeof running = [];
    closing.onGo = () => (before = running.filter(([scope]) => !scope.isOver));
    await this.letGo(closing);
    await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, LOOK_MS));
    const ended = before.map(([scope, { name }]) => ({ name, isOver: scope.isOver }));
    for (const line of knotLines(closing.client.name, ended)) this.log.say(line);
  }

  private async letGo(closing: Closing): Promise<void> {
    this.stopTimers();
    this.going = true;
    const { clock, deadline } = this;
    const contexts = [...closing.callers]
      .flatMap((caller) => [...caller.all()])
      .flatMap((scope) => this.running.get(scope)?.context ?? []);
    const context = contexts[0] ?? [...this.running.values()][0]?.context;
    await letGo(closing, {
      clock,
      deadline,
      unfinished: (name, fate) => context?.unfinished({ kind: 'work', name, fate }),
    });
    this.going = false;
    this.look();
  }

  private stopTimers(): void {
    for (const timer of [this.looking, this.patience]) {
      if (timer !== undefined) this.clock.clearTimeout(timer);
    }
  }
}
