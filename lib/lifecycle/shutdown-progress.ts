import type { ShutdownReason } from '../engine/reason.js';
import type { SourceProgress } from '../sources/source-status.js';
import type { GracefulState } from './graceful-state.js';

/** How far a shutdown is, and what is in flight. Also says what is in flight while there is none. */
export interface ShutdownProgress {
  readonly state: GracefulState;
  /** Not there while the application is not shutting down. */
  readonly reason?: ShutdownReason;
  /** The phases that run now, and when each must be over: milliseconds since the epoch. */
  readonly phases: ReadonlyArray<{ readonly name: string; readonly deadline: number }>;
  /** Since the shutdown began, in milliseconds; 0 while there is none. */
  readonly elapsedMs: number;
  /** Until all of it must be over, in milliseconds; never negative, and not there while there is no shutdown. */
  readonly remainingMs?: number;
  /** The sources that have something in flight. */
  readonly inFlight: readonly SourceProgress[];
}
