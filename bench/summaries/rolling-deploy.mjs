import { spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

const LOSSES = ['reset', 'refused', '5xx', 'truncated', 'timeout', 'unexpected'];

export function summarize({ options, runs }) {
  const seen = LOSSES.filter((loss) => runs.some((run) => run[loss] > 0));
  const header = [
    `${options.replicas * options.rounds} replicas replaced, ${options.rate} requests/s`,
    'database closed in',
    'requests',
    'lost',
    ...seen,
    'SIGKILLs',
    'SIGTERM to exit, s',
  ];
  const rows = runs.map((run) => [
    run.contender,
    run.closeIn ?? 'onModuleDestroy', // all runs before there was a choice
    String(run.requests),
    String(LOSSES.reduce((sum, loss) => sum + run[loss], 0)),
    ...seen.map((loss) => String(run[loss])),
    String(run.sigkills),
    withRange(spread(run.seconds), 1),
  ]);
  return table(header, rows);
}
