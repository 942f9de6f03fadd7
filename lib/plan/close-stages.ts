import type { ShutdownTask } from '../engine/task.js';

/**
 * The stages of `close`: Nest's three hooks, between the last two its own closing of servers and gateways, and behind
 * them what has to be open for all hooks.
 */
export const CLOSE_STAGES = {
  onModuleDestroy: 0,
  beforeApplicationShutdown: 1,
  nest: 2,
  onApplicationShutdown: 3,
  clients: 4,
  connections: 5,
} as const;

/** A task of this package, and its stage in `close` if it runs there. */
export interface OwnTask {
  readonly task: ShutdownTask;
  readonly stage?: number;
  /** Lets Nest's own teardown go on, or waits for it. */
  readonly isOfNest?: boolean;
  /** Is there only when hooks are left to Nest. */
  readonly ifLeftToNest?: boolean;
}
