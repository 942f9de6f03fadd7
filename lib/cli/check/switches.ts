import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { Finding } from './finding.js';
import { SEVERITIES, type Severity } from './severity.js';
import { CATALOGUE, isRule, names } from './rules/catalogue.js';
import type { Input } from './inputs.js';

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
  return isRule(pattern) || Object.keys(CATALOGUE).some((id) => names(pattern, id));
}

/** Where comments of a file switch rules off: by line, or for all of it. */
interface Switches {
  readonly lines: ReadonlyMap<number, readonly string[]>;
  readonly file: readonly string[];
}

/** The findings that neither a comment nor the configuration has switched off. */
export function withoutSwitchedOff(
  findings: readonly Finding[],
  inputs: readonly Input[],
  { off = {} }: Configuration,
): readonly Finding[] {
  const switches = new Map(
    inputs
      .filter(({ source }) => source.text.includes('nestjs-graceful-disable'))
      .map(({ source }) => [source.file, switchesIn(source.text)] as const),
  );
  const patterns = Object.keys(off);
  return findings.filter(({ rule, place }) => {
    const own = switches.get(place.file);
    const here = [...patterns, ...(own?.file ?? []), ...(own?.lines.get(place.line) ?? [])];
    return !here.some((pattern) => names(pattern, rule));
  });
}

function switchesIn(text: string): Switches {
  const lines = new Map<number, readonly string[]>();
  const file: string[] = [];
  const all = text.split('\n');
  for (const [index, line] of all.entries()) {
    const [whole, where, list = ''] = COMMENT.exec(line.trimEnd()) ?? [];
    if (whole === undefined) continue;
    const rules = list.split(/[\s,]+/).filter((rule) => rule !== '');
    const wanted = rules.length > 0 ? rules : ['all'];
    if (where === undefined) file.push(...wanted);
    else {
      const at = where === '-line' ? index + 1 : nextLine(all, index);
      lines.set(at, [...(lines.get(at) ?? []), ...wanted]);
    }
  }
  return { lines, file };
}

/** The number of the next line that is neither empty nor a comment. */
function nextLine(lines: readonly string[], index: number): number {
  const next = lines.findIndex((line, at) => at > index && !/^\s*(?:#.*|;.*|\/\/.*)?$/.test(line));
  return next + 1;
}
