import type { Integration } from '../engine/integration.js';

/**
 * What became of a piece of work, as others see it: its caller, its queue, the log. `waiting` is a piece that somebody
 * else would get.
 */
export type PieceFate = 'completed' | 'failed' | 'waiting';

/** What `IntegrationRig.start` is given. */
export interface ContractSetup {
  /** For `GracefulModule.forRoot({ integrations })`. */
  readonly integrations: readonly Integration[];
  /** What the application does for each piece: its handler calls it with the piece's name, and returns or awaits it. */
  readonly work: (piece: string) => Promise<void>;
}

/** An application with the source in it. */
export interface WorkSourceApp {
  /**
   * Offers a piece of work, as the outside world does; its name belongs into its payload and nowhere else. Awaited, and not
   * for the piece's end. A piece that nobody takes is no error.
   */
  offer(piece: string): unknown;
  /** `undefined` while nobody can tell. A failure that nobody is told of is none. */
  fateOf(piece: string): PieceFate | undefined | Promise<PieceFate | undefined>;
  /** `app.close()`, and whatever else has to be cleaned up. */
  close(): Promise<unknown>;
}

/** What the contract suite must know of an integration, and how its source is used from outside. */
export interface IntegrationRig {
  readonly integration: Integration;
  /**
   * Starts an application with the source in it. Several may run at a time: each needs a queue, prefix or port of its own.
   * No deadline of the module may end a test, so `gracePeriodMs` should be longer than `patienceMs`.
   */
  start(setup: ContractSetup): Promise<WorkSourceApp>;
  /**
   * How long the source takes work. Default `'stopTaking'`. `'finished'`: its clients find it by a load balancer and learn
   * late, so it serves until `finished` is called. `'always'`: its work is begun by other work of the application, as with
   * an event's listeners, and is waited for.
   */
  readonly takesUntil?: 'stopTaking' | 'finished' | 'always';
  /** Whether it has `takeAgain`. Default `true`. */
  readonly takesAgain?: boolean;
  /** Whether what is offered while it does not take is kept for it. Default `false`. */
  readonly keeps?: boolean;
  /** Whether `release` gives back what could not finish, so that it is `waiting`. Default `false`. */
  readonly givesBack?: boolean;
  /** How many pieces it runs at a time; more than two make no difference. Default 2. */
  readonly concurrency?: number;
  /** The longest wait for what must happen, in milliseconds. Default 4000. */
  readonly patienceMs?: number;
  /** How long to look for what must not happen, in milliseconds. Default 50. */
  readonly quietMs?: number;
}
