import { groupBy, median, spread } from '../support/statistics.mjs';
import { table, withMiddleHalf, withRange } from '../support/table.mjs';

export function summarize({ options, runs }) {
  const header = [
    `${options.connections} idle connections`,
    'SIGTERM to exit, ms',
    'longest stall, ms',
    'CPU time in it, ms',
    'longest stall while idle, ms',
  ];
  const ends = runs.filter(({ contender }) => contender !== undefined);
  const rows = [...groupBy(ends, ({ contender }) => contender)].map(([contender, own]) => [
    contender,
    toExit(own, options),
    withRange(spread(own.map(({ longestStallMs }) => longestStallMs)), 0),
    withRange(spread(own.map(({ longestStallCpuMs }) => longestStallCpuMs)), 0),
    withRange(spread(own.map(({ longestStallBeforeMs }) => longestStallBeforeMs)), 0),
  ]);
  const costs = runs.filter(({ arm }) => arm !== undefined);
  return [table(header, rows), ...(costs.length > 0 ? ['', costTable(costs)] : [])].join('\n');
}

function costTable(runs) {
  const figures = [
    ['heap for each connection, bytes', 'heapPerConnection'],
    ['CPU time of app.close(), ms', 'closeCpuMs'],
  ];
  const rounds = [...groupBy(runs, ({ round }) => round).values()];
  const rows = figures.map(([name, figure]) => {
    const of = (round, wanted) => round.find(({ arm }) => arm === wanted)[figure];
    const ratio = (arm) =>
      withMiddleHalf(rounds.map((round) => of(round, arm) / of(round, 'without')));
    const middle = (arm) => median(rounds.map((round) => of(round, arm))).toFixed(0);
    return [name, middle('without'), middle('with'), ratio('with'), ratio('without, again')];
  });
  const header = ['what they cost', 'without', 'with', 'ratio (middle half)', 'same against same'];
  return table(header, rows);
}

function toExit(runs, { patience }) {
  const ended = runs.map(({ sigtermToExitMs }) => sigtermToExitMs).filter((ms) => ms !== null);
  if (ended.length < runs.length) return `did not end in ${patience} s`;
  return withRange(spread(ended), 0);
}
