import { groupBy, median, quantile } from '../support/statistics.mjs';
import { table } from '../support/table.mjs';

export function summarize({ options, runs }) {
  const arms = ['without', 'without, again', 'with', 'with, no integrations'];
  const rows = arms.map((arm) => [
    arm,
    middle(runs, arm, 'createToListenMs'),
    difference(runs, arm, 'createToListenMs'),
    difference(runs, arm, 'createToListenCpuMs'),
    middle(runs, arm, 'processMs'),
    difference(runs, arm, 'processMs'),
  ]);
  const header = [
    `${options.providers} providers in ${options.modules} modules`,
    'create to listening, ms',
    'more, ms (middle half)',
    'more CPU time, ms (middle half)',
    'process start to listening, ms',
    'more, ms (middle half)',
  ];
  return table(header, rows);
}

function middle(runs, arm, figure) {
  return median(runs.filter((run) => run.arm === arm).map((run) => run[figure])).toFixed(0);
}

/** Of processes that started one after the other. */
function difference(runs, arm, figure) {
  if (arm === 'without') return '';
  const differences = [...groupBy(runs, ({ round }) => round).values()].map((pair) => {
    const of = (name) => pair.find((run) => run.arm === name)[figure];
    return of(arm) - of('without');
  });
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => quantile(differences, q).toFixed(1));
  return `${middle} (${low} to ${high})`;
}
