import { readdirSync, readFileSync, statSync, type Stats } from 'node:fs';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { Terminal } from '../command.js';
import { formatByContent, formatOf, type Format } from './formats.js';
import type { Unreadable } from './finding.js';
import { Source } from './text/source.js';

/** A file to check. */
export interface Input {
  readonly source: Source;
  readonly format: Format;
  /** Whether it was named by hand: what is found in a folder may be anything. */
  readonly isNamed: boolean;
}

/** 16 MiB: ten thousand Deployments. What is larger is no manifest. */
const LARGEST_BYTES = 16 * 1_048_576;
const STANDARD_INPUT = '(standard input)';
/** Folders that hold what was made or installed. */
const SKIPPED = new Set([
  'node_modules',
  '.git',
  'dist',
  'build',
  'coverage',
  '.next',
  '.cache',
  '.terraform',
  '.venv',
  'vendor',
]);

/** Reads what the command line names: files, folders and `-`. What can't be read is reported, and the others go on. */
export async function readInputs(
  paths: readonly string[],
  terminal: Terminal,
): Promise<{ readonly inputs: readonly Input[]; readonly unreadable: readonly Unreadable[] }> {
  const inputs: Input[] = [];
  const unreadable: Unreadable[] = [];
  const seen = new Set<string>();
  for (const path of paths) {
    if (path === '-') {
      inputs.push(ofText(STANDARD_INPUT, withoutMark(await terminal.readIn())));
      continue;
    }
    for (const { file, isNamed } of filesAt(resolve(terminal.cwd, path), path)) {
      if (seen.has(file)) continue;
      seen.add(file);
      const found = readFile(file, nameOf(file, terminal.cwd), isNamed);
      if ('message' in found) unreadable.push(found);
      else inputs.push(found);
    }
  }
  return { inputs, unreadable };
}

function* filesAt(
  path: string,
  asked: string,
): Generator<{ readonly file: string; readonly isNamed: boolean }> {
  const stats = statOf(path);
  if (!stats) throw new UsageError(`there is no ${asked}`);
  if (!stats.isDirectory()) {
    yield { file: path, isNamed: true };
    return;
  }
  for (const file of walk(path)) yield { file, isNamed: false };
}

function* walk(folder: string): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* walk(path);
    else if (entry.isFile() && isOfInterest(entry.name, path)) yield path;
  }
}

/** In a folder, JSON is mostly something else: only what is named like a manifest, or small enough to look into. */
function isOfInterest(name: string, path: string): boolean {
  const format = formatOf(path);
  if (format !== 'json') return format !== undefined;
  if (
    /^(?:package|package-lock|tsconfig[\w.-]*|nest-cli|composer|angular|project)\.json$/.test(name)
  )
    return false;
  return (statOf(path)?.size ?? 0) < 1_000_000;
}

function readFile(file: string, name: string, isNamed: boolean): Input | Unreadable {
  const failed = (message: string): Unreadable => ({ place: { file: name, line: 1 }, message });
  try {
    const { size } = statSync(file);
    if (size > LARGEST_BYTES) {
      return failed(
        `is larger than ${LARGEST_BYTES / 1_048_576} MiB: split it, or pass the part that is a manifest`,
      );
    }
    const bytes = readFileSync(file);
    if (bytes.includes(0)) return failed('is no text: it holds a zero byte');
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { ...ofText(name, withoutMark(text), file), isNamed };
  } catch (error) {
    const isEncoding = error instanceof TypeError;
    return failed(isEncoding ? 'is no UTF-8' : `can't be read: ${(error as Error).message}`);
  }
}

function ofText(name: string, text: string, path?: string): Input {
  const source = new Source(name, text, path);
  return { source, format: formatByContent(path ?? name, text), isNamed: true };
}

function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** Relative to the working folder, with forward slashes, unless it is outside. */
function nameOf(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/');
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
