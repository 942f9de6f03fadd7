import type { ShutdownReport } from '../../engine/record.js';
import { UsageError } from '../usage-error.js';

/** The schema's versions that can be read. Version 1 has no `traffic`, `sources` and `load`. */
const READABLE: readonly unknown[] = [1, 2];
/** As deep as `kubectl get pods -o json` has a termination message; loggers wrap what they are given less. */
const DEEPEST = 10;

/** A report as a file has it: of any version, and maybe shortened, as in a termination message. */
export type StoredReport = Omit<ShutdownReport, 'toString' | 'version'> & {
  readonly version: 1 | 2;
  /** What a shortened one leaves out. */
  readonly omitted?: object;
};

/**
 * The reports in a text: JSON, a log with a line of JSON for each entry, or a termination message. What stands before the
 * first brace of a line is skipped, as a log shipper's time is.
 *
 * @param from named in errors
 * @throws {UsageError} when there is none, or one of a version to come
 */
export function reportsIn(text: string, from: string): StoredReport[] {
  const whole = parsed(text);
  const values = whole === undefined ? text.split('\n').map(parsedLine) : [whole];
  const found = values.flatMap((value) => reportsOf(value, 0, from));
  if (found.length > 0) return found;
  throw new UsageError(
    `${from} holds no report. Expected the JSON of one, a log with report objects (logReport: 'object'), or a termination message.`,
  );
}

function reportsOf(value: unknown, depth: number, from: string): StoredReport[] {
  if (typeof value === 'string') {
    return depth > 0 && value.startsWith('{') ? reportsOf(parsed(value), depth, from) : [];
  }
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return [];
  if (isReport(value)) return [checked(value, from)];
  return Object.values(value).flatMap((inner) => reportsOf(inner, depth + 1, from));
}

function checked(report: StoredReport, from: string): StoredReport {
  if (READABLE.includes(report.version)) return report;
  throw new UsageError(
    `${from} holds a report of version ${String(report.version)}, and this nestjs-graceful reads 1 and 2. Use a newer one.`,
  );
}

function isReport(value: object): value is StoredReport {
  const { version, phases, outcome, durationMs } = value as Partial<StoredReport>;
  return (
    typeof version === 'number' &&
    Array.isArray(phases) &&
    typeof outcome === 'string' &&
    typeof durationMs === 'number'
  );
}

function parsedLine(line: string): unknown {
  const start = line.indexOf('{');
  return start < 0 ? undefined : parsed(line.slice(start).trimEnd());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
