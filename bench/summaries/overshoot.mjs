import { groupBy, spread } from '../support/statistics.mjs';
import { table, withRange } from '../support/table.mjs';

export function summarize({ options, runs }) {
  const header = [
    `${options.platform}, ${options.busy} requests in flight`,
    'overshoot, ms',
    'failed',
    'cut',
    'queries running when the database was closed',
    'ended by',
  ];
  const rows = [...groupBy(runs, ({ contender }) => contender)].map(([contender, own]) => [
    contender,
    overshoot(own, options),
    range(own.map(({ failed }) => failed)),
    range(own.map(({ cut }) => cut)),
    range(own.map(({ closedUnderQueries }) => closedUnderQueries)),
    [...new Set(own.map(end))].join(', '),
  ]);
  return table(header, rows);
}

function overshoot(runs, { patience }) {
  const ended = runs.map(({ overshootMs }) => overshootMs).filter((ms) => ms !== null);
  if (ended.length === 0) return `did not end in ${patience} s`;
  const text = withRange(spread(ended), 0);
  const missing = runs.length - ended.length;
  return missing === 0 ? text : `${text}; ${missing} did not end in ${patience} s`;
}

function range(values) {
  if (values.every((value) => value === null)) return 'never closed';
  const { min, max } = spread(values.map((value) => value ?? 0));
  return min === max ? `${min}` : `${min} to ${max}`;
}

function end({ overshootMs, exitCode, exitSignal }) {
  if (overshootMs === null) return 'our SIGKILL';
  return exitSignal ?? `exit ${exitCode}`;
}
