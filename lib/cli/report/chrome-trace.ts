import { describeReason } from '../../engine/reason.js';
import type { StoredReport } from './stored-report.js';

/** The Trace Event Format counts in microseconds. */
const MICROSECONDS = 1_000;

/**
 * Reports as a trace that `chrome://tracing`, Perfetto and Speedscope open: a process for each report, a thread for each
 * phase and one for each of its tasks, so that what ran side by side is seen so.
 */
export function chromeTraceOf(reports: readonly StoredReport[]): string {
  const traceEvents = reports.flatMap((report, index) => eventsOf(report, index + 1));
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
}

function eventsOf(report: StoredReport, pid: number): object[] {
  const name = `${describeReason(report.reason)}: ${report.outcome}`;
  const events: object[] = [{ ph: 'M', name: 'process_name', pid, tid: 0, args: { name } }];
  let tid = 0;
  for (const phase of report.phases.filter(({ outcome }) => outcome !== 'skipped')) {
    tid += 1;
    events.push(complete(report, phase, { pid, tid, cat: 'phase' }));
    for (const task of phase.tasks) {
      tid += 1;
      events.push(complete(report, task, { pid, tid, cat: phase.name }));
    }
  }
  return events;
}

function complete(
  { startedAt }: StoredReport,
  span: {
    readonly name: string;
    readonly outcome: string;
    readonly startMs: number;
    readonly durationMs: number;
  },
  place: object,
): object {
  const { name, outcome, startMs, durationMs } = span;
  const ts = (startedAt + startMs) * MICROSECONDS;
  return { ph: 'X', name, ts, dur: durationMs * MICROSECONDS, ...place, args: { outcome } };
}
