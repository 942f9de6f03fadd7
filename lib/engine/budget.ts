import type { Phase } from './phase.js';
import type { PhaseGraph } from './phase-graph.js';

/**
 * One deadline for the whole shutdown, and what each phase may have of it.
 * A phase ends early, and its time flows on; a phase is slow, and what later phases have reserved stays untouched.
 */
export class Budget {
  /** Below 1 when the time is shorter than what is reserved: everybody then has the same part of it. */
  private readonly scale: number;

  constructor(
    /** When the shutdown began, on the clock. */
    readonly startedAt: number,
    /** Grace period minus exit margin, in milliseconds. */
    readonly totalMs: number,
    private readonly graph: PhaseGraph,
  ) {
    const reserved = graph
      .criticalPath()
      .reduce((sum, { reserveMs, settleMs }) => sum + reserveMs + settleMs, 0);
    this.scale = reserved > totalMs ? totalMs / reserved : 1;
  }

  /** When everything must be over. */
  get deadline(): number {
    return this.startedAt + this.totalMs;
  }

  /** When the tasks of a phase that starts at `now` must have finished; their signals abort then. */
  phaseDeadline(phase: Phase, now: number): number {
    const reserved = this.graph.reservedAfter(phase.name) * this.scale;
    const ownMs = phase.timeoutMs + (phase.slackMs ?? 0);
    return Math.min(now + ownMs, this.deadline - reserved - this.settleMs(phase));
  }

  settleMs(phase: Phase): number {
    return phase.settleMs * this.scale;
  }
}
