import type { Outcome } from 'nestjs-graceful/testing/rig';
import { exitSeconds, kills, lost, tally } from './figures.js';
import type { VariantResult } from './run-variant.js';

const TITLES = { module: 'nestjs-graceful', plain: 'plain Nest' };

/** Shown only when there is something to show. */
const RARE = ['  other', 'orders stored, client saw an error'];

/** The variants side by side. */
export function renderTable(results: VariantResult[]): string {
  const row = (label: string, figure: (result: VariantResult) => string | number): string[] => [
    label,
    ...results.map((result) => String(figure(result))),
  ];
  const rows = [
    row('', (result) => TITLES[result.variant]),
    row('requests', (result) => result.requests),
    row('lost', lost),
    row('  connection reset', (result) => result.outcomes.reset),
    row('  connection refused', (result) => result.outcomes.refused),
    row('  5xx', (result) => withCodes(result, '5xx')),
    row('  body truncated', (result) => result.outcomes.truncated),
    row('  timed out', (result) => result.outcomes.timeout),
    row('  other', (result) => withCodes(result, 'unexpected')),
    row('orders acknowledged', (result) => result.orders.acknowledged),
    row('  missing from the database', (result) => result.orders.missing),
    row('orders stored, client saw an error', (result) => result.orders.unanswered),
    row('replicas replaced', (result) => result.replacements.length),
    row(
      '  ended with',
      (result) =>
        tally(result.replacements.map(({ code, signal }) => signal ?? `code ${code}`)) || '-',
    ),
    row('  SIGKILLs', kills),
    row(
      'seconds from SIGTERM to exit: median',
      (result) => exitSeconds(result)?.median.toFixed(1) ?? '-',
    ),
    row(
      '                              max',
      (result) => exitSeconds(result)?.max.toFixed(1) ?? '-',
    ),
  ];
  const shown = rows.filter(
    ([label, ...cells]) => !RARE.includes(label) || cells.some((cell) => cell !== '0'),
  );
  const widths = shown[0].map((_, column) =>
    Math.max(...shown.map((cells) => cells[column].length)),
  );
  return shown
    .map(([label, ...cells]) =>
      [
        label.padEnd(widths[0]),
        ...cells.map((cell, index) => cell.padStart(widths[index + 1])),
      ].join('   '),
    )
    .join('\n');
}

/** What most of the losses were, in words a log has. */
export function renderFailures(result: VariantResult): string {
  const kinds = tally(
    result.failures.map(({ request, outcome, code }) => `${request}: ${outcome} (${code})`),
  );
  return kinds && `${TITLES[result.variant]} lost: ${kinds}`;
}

function withCodes(result: VariantResult, outcome: Outcome): string {
  const codes = result.failures
    .filter((failure) => failure.outcome === outcome)
    .map(({ code }) => code);
  return codes.length === 0 ? '0' : tally(codes);
}
