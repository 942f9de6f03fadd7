import { graceOn, type PlanFacts } from '../check/plan-facts.js';
import type { Platform } from '../../options/platform.js';

/** What a manifest is made of: the plan, and what only its author knows. */
export interface ManifestSubject {
  readonly plan: PlanFacts;
  readonly name: string;
  readonly image: string;
  /** Where the application listens. */
  readonly port: number;
  readonly replicas: number;
}

/** Whole seconds that hold what the application plans with on a platform. */
export function graceSeconds({ plan }: ManifestSubject, platform: Platform): number {
  return Math.ceil(graceOn(plan, platform) / 1_000);
}

/** The limit of a probe that leaves a check the time it has, with room for the answer. */
export function probeTimeoutSeconds({ plan }: ManifestSubject): number {
  return Math.max(1, Math.ceil(((plan.probes?.checkTimeoutMs ?? 800) + 200) / 1_000));
}

/** Text with each line moved to the right. */
export function indented(text: string, columns: number): string {
  const space = ' '.repeat(columns);
  return text.replace(/^(?=.)/gm, space);
}
