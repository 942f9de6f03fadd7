import { groupBy, median, spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

const ARMS = [
  'without',
  'without, again',
  'module, telemetry off',
  'module, telemetry on',
  'without, slowed',
];

export function summarize({ options, runs }) {
  const rows = ARMS.map((arm) => [
    arm === 'without, slowed' ? `without, slowed by ${options.busy} µs` : arm,
    median(runs.filter((run) => run.arm === arm).map(cpuOf)).toFixed(0),
    withRange(ratios(runs, arm), 3),
  ]);
  return table(
    [`traced (${options.platform})`, 'CPU per request, µs', 'CPU per request, ratio'],
    rows,
  );
}

const cpuOf = ({ cpuMicrosecondsPerRequest }) => cpuMicrosecondsPerRequest;

/** One ratio for each round, that is for each pair of processes: the median of its pairs of slices. */
function ratios(runs, arm) {
  const rounds = groupBy(runs, ({ round }) => round);
  const perRound = [...rounds.values()].map((inRound) => {
    const slices = groupBy(inRound, ({ slice }) => slice);
    const pairs = [...slices.values()].map((slice) => {
      const of = (name) => cpuOf(slice.find((run) => run.arm === name));
      return of(arm) / of('without');
    });
    return median(pairs);
  });
  return spread(perRound);
}
