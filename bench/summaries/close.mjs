import { groupBy, median } from '../support/statistics.mjs';
import { table, withMiddleHalf } from '../support/table.mjs';

const ARMS = ['without', 'without, again', 'with'];

export function summarize({ options, runs }) {
  const kinds = [
    ['idle, later closes, ms', ({ hooks, close }) => hooks === 0 && close > 0, 'closeMs'],
    [
      'idle, first close of the process, ms',
      ({ hooks, close }) => hooks === 0 && close === 0,
      'closeMs',
    ],
    ['1,000 hooks, CPU ms', ({ hooks }) => hooks === 1_000, 'closeCpuMs'],
    ['5,000 hooks, CPU ms', ({ hooks }) => hooks === 5_000, 'closeCpuMs'],
  ];
  const header = [
    `app.close() (${options.platform})`,
    ...['without', 'with', 'more (middle half)', 'ratio (middle half)', 'same against same'],
  ];
  const rows = kinds.map(([name, isMeant, figure]) => {
    const pairs = pairsOf(runs.filter(isMeant), figure);
    const of = (arm) => median(pairs.map((pair) => pair[arm])).toFixed(2);
    return [
      name,
      of('without'),
      of('with'),
      withMiddleHalf(pairs.map((pair) => pair.with - pair.without)),
      withMiddleHalf(pairs.map((pair) => pair.with / pair.without)),
      withMiddleHalf(pairs.map((pair) => pair['without, again'] / pair.without)),
    ];
  });
  return table(header, rows);
}

/** Closes that followed each other. */
function pairsOf(runs, figure) {
  const pairs = groupBy(runs, ({ round, close }) => `${round} ${close}`);
  return [...pairs.values()].map((pair) =>
    Object.fromEntries(ARMS.map((name) => [name, pair.find(({ arm }) => arm === name)[figure]])),
  );
}
