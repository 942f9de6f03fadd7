import { groupBy, median, spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

const ARMS = ['without', 'without, again', 'with', 'with, no integrations', 'without, slowed'];

export function summarize({ options, runs }) {
  const full = runs.filter(({ load }) => load === 'full');
  const constant = runs.filter(({ load }) => load === 'constant');
  const rows = ARMS.map((arm) => [
    arm === 'without, slowed' ? `without, slowed by ${options.busy} µs` : arm,
    perSecond(full, arm),
    withRange(
      ratios(full, arm, ({ requests, ms }) => requests / ms),
      3,
    ),
    withRange(
      ratios(full, arm, ({ cpuMicrosecondsPerRequest }) => cpuMicrosecondsPerRequest),
      3,
    ),
    latency(constant, arm, 'p50'),
    latency(constant, arm, 'p99'),
  ]);
  const header = [
    `the module (${options.platform})`,
    'requests/s',
    'throughput, ratio',
    'CPU per request, ratio',
    'p50 ms',
    'p99 ms',
  ];
  return table(header, rows);
}

function perSecond(runs, arm) {
  const own = runs.filter((run) => run.arm === arm);
  return String(Math.round(median(own.map(({ requests, ms }) => (requests / ms) * 1_000))));
}

/** One ratio for each round, that is for each pair of processes: the median of its pairs of slices. */
function ratios(runs, arm, figure) {
  const rounds = groupBy(runs, ({ round }) => round);
  const perRound = [...rounds.values()].map((inRound) => {
    const slices = groupBy(inRound, ({ slice }) => slice);
    return median(
      [...slices.values()].map((slice) => {
        const of = (name) => figure(slice.find((run) => run.arm === name));
        return of(arm) / of('without');
      }),
    );
  });
  return spread(perRound);
}

function latency(runs, arm, quantile) {
  return median(runs.filter((run) => run.arm === arm).map((run) => run[quantile])).toFixed(2);
}
