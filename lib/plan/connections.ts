import { findClients, type FoundClient } from '../connections/find-clients.js';
import { HeldConnections } from '../connections/held-connections.js';
import { currentScope, HookScope } from '../connections/hook-scope.js';
import type { TaskRooms } from './hook-owners.js';
import type { Log } from '../log/log.js';
import { clientsNotFound } from '../log/order-lines.js';
import type { HookRoom } from '../nest/shutdown-hooks.js';
import type { NestContainer } from '../nest/nest-container.js';
import type { Clock } from '../time/clock.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';

/** The clients of the application's providers, and their closing calls, which are held while `close` runs. */
export class ClosingConnections implements TaskRooms {
  private readonly held: HeldConnections;
  private readonly ownObjects = new Set<object>();
  private deadline?: number;
  private searched = false;

  constructor(
    clock: Clock,
    private readonly nest: NestContainer,
    private readonly log: Pick<Log, 'say'>,
  ) {
    this.held = new HeldConnections(clock, log);
  }

  /** Objects of this package, in which no client is looked for. */
  leaveOut(...objects: readonly object[]): void {
    for (const object of objects) this.ownObjects.add(object);
  }

  /** The last task of `close`. */
  task(): ShutdownTask {
    return {
      name: 'connections',
      phase: 'close',
      quiet: true,
      runsOwnCode: () => true,
      run: (context) => this.held.finish(context),
    };
  }

  /** `close` begins, and ends at `deadline`. */
  arm(deadline: number): void {
    this.deadline = deadline;
  }

  /**
   * Looks for clients once code runs that may close one. Not at boot, for a client may be made at its first use; and not
   * at all when an application closes that has nothing to do then, because the search takes longer than all the rest.
   */
  private search(): void {
    if (this.searched || this.deadline === undefined) return;
    this.searched = true;
    this.held.arm(this.clients(), this.deadline);
  }

  /** An object that can't be looked at must not keep the application from its end. */
  private clients(): FoundClient[] {
    try {
      const graph = this.nest.graph();
      const known = new Set([...this.nest.infrastructure(), ...this.ownObjects]);
      // Global interceptors and WebSocket adapters that the application has made itself are found through it.
      const { object: configuration, name } = this.nest.configuration;
      return findClients([...graph.objects(), configuration], {
        known,
        nameOf: (root) => (root === configuration ? name : (graph.nodeOf(root)?.name ?? '')),
      });
    } catch (error) {
      this.log.say(clientsNotFound(error));
      return [];
    }
  }

  /** The shutdown is over. */
  disarm(): void {
    this.held.disarm();
  }

  inTask(name: string, context: TaskContext, run: () => unknown): unknown {
    if (context.phase !== 'close') return run();
    this.search();
    // Without a client there is nothing to hold, and an async context makes every promise in it dearer.
    return this.held.isIdle ? run() : this.held.inTask(name, context, run);
  }

  /**
   * Runs a task of this package, which lets Nest close what is its own. Nest goes on where `app.close()` was called, and
   * what is closed there is not held; only for a signal does it do so in here.
   */
  inNestTask(name: string, context: TaskContext, run: () => unknown): unknown {
    if (context.reason.kind === 'close' && !this.searched) return run();
    return this.inTask(name, context, run);
  }

  hookRoom(): HookRoom {
    return new Room(this.held);
  }

  holdOff(object: object): Promise<unknown> | undefined {
    return this.held.pending(({ holder }) => this.nest.graph().isMadeFrom(holder, object));
  }
}

class Room implements HookRoom {
  private made?: HookScope;

  constructor(private readonly held: HeldConnections) {}

  join(): void {
    if (currentScope()) this.scope.join();
  }

  enter(call: () => unknown): unknown {
    if (this.held.isIdle) return call();
    const { scope } = this;
    // In there, for it is the hook that waits for what it returns.
    const settled = scope.run(() => new Promise((settle) => settle(call())));
    const end = () => scope.end();
    settled.then(end, end);
    return settled;
  }

  private get scope(): HookScope {
    return (this.made ??= new HookScope());
  }
}
