import { groupBy, median, spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

/** Applications of the benchmark; each module has as many providers as the others. */
export const SHAPES = {
  flat: { providers: 1_000 },
  hooks: { providers: 1_000, hooks: true },
  'hooks-5000': { providers: 5_000, hooks: true },
  'hooks-10000': { providers: 10_000, hooks: true },
  chain: { providers: 2_000, hooks: true, chain: true },
  dense: { providers: 2_000, hooks: true, injected: 20 },
};

const NAMES = {
  flat: '1,000 providers',
  hooks: '1,000, each with a hook',
  'hooks-5000': '5,000, each with a hook',
  'hooks-10000': '10,000, each with a hook',
  chain: '2,000, each with a hook, modules in a chain',
  dense: '2,000, each with a hook, each injects 20',
};

const COLUMNS = [
  ['start, CPU', 'createToListenUserMs'],
  ['start, time', 'createToListenMs'],
  ['heap', 'heapKiB'],
  ['end, CPU', 'endUserMs'],
];

/** All but one column are ratios of two processes of a round; the figure is the median of the rounds. */
export function summarize({ runs }) {
  const rows = [...groupBy(runs, ({ shape }) => shape)].flatMap(([shape, ofShape]) =>
    ['without, again', 'with'].map((arm) => {
      const pairs = pairsOf(ofShape, arm);
      const more = pairs.map(([one, base]) => one.createToListenUserMs - base.createToListenUserMs);
      const ratios = COLUMNS.map(([, figure]) =>
        withRange(spread(pairs.map(([one, base]) => one[figure] / base[figure])), 2),
      );
      return [`${NAMES[shape]}: ${arm}`, median(more).toFixed(0), ...ratios];
    }),
  );
  const header = ['start and end, ratio to without', 'more user CPU at start, ms'];
  return table([...header, ...COLUMNS.map(([name]) => name)], rows);
}

function pairsOf(runs, arm) {
  return [...groupBy(runs, ({ round }) => round).values()].map((round) =>
    [arm, 'without'].map((name) => round.find((run) => run.arm === name)),
  );
}
