import type { ShutdownReport } from '../engine/record.js';
import type { ApplicationStatus, PhaseMessage } from '../lifecycle/state-events.js';
import type { UncleanEndMessage } from '../lifecycle/life-log.js';
import type { MetricName, NameOf } from './definitions.js';
import type { Labels, Sample } from './peers.js';

/** Where measurements go: OpenTelemetry, or a registry of Prometheus. */
export interface Sink {
  add(name: NameOf<'counter'>, value: number, labels: Labels): void;
  record(name: NameOf<'histogram'>, seconds: number, labels: Labels): void;
  /** A series without a value yet. */
  expect(name: NameOf<'histogram'>, labels: Labels): void;
}

const STATES = ['starting', 'ready', 'draining', 'closing', 'closed'];
const REASONS = ['signal', 'close', 'request', 'fatal'];
const OUTCOMES = ['clean', 'forced'];
const TASK_OUTCOMES = ['done', 'failed', 'timed-out', 'skipped', 'left-to-nest'];
const CONNECTIONS = ['new', 'kept'];
const ENDED_BY = ['floor', 'quiet', 'told', 'capped', 'aborted'];
const FATES = ['finished', 'given back', 'cut'];
const KINDS = ['request', 'socket', 'hook', 'work', 'message', 'job'];
const UNFINISHED = ['refused', 'cut', 'abandoned'];
const STATISTICS = ['mean', 'p99', 'max'] as const;
const UNKNOWN = 'unknown';

/** Makes measurements of what the channels tell. Labels hold names of sources, phases and kinds, and nothing that a client sends. */
export class Measurements {
  private readonly sinks: Sink[] = [];
  private readonly values = new Map<MetricName, Sample[]>();
  /** Sources that were seen: one without work is 0, and not gone. */
  private readonly sources = new Map<string, Labels>();

  constructor(private readonly ask: () => readonly ApplicationStatus[]) {}

  addSink(sink: Sink): void {
    this.sinks.push(sink);
  }

  /** Every counter of its own is there with 0 before it is raised: what is born with its last value has no increase. */
  zero(): void {
    const statuses = this.ask();
    const phases = [...new Set(statuses.flatMap((status) => status.phases))];
    this.zeros('nestjs_graceful.shutdown.begun', { reason: REASONS });
    this.zeros('nestjs_graceful.shutdown.ended', { outcome: OUTCOMES });
    this.zeros('nestjs_graceful.task.ended', { phase: phases, outcome: TASK_OUTCOMES });
    this.zeros('nestjs_graceful.late.requests', { connection: CONNECTIONS });
    this.zeros('nestjs_graceful.last_fifth.requests', { connection: CONNECTIONS });
    this.zeros('nestjs_graceful.propagation.ended', { ended_by: ENDED_BY });
    this.zeros('nestjs_graceful.unfinished', { kind: KINDS, fate: UNFINISHED });
    this.zeros('nestjs_graceful.unclean_ends', { phase: [...STATES, ...phases, UNKNOWN] });
    for (const { source, kind } of statuses.flatMap((status) => status.sources)) {
      for (const fate of FATES) this.add('nestjs_graceful.work.ended', 0, { source, kind, fate });
    }
    for (const outcome of OUTCOMES) this.expect('nestjs_graceful.shutdown.duration', { outcome });
    for (const phase of phases) {
      this.expect('nestjs_graceful.phase.duration', { phase, outcome: 'done' });
    }
  }

  begun(reason: string): void {
    this.add('nestjs_graceful.shutdown.begun', 1, { reason });
  }

  phaseEnded({ report }: PhaseMessage): void {
    if (!report || report.outcome === 'skipped') return;
    const { name: phase, outcome, durationMs, tasks } = report;
    this.record('nestjs_graceful.phase.duration', durationMs / 1_000, { phase, outcome });
    for (const task of tasks) {
      this.add('nestjs_graceful.task.ended', 1, { phase, outcome: task.outcome });
    }
  }

  uncleanEnd({ end }: UncleanEndMessage): void {
    this.add('nestjs_graceful.unclean_ends', 1, { phase: end.record?.phase ?? UNKNOWN });
  }

  ended(report: ShutdownReport): void {
    const { outcome, durationMs } = report;
    this.add('nestjs_graceful.shutdown.ended', 1, { outcome });
    this.record('nestjs_graceful.shutdown.duration', durationMs / 1_000, { outcome });
    const graceMs = Math.max(0, ...this.ask().map(({ gracePeriodMs }) => gracePeriodMs));
    if (graceMs > 0) this.set('nestjs_graceful.budget.used', durationMs / graceMs);
    this.trafficOf(report);
    for (const { kind, fate } of report.unfinished) {
      this.add('nestjs_graceful.unfinished', 1, { kind, fate });
    }
    for (const { name: source, kind, finished, givenBack, cut } of report.sources ?? []) {
      const of = (fate: string) => ({ source, kind, fate });
      this.add('nestjs_graceful.work.ended', finished, of('finished'));
      this.add('nestjs_graceful.work.ended', givenBack, of('given back'));
      this.add('nestjs_graceful.work.ended', cut, of('cut'));
    }
    const delay = report.load?.eventLoopDelayMs;
    if (delay) {
      this.values.set(
        'nestjs_graceful.eventloop.delay',
        STATISTICS.map((statistic) => ({ value: delay[statistic] / 1_000, labels: { statistic } })),
      );
    }
  }

  /** What a gauge says now. */
  samples(name: NameOf<'gauge'>): readonly Sample[] {
    if (name === 'nestjs_graceful.state') return this.states();
    if (name === 'nestjs_graceful.in_flight') return this.inFlight();
    if (name === 'nestjs_graceful.grace_period') return this.gracePeriod();
    const values = this.values.get(name);
    if (values) return values;
    if (name === 'nestjs_graceful.eventloop.delay') {
      return STATISTICS.map((statistic) => ({ value: 0, labels: { statistic } }));
    }
    return [{ value: 0, labels: {} }];
  }

  private trafficOf({ propagation, traffic }: ShutdownReport): void {
    if (propagation) {
      this.add('nestjs_graceful.propagation.ended', 1, { ended_by: propagation.endedBy });
    }
    if (!traffic) return;
    const { onNewConnections, onKeptConnections, lastFifth } = traffic;
    const [onNew, onKept] = [{ connection: 'new' }, { connection: 'kept' }];
    this.add('nestjs_graceful.late.requests', onNewConnections.requests, onNew);
    this.add('nestjs_graceful.late.requests', onKeptConnections.requests, onKept);
    this.add('nestjs_graceful.last_fifth.requests', lastFifth?.onNewConnections ?? 0, onNew);
    this.add('nestjs_graceful.last_fifth.requests', lastFifth?.onKeptConnections ?? 0, onKept);
    const lastMs = Math.max(0, onNewConnections.lastMs ?? 0, onKeptConnections.lastMs ?? 0);
    this.set('nestjs_graceful.balancer.lag', lastMs / 1_000);
  }

  private states(): Sample[] {
    const now = new Set<string>(this.ask().map(({ progress }) => progress.state));
    return STATES.map((state) => ({ value: now.has(state) ? 1 : 0, labels: { state } }));
  }

  private inFlight(): Sample[] {
    const statuses = this.ask();
    for (const { source, kind } of statuses.flatMap(({ sources }) => sources)) {
      this.sources.set(source, { source, kind });
    }
    const counts = new Map<string, number>();
    for (const { source, count } of statuses.flatMap(({ progress }) => progress.inFlight)) {
      counts.set(source, (counts.get(source) ?? 0) + count);
    }
    return [...this.sources].map(([name, labels]) => ({ value: counts.get(name) ?? 0, labels }));
  }

  private gracePeriod(): Sample[] {
    return this.ask()
      .slice(0, 1)
      .map(({ gracePeriodMs }) => ({ value: gracePeriodMs / 1_000, labels: {} }));
  }

  private zeros(
    name: NameOf<'counter'>,
    values: Readonly<Record<string, readonly string[]>>,
  ): void {
    let all: Labels[] = [{}];
    for (const [label, each] of Object.entries(values)) {
      all = all.flatMap((labels) => each.map((value) => ({ ...labels, [label]: value })));
    }
    for (const labels of all) this.add(name, 0, labels);
  }

  private add(name: NameOf<'counter'>, value: number, labels: Labels): void {
    for (const sink of this.sinks) sink.add(name, value, labels);
  }

  private record(name: NameOf<'histogram'>, value: number, labels: Labels): void {
    for (const sink of this.sinks) sink.record(name, value, labels);
  }

  private expect(name: NameOf<'histogram'>, labels: Labels): void {
    for (const sink of this.sinks) sink.expect(name, labels);
  }

  private set(name: NameOf<'gauge'>, value: number): void {
    this.values.set(name, [{ value, labels: {} }]);
  }
}
