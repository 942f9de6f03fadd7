import type {
  LateRequests,
  LoadReport,
  PhaseReport,
  PropagationReport,
  ShutdownRecord,
  ShutdownReport,
  SourceReport,
  TaskReport,
  TrafficReport,
  UnfinishedWork,
} from '../engine/record.js';
import { drawTimeline } from './timeline.js';

/** On a prototype: a function of the report's own would be in the way of `structuredClone` and of loggers. */
class Report {
  toString(this: ShutdownReport): string {
    return drawTimeline(this);
  }
}

/**
 * The report of a record and of how the process ends: a frozen copy in whole milliseconds. Tasks and work are copied
 * field by field, always in this order: nothing else that their objects carry leaves with them.
 */
export function createReport(
  record: ShutdownRecord,
  end: Omit<ShutdownReport, keyof ShutdownRecord | 'toString'>,
): ShutdownReport {
  const data: Omit<ShutdownReport, 'toString'> = {
    version: 2,
    reason: Object.freeze({ ...record.reason }),
    startedAt: Math.round(record.startedAt),
    durationMs: Math.round(record.durationMs),
    outcome: record.outcome,
    ...given('exitCode', end.exitCode),
    ...given('propagation', end.propagation && propagationOf(end.propagation)),
    phases: Object.freeze(record.phases.map(phaseOf)),
    unfinished: Object.freeze(record.unfinished.map(workOf)),
    ...given('traffic', end.traffic && trafficOf(end.traffic)),
    ...given('sources', end.sources && Object.freeze(end.sources.map(sourceOf))),
    ...given('load', end.load && loadOf(end.load)),
    ...given('activeResources', end.activeResources && mostFirst(end.activeResources)),
  };
  return Object.freeze(Object.assign(new Report(), data));
}

function phaseOf({ name, outcome, startMs, durationMs, tasks }: PhaseReport): PhaseReport {
  return Object.freeze({
    name,
    outcome,
    startMs: Math.round(startMs),
    durationMs: Math.round(durationMs),
    // Before the times are rounded: what began one after the other stays so.
    tasks: Object.freeze(tasks.toSorted((a, b) => a.startMs - b.startMs).map(taskOf)),
  });
}

/** There may be thousands, so no objects are made that only lead to this one. */
function taskOf(task: TaskReport): TaskReport {
  const { name, outcome, critical, site, error, handedOver, blockedMs } = task;
  const copy: { -readonly [key in keyof TaskReport]: TaskReport[key] } = {
    name,
    outcome,
    startMs: Math.round(task.startMs),
    durationMs: Math.round(task.durationMs),
    critical,
  };
  if (site !== undefined) copy.site = site;
  if (error !== undefined) copy.error = error;
  if (handedOver !== undefined) copy.handedOver = handedOver;
  if (blockedMs !== undefined) copy.blockedMs = Math.round(blockedMs);
  return Object.freeze(copy);
}

function workOf({ kind, name, ageMs, fate }: UnfinishedWork): UnfinishedWork {
  return Object.freeze({ kind, name, ...given('ageMs', rounded(ageMs)), fate });
}

function propagationOf(wait: PropagationReport): PropagationReport {
  return Object.freeze({
    endedBy: wait.endedBy,
    durationMs: Math.round(wait.durationMs),
    ...given('lastArrivalMs', rounded(wait.lastArrivalMs)),
    requests: wait.requests,
    quietMs: Math.round(wait.quietMs),
    ...given('balancers', wait.balancers && Object.freeze({ ...wait.balancers })),
  });
}

function trafficOf({
  onNewConnections,
  onKeptConnections,
  lastFifth,
}: TrafficReport): TrafficReport {
  return Object.freeze({
    onNewConnections: lateRequestsOf(onNewConnections),
    onKeptConnections: lateRequestsOf(onKeptConnections),
    ...given('lastFifth', lastFifth && lastFifthOf(lastFifth)),
  });
}

function lateRequestsOf({ requests, connections, lastMs }: LateRequests): LateRequests {
  return Object.freeze({ requests, connections, ...given('lastMs', rounded(lastMs)) });
}

function lastFifthOf({
  fromMs,
  onNewConnections,
  onKeptConnections,
  callers,
}: NonNullable<TrafficReport['lastFifth']>): TrafficReport['lastFifth'] {
  return Object.freeze({
    fromMs: Math.round(fromMs),
    onNewConnections,
    onKeptConnections,
    callers: Object.freeze(
      callers.map(({ address, agent, requests }) => Object.freeze({ address, agent, requests })),
    ),
  });
}

function sourceOf({ name, kind, before, after, ...rest }: SourceReport): SourceReport {
  const { finished, givenBack, cut } = rest;
  return Object.freeze({ name, kind, before, ...given('after', after), finished, givenBack, cut });
}

function loadOf({ cpuMs, rssBytes, eventLoopDelayMs: delay }: LoadReport): LoadReport {
  return Object.freeze({
    cpuMs: Math.round(cpuMs),
    rssBytes: Object.freeze({ start: rssBytes.start, end: rssBytes.end }),
    ...given('eventLoopDelayMs', delay && delaysOf(delay)),
  });
}

function delaysOf({ mean, p99, max }: NonNullable<LoadReport['eventLoopDelayMs']>) {
  return Object.freeze({ mean: Math.round(mean), p99: Math.round(p99), max: Math.round(max) });
}

function mostFirst(resources: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.freeze(Object.fromEntries(Object.entries(resources).sort(([, a], [, b]) => b - a)));
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms);
}

/** What is not known has no key, so that the JSON is the whole report. */
function given<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
