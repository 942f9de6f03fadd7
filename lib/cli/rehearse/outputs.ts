import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { EXIT, type Terminal } from '../command.js';
import { UsageError } from '../usage-error.js';
import { rehearsalHtml } from './html.js';
import { rehearsalJunit } from './junit.js';
import { rehearsalMarkdown } from './markdown.js';
import type { Rehearsal, RehearsalEvents } from './result.js';
import { rehearsalText } from './text.js';

const EXIT_OF: Readonly<Record<Rehearsal['verdict'], number>> = {
  passed: EXIT.clean,
  missed: EXIT.found,
  inconclusive: 3,
};

/** The files that are wanted, by the names of their options. */
export interface OutputOptions {
  readonly json: boolean;
  readonly junit?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly events?: string;
}

/** Writes what is wanted, and returns the exit code. */
export function outputsOf(options: OutputOptions, terminal: Terminal) {
  const put = (
    file: string | undefined,
    text: () => string,
    write: (path: string, text: string) => void = writeFileSync,
  ) => {
    if (file === undefined) return;
    try {
      write(resolve(terminal.cwd, file), text());
    } catch (error) {
      throw new UsageError(`can't write ${file}: ${(error as Error).message}`);
    }
  };
  const write = (kept: RehearsalEvents): number => {
    const { result } = kept;
    terminal.out(
      `${options.json ? JSON.stringify(result, undefined, 2) : rehearsalText(result)}\n`,
    );
    put(options.events, () => `${JSON.stringify(kept)}\n`);
    put(options.junit, () => rehearsalJunit(result));
    put(options.markdown, () => rehearsalMarkdown(result), appendFileSync);
    put(options.html, () => rehearsalHtml(kept));
    return EXIT_OF[result.verdict];
  };
  return { write };
}

/** What `--events` has kept. */
export function keptIn(file: string, { cwd }: Terminal): RehearsalEvents {
  let kept: Partial<RehearsalEvents>;
  try {
    kept = JSON.parse(readFileSync(resolve(cwd, file), 'utf8')) as Partial<RehearsalEvents>;
  } catch (error) {
    throw new UsageError(`can't read ${file}: ${(error as Error).message}`);
  }
  if (kept.version === 1 && kept.result && kept.events) return kept as RehearsalEvents;
  throw new UsageError(`${file} is not what --events of this version has written`);
}
