import type { ShutdownReason } from './reason.js';

/** A named stage of the shutdown, as data. */
export interface Phase {
  readonly name: string;
  /**
   * The phases that must be over before it begins; without `after` and `before` the one before it in the list. With an
   * empty `after` it begins at once.
   */
  readonly after?: readonly string[];
  /** The phases that begin only when it is over. */
  readonly before?: readonly string[];
  /** The longest it may take, in milliseconds; `Infinity` for "what the budget leaves". */
  readonly timeoutMs: number;
  /** How long a task may take that has no limit of its own, in milliseconds; without it what the phase has. */
  readonly taskTimeoutMs?: number;
  /** How much later than `timeoutMs` its tasks are cut, in milliseconds, when what they wait for ends by itself at that time. */
  readonly slackMs?: number;
  /** Kept free for it by all earlier phases, in milliseconds: a slow drain can't eat it. */
  readonly reserveMs: number;
  /** After its deadline tasks have seen their signal abort and get this long to wrap up, in milliseconds. */
  readonly settleMs: number;
  /** What happens when a task is over time: go on, or skip every phase that has not begun. */
  readonly onTimeout: 'continue' | 'abort';
  /** Leaves the phase out for some reasons. */
  readonly enabled?: (reason: ShutdownReason) => boolean;
}

/** The built-in phases, in order, and what belongs in each. */
export const PHASE_DESCRIPTIONS = {
  announce: 'Readiness goes down, service registries are left, sources of work stop taking.',
  propagate: 'Everything is still served, until the load balancers have stopped sending.',
  drain: 'The listening socket closes and the work in flight finishes.',
  flush: 'What needs live connections is written out: metrics, traces, outbox, audit.',
  close: 'Connections are closed: the onModuleDestroy and shutdown hooks of all providers.',
} as const;

/** The name of a built-in phase. */
export type PhaseName = keyof typeof PHASE_DESCRIPTIONS;

/** The names of the built-in phases, in the order they run. */
export const PHASE_NAMES = Object.keys(PHASE_DESCRIPTIONS) as readonly PhaseName[];
