import { clip, MAX_ERROR_LENGTH, oneLine } from '../engine/clip.js';
import { describeReason } from '../engine/reason.js';
import type {
  PropagationReport,
  ShutdownRecord,
  ShutdownReport,
  TaskOutcome,
  TaskReport,
  UnfinishedWork,
} from '../engine/record.js';
import { durationText } from './text.js';

/** At most this many names of each kind in the one-line report; the report itself holds all of them. */
const MAX_NAMES = 5;

/** A report in one line, such as `SIGTERM: clean in 7.2 s (announce 0.00 s, propagate 6.1 s, …)`. */
export function describeReport(
  report: ShutdownRecord & Pick<ShutdownReport, 'propagation'>,
): string {
  const phases = report.phases
    .filter((phase) => phase.outcome !== 'skipped')
    .map((phase) => `${phase.name} ${durationText(phase.durationMs)}`);
  const tasks = report.phases.flatMap((phase) => phase.tasks);
  const thatAre = (outcome: TaskOutcome) => tasks.filter((task) => task.outcome === outcome);
  const failed = thatAre('failed');
  const notes = [
    note('over time', thatAre('timed-out').map(withSite)),
    note('skipped', thatAre('skipped').map(withSite)),
    note('failed', failed.filter(({ handedOver }) => handedOver === undefined).map(withError)),
    note('not handed over', failed.filter(({ handedOver }) => handedOver === false).map(withError)),
    note(
      'handed over',
      tasks.filter(({ handedOver }) => handedOver).map(({ name }) => name),
    ),
    note('cut', report.unfinished.map(describeUnfinished)),
    note('load balancers', whatStillCame(report.propagation)),
    note('left to Nest', thatAre('left-to-nest').map(withSite)),
    note(
      'blocked the event loop',
      tasks
        .filter((task) => task.blockedMs !== undefined)
        .map((task) => `${task.name} for ${durationText(task.blockedMs ?? 0)}`),
    ),
  ].filter((text) => text !== '');
  const summary = `${describeReason(report.reason)}: ${report.outcome} in ${durationText(report.durationMs)}`;
  return oneLine([`${summary} (${phases.join(', ') || 'nothing to do'})`, ...notes].join('; '));
}

function withSite({ name, site }: TaskReport): string {
  return site === undefined ? name : `${name} (${site})`;
}

/** Of a wait that was over too soon. */
function whatStillCame(wait: PropagationReport | undefined): string[] {
  if (wait?.endedBy !== 'capped') return [];
  const { durationMs, lastArrivalMs, requests, balancers } = wait;
  const lastMs = lastArrivalMs === undefined ? undefined : Math.max(0, durationMs - lastArrivalMs);
  const came =
    lastMs === undefined
      ? 'no request came'
      : `the last request came ${durationText(lastMs)} before, ${requests} in all`;
  const untold = (balancers?.known ?? 0) - (balancers?.told ?? 0);
  const ask = untold > 0 ? `, and ${untold} that ask the probe had not met their failures` : '';
  return [`not waited for longer than ${durationText(durationMs)}: ${came}${ask}`];
}

function withError({ name, error = '' }: TaskReport): string {
  return `${name} (${clip(error, MAX_ERROR_LENGTH)})`;
}

function describeUnfinished(work: UnfinishedWork): string {
  const age = work.ageMs === undefined ? '' : ` after ${durationText(work.ageMs)}`;
  return `${work.name} (${work.fate}${age})`;
}

function note(label: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, MAX_NAMES).join(', ');
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : '';
  return `${label}: ${shown}${more}`;
}
