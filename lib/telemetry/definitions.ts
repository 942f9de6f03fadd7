/** A metric of this package, as OpenTelemetry names it. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Of UCUM, as OpenTelemetry wants it: `s`, `1` for a share, `{request}` for things. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly about: string;
}

/**
 * All metrics there are. The table of docs/telemetry.md is made from it, and the queries of ops/ are held against it.
 *
 * Nothing here is what instrumentations measure by the semantic conventions: `http.server.active_requests` and
 * `nodejs.eventloop.delay.*` stay theirs.
 */
export const METRICS = [
  {
    name: 'nestjs_graceful.state',
    type: 'gauge',
    unit: '',
    labels: ['state'],
    about: '1 for the state the application is in, else 0.',
  },
  {
    name: 'nestjs_graceful.in_flight',
    type: 'gauge',
    unit: '{piece}',
    labels: ['source', 'kind'],
    about: 'Work in flight, by source.',
  },
  {
    name: 'nestjs_graceful.grace_period',
    type: 'gauge',
    unit: 's',
    labels: [],
    about: 'From the stop signal to SIGKILL.',
  },
  {
    name: 'nestjs_graceful.shutdown.begun',
    type: 'counter',
    unit: '{shutdown}',
    labels: ['reason'],
    about: 'Shutdowns that have begun.',
  },
  {
    name: 'nestjs_graceful.shutdown.ended',
    type: 'counter',
    unit: '{shutdown}',
    labels: ['outcome'],
    about: 'Shutdowns that have come to their report.',
  },
  {
    name: 'nestjs_graceful.shutdown.duration',
    type: 'histogram',
    unit: 's',
    labels: ['outcome'],
    about: 'How long shutdowns took.',
  },
  {
    name: 'nestjs_graceful.budget.used',
    type: 'gauge',
    unit: '1',
    labels: [],
    about: 'The share of the grace period that the shutdown took; 0 before.',
  },
  {
    name: 'nestjs_graceful.phase.duration',
    type: 'histogram',
    unit: 's',
    labels: ['phase', 'outcome'],
    about: 'How long each phase of a shutdown took.',
  },
  {
    name: 'nestjs_graceful.task.ended',
    type: 'counter',
    unit: '{task}',
    labels: ['phase', 'outcome'],
    about: 'Tasks and hooks of a shutdown.',
  },
  {
    name: 'nestjs_graceful.late.requests',
    type: 'counter',
    unit: '{request}',
    labels: ['connection'],
    about: 'Requests that came after the shutdown had begun.',
  },
  {
    name: 'nestjs_graceful.last_fifth.requests',
    type: 'counter',
    unit: '{request}',
    labels: ['connection'],
    about:
      'Requests that came in the last fifth of the longest wait for the load balancers, or later.',
  },
  {
    name: 'nestjs_graceful.balancer.lag',
    type: 'gauge',
    unit: 's',
    labels: [],
    about: 'How long after the beginning of the shutdown the last request came; 0 before.',
  },
  {
    name: 'nestjs_graceful.propagation.ended',
    type: 'counter',
    unit: '{wait}',
    labels: ['ended_by'],
    about: 'Waits for the load balancers, by what ended them.',
  },
  {
    name: 'nestjs_graceful.work.ended',
    type: 'counter',
    unit: '{piece}',
    labels: ['source', 'kind', 'fate'],
    about: 'What became of work that was in flight when the shutdown began, or came since.',
  },
  {
    name: 'nestjs_graceful.unfinished',
    type: 'counter',
    unit: '{piece}',
    labels: ['kind', 'fate'],
    about: 'What was left at a deadline: work, and sockets and hooks, too.',
  },
  {
    name: 'nestjs_graceful.eventloop.delay',
    type: 'gauge',
    unit: 's',
    labels: ['statistic'],
    about: 'How late the event loop was during the shutdown; 0 before.',
  },
  {
    name: 'nestjs_graceful.unclean_ends',
    type: 'counter',
    unit: '{life}',
    labels: ['phase'],
    about: 'Former lives that were killed, or exited before their shutdown was over (`lifeLog`).',
  },
] as const satisfies readonly MetricDefinition[];

export type MetricName = (typeof METRICS)[number]['name'];
export type NameOf<Type extends MetricDefinition['type']> = Extract<
  (typeof METRICS)[number],
  { type: Type }
>['name'];

/** Of all histograms, in seconds: a shutdown takes less than a second, or minutes. */
export const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300];

const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', '1': '_ratio' };

/** The name in Prometheus, as OpenTelemetry's collector makes it of its own. */
export function prometheusName({ name, unit, type }: MetricDefinition): string {
  const suffix = (SUFFIXES[unit] ?? '') + (type === 'counter' ? '_total' : '');
  return name.replaceAll('.', '_') + suffix;
}
