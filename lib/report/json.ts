import { createReport } from './create-report.js';
import type {
  PhaseReport,
  ShutdownReport,
  SourceReport,
  TaskOutcome,
  TaskReport,
  TrafficReport,
  UnfinishedWork,
} from '../engine/record.js';
import { worstFirst } from './timeline.js';

/** With at least this many bytes `reportToJson` keeps to them, whatever the report holds. */
export const REPORT_JSON_MIN_BYTES = 1024;

/** How much of a report is kept. */
interface Limits {
  /** Bytes of an error, and of the text of a reason. */
  readonly text: number;
  /** Bytes of a name, and of the place where a task was registered. */
  readonly name: number;
  /** How many tasks, how much unfinished work, and how many types of resources. */
  readonly items: number;
  readonly phases: number;
}

/** What a report of less than the whole leaves out, by number. */
interface Omitted {
  readonly tasks?: Partial<Record<TaskOutcome, number>>;
  readonly unfinished?: number;
  readonly phases?: number;
  readonly activeResources?: number;
  readonly sources?: number;
  readonly callers?: number;
}

type ShortReport = Omit<ShutdownReport, 'toString'> & { readonly omitted?: Omitted };

const ALL = Infinity;

/** A piece of unfinished work without a name has more. */
const LEAST_ITEM_BYTES = 32;

/** Less and less, all of them without tasks that simply ended. The first that fits is taken. */
const STEPS: readonly Limits[] = [
  { text: ALL, name: ALL, items: ALL, phases: ALL },
  { text: 300, name: 200, items: ALL, phases: ALL },
  { text: 120, name: 100, items: ALL, phases: ALL },
  { text: 120, name: 100, items: 32, phases: ALL },
  { text: 120, name: 100, items: 16, phases: ALL },
  { text: 100, name: 80, items: 12, phases: ALL },
  { text: 100, name: 80, items: 8, phases: ALL },
  { text: 80, name: 64, items: 4, phases: ALL },
  { text: 64, name: 48, items: 2, phases: ALL },
  { text: 48, name: 32, items: 1, phases: ALL },
  { text: 48, name: 32, items: 1, phases: 16 },
  { text: 40, name: 24, items: 1, phases: 8 },
  { text: 40, name: 24, items: 1, phases: 4 },
  { text: 40, name: 24, items: 1, phases: 2 },
  { text: 32, name: 24, items: 1, phases: 1 },
];

/**
 * The report as JSON, its keys always in the same order. With `maxBytes`, counted in UTF-8, it shrinks until it fits
 * and stays valid JSON: first tasks that simply ended go, then the ends of errors and names, then what is not among the
 * worst; `omitted` counts what is missing. What always stays: the reason, the outcome, the exit code, the times, and
 * the first straggler and unfinished work.
 */
export function reportToJson(report: ShutdownReport, maxBytes = ALL): string {
  const whole = createReport(report, report);
  let json = JSON.stringify(whole);
  for (const limits of STEPS) {
    if (bytesOf(json) <= maxBytes) break;
    // Not even so many could fit: no time is spent on clipping thousands.
    const items = Math.min(limits.items, Math.ceil(maxBytes / LEAST_ITEM_BYTES));
    json = JSON.stringify(shorten(whole, { ...limits, items }));
  }
  return json;
}

function shorten(report: ShutdownReport, limits: Limits): ShortReport {
  const { activeResources, sources = [], traffic, load, ...rest } = report;
  // Nobody misses a caller where not even the phases have room.
  const roomy = limits.phases === ALL;
  const kept = new Set(worst(report, limits.items));
  const phases = mostTelling(report.phases, kept, limits.phases).map((phase) => ({
    ...phase,
    name: clip(phase.name, limits.name),
    tasks: phase.tasks.filter((task) => kept.has(task)).map((task) => shortenTask(task, limits)),
  }));
  const unfinished = report.unfinished.slice(0, limits.items);
  const resources = Object.entries(activeResources ?? {}).slice(0, limits.items);
  const keptSources = roomy ? worstSources(sources).slice(0, limits.items) : [];
  const callers = roomy ? (traffic?.lastFifth?.callers ?? []) : [];
  const omitted = without({
    tasks: countMissing(tasksOf(report.phases), tasksOf(phases)),
    unfinished: report.unfinished.length - unfinished.length,
    phases: report.phases.length - phases.length,
    activeResources: Object.keys(activeResources ?? {}).length - resources.length,
    sources: sources.length - keptSources.length,
    callers: Math.max(0, callers.length - limits.items),
  });
  return {
    ...rest,
    reason: shortenReason(report.reason, limits),
    phases,
    unfinished: unfinished.map((work) => shortenWork(work, limits)),
    ...(roomy && traffic && { traffic: shortenTraffic(traffic, limits) }),
    ...(keptSources.length > 0 && {
      sources: keptSources.map((source) => shortenSource(source, limits)),
    }),
    ...(roomy && load && { load }),
    ...(activeResources && {
      activeResources: Object.fromEntries(
        resources.map(([type, count]) => [clip(type, limits.name), count]),
      ),
    }),
    ...(omitted && { omitted }),
  };
}

function worst({ phases }: ShutdownReport, count: number): TaskReport[] {
  const notable = tasksOf(phases).filter(
    ({ outcome, blockedMs }) => outcome !== 'done' || blockedMs !== undefined,
  );
  return worstFirst(notable).slice(0, count);
}

/** Those with the worst tasks, then the longest; in the order they ran. */
function mostTelling(
  phases: readonly PhaseReport[],
  kept: ReadonlySet<TaskReport>,
  count: number,
): readonly PhaseReport[] {
  if (phases.length <= count) return phases;
  const ranks = new Map([...kept].map((task, rank) => [task, rank]));
  const rank = ({ tasks }: PhaseReport) =>
    tasks.reduce((best, task) => Math.min(best, ranks.get(task) ?? kept.size), kept.size);
  const chosen = new Set(
    [...phases].sort((a, b) => rank(a) - rank(b) || b.durationMs - a.durationMs).slice(0, count),
  );
  return phases.filter((phase) => chosen.has(phase));
}

function shortenReason(reason: ShutdownReport['reason'], limits: Limits): ShutdownReport['reason'] {
  switch (reason.kind) {
    case 'request':
      return { ...reason, detail: clip(reason.detail, limits.text) };
    case 'fatal':
      return { ...reason, error: clip(reason.error, limits.text) };
    case 'signal':
    case 'close':
      return reason;
  }
}

function shortenTask(task: TaskReport, limits: Limits): TaskReport {
  return {
    ...task,
    name: clip(task.name, limits.name),
    ...(task.site !== undefined && { site: clip(task.site, limits.name) }),
    ...(task.error !== undefined && { error: clip(task.error, limits.text) }),
  };
}

function shortenWork(work: UnfinishedWork, limits: Limits): UnfinishedWork {
  return { ...work, name: clip(work.name, limits.name) };
}

function shortenTraffic(traffic: TrafficReport, { items }: Limits): TrafficReport {
  const { lastFifth } = traffic;
  if (!lastFifth) return traffic;
  return { ...traffic, lastFifth: { ...lastFifth, callers: lastFifth.callers.slice(0, items) } };
}

/** Those whose work was cut come first. */
function worstSources(sources: readonly SourceReport[]): readonly SourceReport[] {
  return sources.toSorted((one, other) => other.cut - one.cut || other.givenBack - one.givenBack);
}

function shortenSource(source: SourceReport, limits: Limits): SourceReport {
  return { ...source, name: clip(source.name, limits.name), kind: clip(source.kind, limits.name) };
}

function tasksOf(phases: readonly PhaseReport[]): readonly TaskReport[] {
  return phases.flatMap(({ tasks }) => tasks);
}

function countMissing(
  all: readonly TaskReport[],
  present: readonly TaskReport[],
): Partial<Record<TaskOutcome, number>> | undefined {
  const counts: Partial<Record<TaskOutcome, number>> = {};
  for (const { outcome } of all) counts[outcome] = (counts[outcome] ?? 0) + 1;
  for (const { outcome } of present) counts[outcome] = (counts[outcome] ?? 0) - 1;
  return without(counts);
}

/** An object without its zeros and gaps; nothing when it has no more than these. */
function without<T extends object>(counts: T): Partial<T> | undefined {
  const entries = Object.entries(counts).filter(([, count]) => count !== 0 && count !== undefined);
  return entries.length > 0 ? (Object.fromEntries(entries) as Partial<T>) : undefined;
}

const encoder = new TextEncoder();

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

/** So many bytes of JSON from the beginning of a text; whole characters only. */
function clip(text: string, maxBytes: number): string {
  let left = maxBytes;
  let end = 0;
  for (const char of text) {
    left -= jsonBytesOf(char);
    if (left < 0) return `${text.slice(0, end)}…`;
    if (left >= ELLIPSIS_BYTES) end += char.length;
  }
  return text;
}

const ELLIPSIS_BYTES = bytesOf('…');

/** The most that a character takes in JSON; by hand, because the process waits to exit. */
function jsonBytesOf(char: string): number {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20 || (code >= 0xd800 && code < 0xe000)) return 6; // \u001b, and half of a pair
  if (char === '"' || char === '\\') return 2;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
