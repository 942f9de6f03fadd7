import { describeReason } from '../../engine/reason.js';
import { oneLine } from '../../engine/clip.js';
import { durationText } from '../../report/text.js';
import { criticalPath } from './critical-path.js';
import type { StoredReport } from './stored-report.js';
import { textView } from './text-view.js';

/** All in pixels. */
const WIDTH = 960;
const NAMES = 280;
const ROW = 22;
const HEAD = 34;
const TEXT_GAP = 6;
/** So many tasks of a phase are drawn, the longest. */
const MOST_TASKS = 40;

const COLOURS: Readonly<Record<string, string>> = {
  done: '#4c8bf5',
  failed: '#d93025',
  'timed-out': '#e8710a',
  skipped: '#9aa0a6',
  'left-to-nest': '#9aa0a6',
};
const PHASE_COLOUR = '#dfe3e8';

interface Row {
  readonly label: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly colour: string;
  readonly isPhase: boolean;
  /** The end of the shutdown waited for it. */
  readonly critical: boolean;
}

/** A shutdown as an SVG image: phases, their tasks below them, and what the end waited for with a dark edge. */
export function svgOf(report: StoredReport): string {
  const rows = rowsOf(report);
  const height = HEAD + rows.length * ROW + TEXT_GAP;
  const scale = (WIDTH - NAMES - TEXT_GAP) / Math.max(1, report.durationMs);
  const bars = rows.map((row, index) => barOf(row, HEAD + index * ROW, scale));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(titleOf(report))}</title>`,
    `<text x="0" y="18" font-size="14" font-weight="bold">${escaped(titleOf(report))}</text>`,
    ...bars,
    '</svg>',
  ].join('\n');
}

/** One page with the image and all that the terminal shows, without scripts and without anything from elsewhere. */
export function htmlOf(reports: readonly StoredReport[]): string {
  const sections = reports.map(
    (report) => `<section>\n${svgOf(report)}\n<pre>${escaped(textView(report))}</pre>\n</section>`,
  );
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><title>Shutdown report</title>',
    '<style>body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}svg{width:100%}pre{overflow:auto}</style>',
    `</head><body>\n${sections.join('\n')}\n</body></html>`,
  ].join('\n');
}

function rowsOf(report: StoredReport): Row[] {
  const path = new Set(criticalPath(report).map(({ phase, name }) => `${phase}/${name}`));
  return report.phases
    .filter(({ outcome }) => outcome !== 'skipped')
    .flatMap(({ name: phase, startMs, durationMs, tasks }) => {
      const longest = tasks.toSorted((one, other) => other.durationMs - one.durationMs);
      const drawn = new Set(longest.slice(0, MOST_TASKS));
      const row = { label: phase, startMs, durationMs, colour: PHASE_COLOUR };
      return [
        { ...row, isPhase: true, critical: false },
        ...tasks
          .filter((task) => drawn.has(task))
          .map((task) => ({
            label: task.name,
            startMs: task.startMs,
            durationMs: task.durationMs,
            colour: COLOURS[task.outcome] ?? COLOURS['skipped'] ?? '',
            isPhase: false,
            critical: path.has(`${phase}/${task.name}`),
          })),
      ];
    });
}

function barOf(row: Row, y: number, scale: number): string {
  const x = NAMES + row.startMs * scale;
  const width = Math.max(1, row.durationMs * scale);
  const edge = row.critical ? ' stroke="#202124" stroke-width="1.5"' : '';
  const indent = row.isPhase ? 0 : 12;
  const weight = row.isPhase ? ' font-weight="bold"' : '';
  const text = `${row.label}: ${durationText(row.durationMs)}`;
  return (
    `<g><title>${escaped(oneLine(text))}</title>` +
    `<text x="${indent}" y="${y + 15}"${weight}>${escaped(shortened(oneLine(row.label)))}</text>` +
    `<rect x="${rounded(x)}" y="${y + 3}" width="${rounded(width)}" height="${ROW - 6}" fill="${row.colour}"${edge}/></g>`
  );
}

function titleOf({ reason, outcome, durationMs }: StoredReport): string {
  return oneLine(`${describeReason(reason)}: ${outcome} in ${durationText(durationMs)}`);
}

function shortened(text: string): string {
  const most = 40;
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
