import { findClients, type FoundClient } from '../connections/find-clients.js';
import { HeldConnections } from '../connections/held-connections.js';
import { HookScope } from '../connections/hook-scope.js';
import type { TaskRooms } from './hook-owners.js';
import type { HookRoom } from '../nest/shutdown-hooks.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { Clock } from '../time/clock.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';

/** The clients of the application's providers, and their closing calls, which are held while `close` runs. */
export class ClosingConnections implements TaskRooms {
  private readonly held: HeldConnections;

  constructor(
    clock: Clock,
    private readonly graph: () => ProviderGraph,
    private readonly warn: (text: string) => void,
  ) {
    this.held = new HeldConnections(clock, warn);
  }

  /** The last task of `close`. */
  task(): ShutdownTask {
    return {
      name: 'connections',
      phase: 'close',
      quiet: true,
      run: (context) => this.held.finish(context),
    };
  }

  /** `close` begins, and ends at `deadline`. Looked for now and not at boot, for a client may be made at its first use. */
  arm(deadline: number): void {
    this.held.arm(this.clients(), deadline);
  }

  /** An object that can't be looked at must not keep the application from its end. */
  private clients(): FoundClient[] {
    try {
      const graph = this.graph();
      const roots = [...graph.objects()].map((object) => {
        return { object, name: graph.nodeOf(object)?.name ?? '' };
      });
      return findClients(roots);
    } catch (error) {
      this.warn(
        `The clients of databases were not found, so that nothing is held: ${String(error)}`,
      );
      return [];
    }
  }

  /** The shutdown is over. */
  disarm(): void {
    this.held.disarm();
  }

  inTask(name: string, context: TaskContext, run: () => unknown): unknown {
    return context.phase === 'close' ? this.held.inTask(name, context, run) : run();
  }

  hookRoom(): HookRoom {
    const scope = new HookScope();
    return {
      join: () => scope.join(),
      enter: (call) => {
        // In there, for it is the hook that waits for what it returns.
        const settled = scope.run(() => new Promise((settle) => settle(call())));
        const end = () => scope.end();
        settled.then(end, end);
        return settled;
      },
    };
  }

  holdOff(object: object): Promise<unknown> | undefined {
    return this.held.pending(({ holder }) => this.graph().isMadeFrom(holder, object));
  }
}
