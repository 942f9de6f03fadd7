import { groupBy, spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

export function summarize({ options, runs }) {
  const header = [
    `${options.connections} idle connections`,
    'SIGTERM to exit, ms',
    'longest stall, ms',
    'CPU time in it, ms',
    'longest stall while idle, ms',
  ];
  const rows = [...groupBy(runs, ({ contender }) => contender)].map(([contender, own]) => [
    contender,
    toExit(own, options),
    withRange(spread(own.map(({ longestStallMs }) => longestStallMs)), 0),
    withRange(spread(own.map(({ longestStallCpuMs }) => longestStallCpuMs)), 0),
    withRange(spread(own.map(({ longestStallBeforeMs }) => longestStallBeforeMs)), 0),
  ]);
  return table(header, rows);
}

function toExit(runs, { patience }) {
  const ended = runs.map(({ sigtermToExitMs }) => sigtermToExitMs).filter((ms) => ms !== null);
  if (ended.length < runs.length) return `did not end in ${patience} s`;
  return withRange(spread(ended), 0);
}
