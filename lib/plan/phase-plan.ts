import type { Phase } from '../engine/phase.js';
import { PhaseGraph } from '../engine/phase-graph.js';
import type { ShutdownReason } from '../engine/reason.js';
import { BudgetExceededError } from '../errors/budget-exceeded.error.js';
import { phasesOf, requirementsOf, weightOf } from '../options/phases.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { ShutdownPlan } from '../report/plan.js';

/** The phases of an application: built once, at boot, and found to fit into the grace period. */
export class PhasePlan {
  readonly phases: readonly Phase[];
  readonly graph: PhaseGraph;
  /** The longest way through the phases, and the least time it needs, in milliseconds. */
  readonly criticalPath: ShutdownPlan['criticalPath'];

  /**
   * `waits` says for which reasons load balancers are waited for.
   *
   * @throws DuplicatePhaseError, UnknownPhaseError, OrderCycleError, BudgetExceededError
   */
  constructor(options: ResolvedOptions, waits?: (reason: ShutdownReason) => boolean) {
    this.phases = phasesOf(options, waits);
    this.graph = new PhaseGraph(this.phases);
    const path = this.graph.longestPath(weightOf);
    const parts = requirementsOf(options, path);
    const ms = parts.reduce((sum, [, part]) => sum + part, 0);
    if (ms > options.gracePeriodMs) throw new BudgetExceededError(options.gracePeriodMs, parts);
    this.criticalPath = { phases: path.map(({ name }) => name), ms };
  }
}
