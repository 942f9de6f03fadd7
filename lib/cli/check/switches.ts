import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { SEVERITIES, type Severity } from './severity.js';
import { CATALOGUE, isRule, names } from './rules/catalogue.js';
import type { Input } from './inputs.js';
import type { Place } from './text/source.js';

/** The file that switches rules off for a project, in the working folder. */
export const CONFIGURATION_FILE = 'nestjs-graceful.check.json';

/** What the configuration file may say. */
export interface Configuration {
  /** Rules, or patterns such as `pm2/*`, that are off, each with the reason. */
  readonly off?: Readonly<Record<string, string>>;
  readonly failOn?: Severity;
  readonly container?: string;
  readonly kubernetes?: string;
  readonly plan?: string;
}

const KEYS = ['$schema', 'off', 'failOn', 'container', 'kubernetes', 'plan'];
const COMMENT =
  /(?:#|;|\/\/)\s*nestjs-graceful-disable(-next-line|-line)?((?:[ \t]+[\w/*-]+,?)*?)(?:[ \t]+--[ \t].*)?[ \t]*$/;

/**
 * Reads a configuration file.
 *
 * @throws {UsageError} when it has a key, a rule or a value that does not exist
 */
export function readConfiguration(cwd: string, named?: string): Configuration {
  const file = named ?? CONFIGURATION_FILE;
  const text = textOf(join(cwd, file));
  if (text === undefined) {
    if (named === undefined) return {};
    throw new UsageError(`there is no configuration file ${named}`);
  }
  const data = parsed(text, file);
  for (const key of Object.keys(data)) {
    if (!KEYS.includes(key))
      throw new UsageError(`${file}: '${key}' is unknown; there are ${KEYS.slice(1).join(', ')}`);
  }
  const { off = {}, failOn } = data;
  if (failOn !== undefined && !SEVERITIES.includes(failOn)) {
    throw new UsageError(`${file}: failOn has to be one of ${SEVERITIES.join(', ')}`);
  }
  for (const [rule, reason] of Object.entries(off)) {
    if (!isKnown(rule)) throw new UsageError(`${file}: there is no rule '${rule}'`);
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new UsageError(`${file}: say why '${rule}' is off: "${rule}": "because …"`);
    }
  }
  return data;
}

function parsed(text: string, file: string): Configuration {
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data;
  } catch (error) {
    throw new UsageError(`${file} is no JSON: ${(error as Error).message}`);
  }
  throw new UsageError(`${file} has to hold an object`);
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isKnown(pattern: string): boolean {
  return (
    pattern === 'all' || isRule(pattern) || Object.keys(CATALOGUE).some((id) => names(pattern, id))
  );
}

/** Where comments of a file switch rules off: by line, or for all of it. */
interface Switches {
  readonly lines: ReadonlyMap<number, readonly string[]>;
  readonly file: readonly string[];
  /** What they name, with the lines of the comments. */
  readonly named: readonly { readonly name: string; readonly line: number }[];
}

/** Rules that are off, by comments and by the configuration. */
export interface SwitchedOff {
  readonly isOff: (rule: string, place: Place) => boolean;
  /** What a comment names and is no rule: most likely a typing mistake. */
  readonly unknown: readonly { readonly name: string; readonly place: Place }[];
}

export function switchedOff(inputs: readonly Input[], { off = {} }: Configuration): SwitchedOff {
  const switches = new Map(
    inputs
      .filter(({ source }) => source.text.includes('nestjs-graceful-disable'))
      .map(({ source }) => [source.file, switchesIn(source.text)] as const),
  );
  const patterns = Object.keys(off);
  const unknown = [...switches].flatMap(([file, { named }]) =>
    named
      .filter(({ name }) => !isKnown(name))
      .map(({ name, line }) => ({ name, place: { file, line } })),
  );
  const isOff = (rule: string, { file, line }: Place): boolean => {
    const own = switches.get(file);
    const here = [...patterns, ...(own?.file ?? []), ...(own?.lines.get(line) ?? [])];
    return here.some((pattern) => names(pattern, rule));
  };
  return { isOff, unknown };
}

function switchesIn(text: string): Switches {
  const lines = new Map<number, string[]>();
  const file: string[] = [];
  const named: { name: string; line: number }[] = [];
  const all = text.split('\n');
  const following = contentBehind(all);
  for (const [index, line] of all.entries()) {
    const [whole, where, list = ''] = COMMENT.exec(line.trimEnd()) ?? [];
    if (whole === undefined) continue;
    const rules = list.split(/[\s,]+/).filter((rule) => rule !== '');
    named.push(...rules.map((name) => ({ name, line: index + 1 })));
    const wanted = rules.length > 0 ? [...rules] : ['all'];
    if (where === undefined) file.push(...wanted);
    else {
      const at = where === '-line' ? index + 1 : (following[index] ?? 0);
      const known = lines.get(at);
      if (known) known.push(...wanted);
      else lines.set(at, wanted);
    }
  }
  return { lines, file, named };
}

/** For each line, the number of the next one that is neither empty nor a comment. */
function contentBehind(lines: readonly string[]): readonly number[] {
  let next = 0;
  return lines
    .map((line, index) => {
      const at = lines.length - 1 - index;
      const found = next;
      if (!/^\s*(?:#.*|;.*|\/\/.*)?$/.test(lines[at] ?? line)) next = at + 1;
      return found;
    })
    .toReversed();
}
