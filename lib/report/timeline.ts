import { oneLine } from '../engine/clip.js';
import { durationText } from './text.js';
import { describeReason } from '../engine/reason.js';
import type {
  PhaseReport,
  ShutdownRecord,
  ShutdownReport,
  TaskOutcome,
  TaskReport,
  UnfinishedWork,
} from '../engine/record.js';

type TimelineSource = ShutdownRecord &
  Partial<Pick<ShutdownReport, 'exitCode' | 'activeResources'>>;

/** Columns of a terminal that nobody has widened. */
const WIDTH = 80;
/** The names take between these many columns; the bars have the rest. */
const NAME_WIDTH = { min: 16, max: 32 } as const;
const MIN_BAR_WIDTH = 10;
/** At most this many rows of a phase, and of each list below; the report itself holds all of them. */
const MAX_ROWS = 10;

const OUTCOME_WORDS: Readonly<Record<TaskOutcome, string>> = {
  'timed-out': 'timed out',
  failed: 'failed',
  skipped: 'skipped',
  'left-to-nest': 'left to Nest',
  done: 'done',
};
const WORST_FIRST = Object.keys(OUTCOME_WORDS) as readonly TaskOutcome[];

/** One line of the chart, before it is known how wide the columns are. */
interface Row {
  readonly label: string;
  /** Marked at the left edge, for an eye that looks for what went wrong. */
  readonly trouble: boolean;
  /** Without a bar when it never began. */
  readonly bar?: { readonly stroke: string; readonly end: string; readonly span: Span };
  readonly details: readonly string[];
}

interface Span {
  readonly startMs: number;
  readonly durationMs: number;
}

/**
 * Draws a shutdown for a terminal of 80 columns, in ASCII but for the names: phases `====`, their tasks `----` below
 * them on one scale of time. What hung ends in `>`, what failed in `x`, and both are marked `!`.
 */
export function drawTimeline(record: TimelineSource): string {
  const sections = [
    [header(record)],
    chart(record),
    unfinishedLines(record.unfinished),
    resourceLines(record.activeResources ?? {}),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => clip(line, WIDTH).trimEnd()).join('\n'))
    .join('\n\n');
}

/** The stragglers, then what failed; among equals the longest. */
export function worstFirst(tasks: readonly TaskReport[]): TaskReport[] {
  return [...tasks].sort(
    (a, b) =>
      WORST_FIRST.indexOf(a.outcome) - WORST_FIRST.indexOf(b.outcome) ||
      Number(b.critical) - Number(a.critical) ||
      b.durationMs - a.durationMs,
  );
}

function header({ reason, outcome, durationMs, exitCode }: TimelineSource): string {
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  const end = `: ${outcome} in ${durationText(durationMs)}${code}`;
  return `${clip(oneLine(describeReason(reason)), WIDTH - end.length)}${end}`;
}

function chart({ phases, durationMs }: ShutdownRecord): string[] {
  const ran = phases.filter(({ outcome }) => outcome !== 'skipped');
  const skipped = phases.filter(({ outcome }) => outcome === 'skipped').map(({ name }) => name);
  const rows = ran.flatMap(phaseRows);
  return [
    ...(rows.length > 0 ? draw(rows, durationMs) : ['  nothing to do']),
    ...(skipped.length > 0 ? [`  skipped: ${oneLine(skipped.join(', '))}`] : []),
  ];
}

function phaseRows(phase: PhaseReport): Row[] {
  const row: Row = {
    label: oneLine(phase.name),
    trouble: phase.outcome === 'timed-out',
    bar: { stroke: '=', end: '', span: phase },
    details: [],
  };
  const worst = worstFirst(phase.tasks);
  const hidden = worst.slice(MAX_ROWS);
  const hiding = new Set(hidden);
  const shown = phase.tasks
    .filter((task) => !hiding.has(task))
    .sort((a, b) => a.startMs - b.startMs);
  return [row, ...shown.map(taskRow), ...(hidden.length > 0 ? [moreRow(hidden)] : [])];
}

function taskRow(task: TaskReport): Row {
  const began = task.outcome !== 'skipped' && task.outcome !== 'left-to-nest';
  const end = task.outcome === 'timed-out' ? '>' : task.outcome === 'failed' ? 'x' : '';
  return {
    label: `  ${oneLine(task.name)}`,
    trouble: task.outcome !== 'done' && task.outcome !== 'left-to-nest',
    ...(began ? { bar: { stroke: '-', end, span: task } } : {}),
    details: detailsOf(task).map((line) => `      ${line}`),
  };
}

function moreRow(tasks: readonly TaskReport[]): Row {
  const counts = WORST_FIRST.map((outcome) => ({
    word: OUTCOME_WORDS[outcome],
    count: tasks.filter((task) => task.outcome === outcome).length,
  })).filter(({ count }) => count > 0);
  const text = counts.map(({ word, count }) => `${count} ${word}`).join(', ');
  const trouble = tasks.some(({ outcome }) => outcome !== 'done' && outcome !== 'left-to-nest');
  return { label: `  and ${tasks.length} more: ${text}`, trouble, details: [] };
}

/** What there is to say of a task that did not simply end, and where to find it; in one line if it fits. */
function detailsOf({ outcome, critical, site, error, blockedMs }: TaskReport): string[] {
  if (outcome === 'done' && blockedMs === undefined) return [];
  const words = [
    ...(outcome === 'done' ? [] : [OUTCOME_WORDS[outcome]]),
    ...(critical && outcome !== 'done' ? ['critical'] : []),
    ...(blockedMs === undefined ? [] : [`blocked the event loop for ${durationText(blockedMs)}`]),
  ].join(', ');
  const head = site === undefined ? words : `${words} (${oneLine(site)})`;
  if (error === undefined) return [head];
  const message = oneLine(error);
  const line = `${head}: ${message}`;
  return columns(line) <= WIDTH - 6 ? [line] : [head, `  ${message}`];
}

function draw(rows: readonly Row[], durationMs: number): string[] {
  const spans = rows.flatMap(({ bar }) => bar?.span ?? []);
  const totalMs = spans.reduce((end, span) => Math.max(end, endOf(span)), durationMs);
  const labels = rows.filter(({ bar }) => bar).map(({ label }) => columns(label));
  const nameWidth = Math.min(NAME_WIDTH.max, Math.max(NAME_WIDTH.min, ...labels));
  const times = spans.flatMap((span) => [exact(span.startMs), exact(span.durationMs)]);
  const timeWidth = times.reduce((width, time) => Math.max(width, time.length + 2), 8);
  const barWidth = Math.max(MIN_BAR_WIDTH, WIDTH - 2 - nameWidth - 2 * timeWidth - 2);
  const at = (ms: number) =>
    totalMs > 0 ? clamp(Math.round((ms / totalMs) * barWidth), barWidth) : 0;

  const line = ({ label, trouble, bar, details }: Row): string[] => {
    const mark = trouble ? '! ' : '  ';
    if (!bar) return [`${mark}${label}`, ...details];
    const { startMs, durationMs } = bar.span;
    const from = Math.min(at(startMs), barWidth - 1);
    const length = Math.max(1, at(endOf(bar.span)) - from);
    const times = `${exact(startMs).padStart(timeWidth)}${exact(durationMs).padStart(timeWidth)}`;
    const stroke = `${bar.stroke.repeat(length - bar.end.length)}${bar.end}`;
    return [`${mark}${fit(label, nameWidth)}${times}  ${' '.repeat(from)}${stroke}`, ...details];
  };
  const scale = `0 s${durationText(totalMs).padStart(barWidth - 3)}`;
  const titles = `${'start'.padStart(timeWidth)}${'took'.padStart(timeWidth)}`;
  return [`  ${' '.repeat(nameWidth)}${titles}  ${scale}`, ...rows.flatMap(line)];
}

/** The oldest first; the same route many times is one row. */
function unfinishedLines(unfinished: readonly UnfinishedWork[]): string[] {
  const alike = new Map<string, UnfinishedWork[]>();
  for (const work of unfinished) {
    const key = JSON.stringify([work.kind, work.name, work.fate]);
    const group = alike.get(key);
    if (group) group.push(work);
    else alike.set(key, [work]);
  }
  const groups = [...alike.values()]
    .map((works) => ({ works, ageMs: oldestOf(works) }))
    .sort((a, b) => (b.ageMs ?? -1) - (a.ageMs ?? -1));
  const rows = groups.slice(0, MAX_ROWS).flatMap(({ works, ageMs }) => workRow(works, ageMs));
  const longest = rows.reduce((width, { name }) => Math.max(width, columns(name)), 0);
  const nameWidth = Math.min(longest, NAME_WIDTH.max);
  return list(
    `${unfinished.length} unfinished`,
    rows.map(({ kind, name, fate }) => `${kind.padEnd(7)}  ${fit(name, nameWidth)}  ${fate}`),
    groups.length,
  );
}

function workRow([work, ...others]: readonly UnfinishedWork[], ageMs: number | undefined) {
  if (!work) return [];
  const alike = others.length > 0;
  const after = ageMs === undefined ? '' : ` after ${alike ? 'up to ' : ''}${durationText(ageMs)}`;
  const times = alike ? `, ${others.length + 1} of them` : '';
  return [{ kind: work.kind, name: oneLine(work.name), fate: `${work.fate}${after}${times}` }];
}

function oldestOf(works: readonly UnfinishedWork[]): number | undefined {
  const ages = works.flatMap(({ ageMs }) => ageMs ?? []);
  return ages.length > 0 ? ages.reduce((most, age) => Math.max(most, age)) : undefined;
}

function resourceLines(resources: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(resources).sort(([, a], [, b]) => b - a);
  return list(
    'still active in the event loop',
    entries
      .slice(0, MAX_ROWS)
      .map(([type, count]) => `${String(count).padStart(5)}  ${oneLine(type)}`),
    entries.length,
  );
}

/** A title and what is shown of so many. */
function list(title: string, rows: readonly string[], count: number): string[] {
  if (count === 0) return [];
  const more = count > rows.length ? [`and ${count - rows.length} more`] : [];
  return [title, ...[...rows, ...more].map((row) => `  ${row}`)];
}

/** One precision for all of a chart, or what ran one after the other looks simultaneous. */
function exact(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function endOf({ startMs, durationMs }: Span): number {
  return startMs + durationMs;
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}

/** Columns that a character takes in a terminal. */
function columnsOf(char: string): number {
  if (/[\p{Mark}\p{Cf}]/u.test(char)) return 0;
  return /[\p{Emoji_Presentation}\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}]/u.test(char)
    ? 2
    : 1;
}

function columns(text: string): number {
  let width = 0;
  for (const char of text) width += columnsOf(char);
  return width;
}

/** The beginning of a text, and `…` when there was more. */
function clip(text: string, width: number): string {
  if (columns(text) <= width) return text;
  let beginning = '';
  let left = width - 1;
  for (const char of text) {
    left -= columnsOf(char);
    if (left < 0) break;
    beginning += char;
  }
  return `${beginning}…`;
}

function fit(text: string, width: number): string {
  const shown = clip(text, width);
  return shown + ' '.repeat(width - columns(shown));
}
