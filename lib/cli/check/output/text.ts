import { styleText } from 'node:util';
import type { Finding } from '../finding.js';
import type { Severity } from '../severity.js';
import { countText } from '../../../report/text.js';
import type { Outcome } from './outcome.js';

const COLOURS = { error: 'red', warning: 'yellow', note: 'blue' } as const;

/** For people: by file, each finding with its remedy and, where it can be made, its change. */
export function asText(outcome: Outcome, colours: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const files = new Set(outcome.findings.map(({ place }) => place.file));
  const blocks = [...files].map((file) => {
    const own = outcome.findings.filter(({ place }) => place.file === file);
    return [paint('bold', file), ...own.flatMap((finding) => linesOf(finding, paint))].join('\n');
  });
  const broken = outcome.unreadable.map(
    ({ place, message }) =>
      `${paint('bold', `${place.file}:${place.line}`)} ${paint('red', message)}`,
  );
  return [...blocks, ...(broken.length > 0 ? [broken.join('\n')] : []), summary(outcome)].join(
    '\n\n',
  );
}

type Paint = (style: 'bold' | 'dim' | 'red' | 'yellow' | 'blue' | 'green', text: string) => string;

function linesOf(finding: Finding, paint: Paint): string[] {
  const { place, severity, rule, subject, message, remedy, from, edit } = finding;
  const head = `  ${String(place.line).padStart(4)}  ${paint(COLOURS[severity], severity.padEnd(7))}  ${subject}: ${message}  ${paint('dim', rule)}`;
  const change = edit
    ? patchOf(edit).map(
        ([sign, text]) =>
          `              ${paint(sign === '-' ? 'red' : 'green', `${sign} ${text}`)}`,
      )
    : [];
  return [
    head,
    ...(from === undefined ? [] : [`              from ${from}`]),
    `              ${remedy}`,
    ...change,
  ];
}

/** The lines that a change takes out and puts in. */
function patchOf({
  source,
  start,
  end,
  text,
}: NonNullable<Finding['edit']>): Array<readonly ['-' | '+', string]> {
  const from = source.lineStart(start);
  const to = source.text.indexOf('\n', end);
  const before = source.text.slice(from, to === -1 ? source.text.length : to);
  const after = before.slice(0, start - from) + text + before.slice(end - from);
  const kept = new Set(before.split('\n'));
  const added = after.split('\n').filter((line) => !kept.has(line));
  const removed = before.split('\n').filter((line) => !after.split('\n').includes(line));
  return [
    ...removed.map((line) => ['-', line.trim()] as const),
    ...added.map((line) => ['+', line.trim()] as const),
  ];
}

function summary({ findings, unreadable, counts, hasPlan }: Outcome): string {
  const number = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const parts = [
    countText(number('error'), 'error'),
    countText(number('warning'), 'warning'),
    countText(number('note'), 'note'),
  ];
  const fixable = findings.filter(({ edit }) => edit).length;
  const checked = `${counts.checked} checked`;
  const notes = [
    checked,
    ...(counts.templates > 0 ? [`${countText(counts.templates, 'template')} not`] : []),
    ...(unreadable.length > 0 ? [`${unreadable.length} unreadable`] : []),
    ...(fixable > 0 ? [`${fixable} can be changed by --fix`] : []),
  ];
  const plan = hasPlan
    ? ''
    : '\nWithout a plan: what needs the numbers of the application was not checked (--plan, see --help).';
  return `${parts.join(', ')} (${notes.join(', ')})${plan}`;
}
