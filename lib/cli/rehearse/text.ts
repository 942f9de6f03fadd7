import { CAUSES, type Cause } from './diagnose.js';
import type { ArmResult } from './arm.js';
import type { Rehearsal } from './result.js';

/** The result for a terminal. */
export function rehearsalText(result: Rehearsal): string {
  const { arms, platform, graceMs, replicas, seed, verdict, reasons, sentence } = result;
  const names = armNames(result);
  return [
    `${replicas} × ${result.entry} on ${platform}, ${graceMs / 1_000} s of grace, seed ${seed}`,
    '',
    ...table(['', ...names], rowsOf(arms.control, arms.module)),
    '',
    ...lossLines(`Lost by ${names[0]}`, arms.control),
    ...reasons.map((reason) => `- ${reason}`),
    `${verdict}: ${sentence}`,
  ].join('\n');
}

/** What the two arms are called. */
export function armNames({ hasModule }: Rehearsal): readonly [control: string, module: string] {
  return hasModule ? ['module switched off', 'module'] : ['as it is', 'module added'];
}

export function rowsOf(...arms: readonly ArmResult[]): string[][] {
  const row = (name: string, of: (arm: ArmResult) => unknown) => [
    name,
    ...arms.map((arm) => String(of(arm))),
  ];
  return [
    row('requests', ({ requests }) => requests),
    row('lost', ({ lost }) => lost),
    row('longest gap, ms', ({ longestGapMs }) => longestGapMs),
    row('p99 at rest, ms', ({ p99AtRestMs }) => p99AtRestMs),
    row('p99 during, ms', ({ p99Ms }) => p99Ms),
    row('stop to exit, s', ({ stops }) => span(stops.map(({ ms }) => ms / 1_000))),
    row('killed', ({ stops }) => stops.filter(({ killed }) => killed).length),
    row('exits', ({ stops }) =>
      [...new Set(stops.map(({ code, signal }) => signal ?? code))].join(', '),
    ),
  ];
}

function span(values: readonly number[]): string {
  const [least, most] = [Math.min(...values).toFixed(1), Math.max(...values).toFixed(1)];
  return least === most ? least : `${least} to ${most}`;
}

function lossLines(title: string, { losses }: ArmResult): string[] {
  const lines = Object.entries(losses).map(
    ([cause, count]) => `  ${count} ${CAUSES[cause as Cause].text}`,
  );
  return lines.length > 0 ? [`${title}:`, ...lines, ''] : [];
}

function table(head: readonly string[], rows: readonly string[][]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]),
      )
      .join('  ')
      .trimEnd(),
  );
}
