import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXIT, type Command, type Terminal } from '../command.js';
import { commandArguments } from '../command-arguments.js';
import { UsageError } from '../usage-error.js';
import { chromeTraceOf } from './chrome-trace.js';
import { compare, summarise } from './comparison.js';
import { htmlOf, svgOf } from './drawing.js';
import { reportsIn, type StoredReport } from './stored-report.js';
import { textView } from './text-view.js';

const OPTIONS = {
  format: { type: 'string' },
  compare: { type: 'boolean' },
  summary: { type: 'boolean' },
} as const;

const FORMATS = ['text', 'svg', 'html', 'trace', 'json'] as const;
type Format = (typeof FORMATS)[number];

const help = `Usage: nestjs-graceful report [options] [file|directory…]

Draws shutdown reports: the JSON of one, a log with report objects, or a termination message. Reads standard input
without a file, or for the file '-'. A directory is summarised: all its files that hold reports.

  --format <format>  text (default), svg, html, trace (for chrome://tracing or Perfetto), json
  --compare          two reports: says what got slower in the second
  --summary          many reports in one: percentiles, who was late most often
  --help, -h         this text

Exit codes: 0 done, 1 --compare has found something slower, 2 wrong usage or nothing that can be read.`;

interface Settings {
  readonly format: Format;
  readonly compares: boolean;
  readonly summarises: boolean;
  readonly paths: readonly string[];
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { format, compares, summarises, paths } = settingsOf(args);
  const read = await Promise.all(paths.map((path) => readAt(path, terminal)));
  const reports = read.flatMap(({ found }) => found);
  if (compares) return tellComparison(reports, terminal);
  const isSummary = summarises || read.some(({ isDirectory }) => isDirectory);
  const text = isSummary && format === 'text' ? summarise(reports) : draw(reports, format);
  terminal.out(`${text}\n`);
  return EXIT.clean;
}

function settingsOf(args: readonly string[]): Settings {
  const { values, positionals } = commandArguments(args, OPTIONS);
  const { format = 'text', compare: compares = false, summary: summarises = false } = values;
  if (!isFormat(format)) {
    throw new UsageError(`Expected --format to be one of ${FORMATS.join(', ')}, got '${format}'.`);
  }
  return { format, compares, summarises, paths: positionals.length > 0 ? positionals : ['-'] };
}

async function readAt(path: string, { cwd, readIn }: Terminal) {
  if (path === '-') {
    return { isDirectory: false, found: reportsIn(await readIn(), 'standard input') };
  }
  const file = resolve(cwd, path);
  try {
    if (!statSync(file).isDirectory()) {
      return { isDirectory: false, found: reportsIn(readFileSync(file, 'utf8'), path) };
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} can't be read: ${(error as Error).message}`);
  }
  return { isDirectory: true, found: allIn(file, path) };
}

/** Whatever else is in a directory is none of our business. */
function allIn(directory: string, path: string): StoredReport[] {
  const found = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => reportsOrNone(join(entry.parentPath, entry.name)));
  if (found.length === 0) throw new UsageError(`No file in ${path} holds a report.`);
  return found;
}

function reportsOrNone(file: string): StoredReport[] {
  try {
    return reportsIn(readFileSync(file, 'utf8'), file);
  } catch {
    return [];
  }
}

function draw(reports: readonly StoredReport[], format: Format): string {
  switch (format) {
    case 'text':
      return reports.map(textView).join('\n\n');
    case 'svg':
      return svgOf(single(reports));
    case 'html':
      return htmlOf(reports);
    case 'trace':
      return chromeTraceOf(reports);
    case 'json':
      return JSON.stringify(reports.length === 1 ? reports[0] : reports, undefined, 2);
  }
}

function single(reports: readonly StoredReport[]): StoredReport {
  const [report] = reports;
  if (report && reports.length === 1) return report;
  throw new UsageError(
    `An image shows one report, and there are ${reports.length}. Use --format html.`,
  );
}

function tellComparison(reports: readonly StoredReport[], terminal: Terminal): number {
  const [before, after] = reports;
  if (!before || !after || reports.length !== 2) {
    throw new UsageError(`--compare needs two reports, and there are ${reports.length}.`);
  }
  const { text, isWorse } = compare(before, after);
  terminal.out(`${text}\n`);
  return isWorse ? EXIT.found : EXIT.clean;
}

function isFormat(format: string): format is Format {
  return (FORMATS as readonly string[]).includes(format);
}

export const command: Command = { help, run };
