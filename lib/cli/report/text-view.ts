import { describeReason } from '../../engine/reason.js';
import type { SourceReport } from '../../engine/record.js';
import { lateTrafficText } from '../../log/late-traffic-text.js';
import { oneLine } from '../../engine/clip.js';
import { durationText } from '../../report/text.js';
import { drawTimeline } from '../../report/timeline.js';
import { blameList, criticalPath, type Step } from './critical-path.js';
import type { StoredReport } from './stored-report.js';

/** So many tasks are blamed. */
const MOST_BLAMED = 10;

/** A report for a terminal: the timeline, whom the end waited for, who took longest, what the traffic did. */
export function textView(report: StoredReport): string {
  const { startedAt } = report;
  const sections: ReadonlyArray<readonly string[]> = [
    [`${new Date(startedAt).toISOString()}  ${oneLine(describeReason(report.reason))}`],
    [drawTimeline({ ...report, version: 2 })],
    titled('The end waited for', criticalPath(report).map(pathLine)),
    titled('Longest', blameList(report).slice(0, MOST_BLAMED).map(blameLine)),
    titled('Work', (report.sources ?? []).map(sourceLine)),
    trafficLines(report),
    report.omitted ? ['This report was shortened, and does not name everything.'] : [],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function pathLine({ phase, name, outcome, startMs, endMs }: Step): string {
  const length = durationText(endMs - startMs).padStart(8);
  return `${length}  ${phase}: ${oneLine(name)}${suffix(outcome)} (from ${durationText(startMs)} on)`;
}

function blameLine({ phase, name, outcome, startMs, endMs }: Step): string {
  return `${durationText(endMs - startMs).padStart(8)}  ${oneLine(name)} (${phase})${suffix(outcome)}`;
}

function suffix(outcome: string): string {
  return outcome === 'done' ? '' : `, ${outcome}`;
}

function sourceLine({ name, before, after, finished, givenBack, cut }: SourceReport): string {
  const taken = after === undefined ? '' : ` + ${after} since`;
  const lost = [givenBack > 0 && `${givenBack} given back`, cut > 0 && `${cut} cut`].filter(
    Boolean,
  );
  return `${oneLine(name)}: ${before} in flight${taken}, ${[`${finished} finished`, ...lost].join(', ')}`;
}

function trafficLines(report: StoredReport): readonly string[] {
  const { propagation, load } = report;
  const late = lateTrafficText(report);
  return [
    ...(propagation
      ? [
          `The wait for load balancers took ${durationText(propagation.durationMs)} (${propagation.endedBy}), with ${propagation.requests} requests in it.`,
        ]
      : []),
    ...(late ? [`${late}.`] : []),
    ...(load
      ? [
          `CPU ${durationText(load.cpuMs)}` +
            (load.eventLoopDelayMs
              ? `, event loop late by at most ${durationText(load.eventLoopDelayMs.max)}.`
              : '.'),
        ]
      : []),
  ];
}
