import type { PhaseReport, TaskReport } from '../../engine/record.js';
import type { StoredReport } from './stored-report.js';

/** A stretch of time that the end had to wait for. */
export interface Step {
  readonly phase: string;
  /** The phase itself where no task of it is known, as in a shortened report. */
  readonly name: string;
  readonly outcome: string;
  readonly startMs: number;
  readonly endMs: number;
}

const endOf = ({ startMs, durationMs }: TaskReport | PhaseReport) => startMs + durationMs;

/**
 * What the end of a shutdown waited for, from its beginning on: backwards from what ended last, always to what ended last
 * before that had begun. Without these, the shutdown would have been over sooner; without all others, it would not.
 */
export function criticalPath({ phases }: StoredReport): Step[] {
  const steps = phases
    .filter(({ outcome }) => outcome !== 'skipped')
    .flatMap((phase) => stepsOf(phase));
  const path: Step[] = [];
  let before = Infinity;
  for (;;) {
    const [last] = steps
      .filter(({ startMs, endMs }) => endMs <= before && startMs < before && endMs > startMs)
      .toSorted((one, other) => other.endMs - one.endMs || one.startMs - other.startMs);
    if (!last) return path.toReversed();
    path.push(last);
    before = last.startMs;
  }
}

/** Every task, from longest to shortest. */
export function blameList({ phases }: StoredReport): Step[] {
  return phases
    .flatMap((phase) => phase.tasks.map((task) => stepOf(phase, task)))
    .toSorted((one, other) => other.endMs - other.startMs - (one.endMs - one.startMs));
}

function stepsOf(phase: PhaseReport): Step[] {
  const tasks = phase.tasks
    .filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'left-to-nest')
    .map((task) => stepOf(phase, task));
  if (tasks.length > 0) return tasks;
  const { name, outcome, startMs } = phase;
  return [{ phase: name, name, outcome, startMs, endMs: endOf(phase) }];
}

function stepOf(phase: PhaseReport, task: TaskReport): Step {
  const { name, outcome, startMs } = task;
  return { phase: phase.name, name, outcome, startMs, endMs: endOf(task) };
}
