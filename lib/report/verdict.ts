import type { ShutdownRecord } from '../engine/record.js';
import { countText } from './text.js';

/**
 * How a shutdown ended, in words: `clean`, `forced`, or `finished with 2 failures`. Where a task has failed that is not
 * critical the exit code is that of a clean end, and still nobody should read "clean". Telemetry that a collector did
 * not take is not such a failure.
 */
export function verdictOf({ outcome, phases }: Pick<ShutdownRecord, 'outcome' | 'phases'>): string {
  if (outcome !== 'clean') return outcome;
  const tasks = phases.flatMap((phase) => phase.tasks);
  const count = tasks.filter(
    (task) => task.outcome === 'failed' && task.handedOver === undefined,
  ).length;
  if (count === 0) return outcome;
  return `finished with ${countText(count, 'failure')}`;
}
