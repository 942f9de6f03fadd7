import type { Severity } from '../severity.js';

/** What `docs/check.md` says of a rule, and how grave a finding is where the rule does not say otherwise. */
export interface RuleRow {
  readonly severity: Severity;
  /** Whether it says nothing without the application's plan. */
  readonly needsPlan?: true;
  /** Said once a run, with the number of objects. */
  readonly oncePerRun?: true;
  /** When it is reported, as a clause. */
  readonly when: string;
  /** What it costs, and what to do. */
  readonly why: string;
}
