import { durationText } from '../../report/text.js';
import { blameList, type Step } from './critical-path.js';
import type { StoredReport } from './stored-report.js';

/** Less than this is no difference between two runs on the same machine, in milliseconds. */
const LEAST_MS = 100;
/** And less than this part of the longer time. */
const LEAST_PART = 0.2;
/** So many reports' stragglers are listed in a summary. */
const MOST_LISTED = 10;

/** Something that took longer, or less long, in the second report. */
interface Change {
  readonly name: string;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Two reports side by side: what got slower, faster, worse. */
export interface Comparison {
  readonly text: string;
  /** Whether the second is slower in anything, or was forced where the first was clean. */
  readonly isWorse: boolean;
}

/** @param before the report that the other is held against */
export function compare(before: StoredReport, after: StoredReport): Comparison {
  const changes = changesOf(before, after);
  const slower = changes.filter(({ beforeMs, afterMs }) => afterMs > beforeMs);
  const faster = changes.filter(({ beforeMs, afterMs }) => afterMs < beforeMs);
  const forced = before.outcome === 'clean' && after.outcome === 'forced';
  const lines = [
    `${durationText(before.durationMs)} ${before.outcome} -> ${durationText(after.durationMs)} ${after.outcome}`,
    ...listed('Slower', slower),
    ...listed('Faster', faster),
    ...(changes.length === 0 ? ['Nothing differs by more than runs of the same do.'] : []),
  ];
  return { text: lines.join('\n'), isWorse: slower.length > 0 || forced };
}

/** Many reports in one: how long they took, how they ended, who was late most often. */
export function summarise(reports: readonly StoredReport[]): string {
  const durations = reports.map(({ durationMs }) => durationMs).toSorted((a, b) => a - b);
  const forced = reports.filter(({ outcome }) => outcome === 'forced').length;
  const capped = reports.filter(({ propagation }) => propagation?.endedBy === 'capped').length;
  const percent = [50, 90, 99].map(
    (part) => `p${part} ${durationText(percentile(durations, part))}`,
  );
  return [
    `${reports.length} shutdowns: ${reports.length - forced} clean, ${forced} forced`,
    `Took: ${percent.join(', ')}, at most ${durationText(durations.at(-1) ?? 0)}`,
    ...(capped > 0 ? [`Load balancers still sent traffic at the end of ${capped} waits`] : []),
    ...ranking('Late most often', reports.map(stragglers)),
    ...ranking(
      'Cut most often',
      reports.map(({ unfinished }) => unfinished.map(({ name }) => name)),
    ),
  ].join('\n');
}

function changesOf(before: StoredReport, after: StoredReport): Change[] {
  const [old, now] = [timesOf(before), timesOf(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((name) => ({ name, beforeMs: old.get(name) ?? 0, afterMs: now.get(name) ?? 0 }))
    .filter(({ beforeMs, afterMs }) => {
      const difference = Math.abs(afterMs - beforeMs);
      return difference >= LEAST_MS && difference >= LEAST_PART * Math.max(beforeMs, afterMs);
    })
    .toSorted((one, other) => grown(other) - grown(one));
}

function grown({ beforeMs, afterMs }: Change): number {
  return Math.abs(afterMs - beforeMs);
}

/** Phases and tasks, which may have the same names in two phases. */
function timesOf(report: StoredReport): Map<string, number> {
  const phases = report.phases.map(({ name, durationMs }) => [name, durationMs] as const);
  const tasks = blameList(report).map(
    ({ phase, name, startMs, endMs }: Step) => [`${phase}: ${name}`, endMs - startMs] as const,
  );
  return new Map([...phases, ...tasks]);
}

function listed(title: string, changes: readonly Change[]): string[] {
  if (changes.length === 0) return [];
  const lines = changes.map(({ name, beforeMs, afterMs }) => {
    return `  ${name}: ${durationText(beforeMs)} -> ${durationText(afterMs)}`;
  });
  return [`${title}:`, ...lines];
}

function stragglers({ phases }: StoredReport): string[] {
  return phases.flatMap(({ tasks }) =>
    tasks.filter(({ outcome }) => outcome === 'timed-out').map(({ name }) => name),
  );
}

/** Each name counts once a report. */
function ranking(title: string, names: ReadonlyArray<readonly string[]>): string[] {
  const counts = new Map<string, number>();
  for (const name of names.flatMap((list) => [...new Set(list)])) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const most = [...counts].toSorted(([, one], [, other]) => other - one).slice(0, MOST_LISTED);
  return [`${title}:`, ...most.map(([name, count]) => `  ${count} times ${name}`)];
}

/** The nearest-rank percentile of numbers in order. */
function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil((part / 100) * sorted.length) - 1)] ?? 0;
}
