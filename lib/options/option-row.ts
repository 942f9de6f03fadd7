import {
  checkArray,
  checkBoolean,
  checkInteger,
  checkMilliseconds,
  checkOneOf,
  checkPath,
  rejectUnknownKeys,
} from './option-checks.js';
import type { Platform } from './platform.js';

/** What options are resolved against. */
export interface OptionsEnvironment {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
}

/** What a default and a check may depend on: the options as given, and those that are settled before all others. */
export interface OptionContext extends OptionsEnvironment {
  readonly given: { readonly gracePeriodMs?: number; readonly shortGracePeriodForTests?: boolean };
  readonly platform: Platform;
  readonly gracePeriodMs: number;
  readonly propagationCapMs: number;
}

/** One option of the table. Its name is the key. */
export interface OptionRow<Given = unknown, Resolved = Given> {
  /** The type as the interface has it. */
  readonly type: string;
  readonly unit?: 'milliseconds' | 'seconds';
  /** The value of an option that is not given. */
  readonly byDefault: (context: OptionContext) => Given | Resolved;
  /** Throws when the value is wrong by itself. `name` is the option as the user finds it, such as `probes.port`. */
  readonly check: (name: string, value: unknown, context: OptionContext) => void;
  /** What becomes of a value that is right, where that is another. */
  readonly resolve?: (value: never, context: OptionContext) => Resolved;
  /** The sentence in the table of docs/options.md, and the first one of the docstring. */
  readonly about: string;
}

/** The options of a group, in the order of the documentation. */
export type OptionTable<Given, Resolved> = {
  readonly [Name in keyof Required<Given>]: OptionRow<
    Required<Given>[Name],
    Name extends keyof Resolved ? Resolved[Name] : never
  >;
};

/** A value, or how it is derived from those that are settled before. */
type Default<T> = T | ((context: OptionContext) => T);

export function milliseconds(minimum: 0 | 1, byDefault: Default<number>, about: string) {
  const check = (name: string, value: unknown) => checkMilliseconds(name, value, minimum);
  return { type: 'number', unit: 'milliseconds', ...row(byDefault, about, check) } as const;
}

export function wholeNumber(minimum: number, maximum: number, byDefault: number, about: string) {
  const check = (name: string, value: unknown) => checkInteger(name, value, minimum, maximum);
  return { type: 'number', ...row(byDefault, about, check) };
}

export function flag(byDefault: boolean, about: string) {
  return { type: 'boolean', ...row(byDefault, about, checkBoolean) };
}

export function oneOf<T extends string>(allowed: readonly T[], byDefault: T, about: string) {
  const type = allowed.map((one) => `'${one}'`).join(' | ');
  const check = (name: string, value: unknown) => checkOneOf(name, value, allowed);
  return { type, ...row(byDefault, about, check) };
}

export function path(byDefault: string, about: string) {
  return { type: 'string', ...row(byDefault, about, checkPath) };
}

/** Strings, each of which is checked by itself. */
export function strings(
  checkOne: (name: string, value: unknown) => void,
  byDefault: readonly string[],
  about: string,
) {
  const check = (name: string, value: unknown) => {
    for (const [index, one] of checkArray(name, value).entries()) {
      checkOne(`${name}[${index}]`, one);
    }
  };
  return { type: 'readonly string[]', ...row(byDefault, about, check) };
}

function row<T>(byDefault: Default<T>, about: string, check: OptionRow['check']) {
  const derive = byDefault as (context: OptionContext) => T;
  return { byDefault: typeof byDefault === 'function' ? derive : () => byDefault, check, about };
}

/**
 * The options of a table with every default filled in, each checked by itself, in the order of the table. `first` are
 * settled first, because the defaults of others derive from them, and an error would blame those.
 *
 * @throws InvalidOptionError, UnknownOptionError
 */
export function settle(
  table: Readonly<Record<string, OptionRow>>,
  given: object,
  context: object,
  { prefix = '', first = [] }: { prefix?: string; first?: readonly string[] } = {},
): object {
  const names = Object.keys(table);
  rejectUnknownKeys(given, names, prefix);
  const settled: Record<string, unknown> = {};
  for (const name of new Set([...first, ...names])) {
    const { byDefault, check, resolve } = table[name];
    const so = { ...context, ...settled } as unknown as OptionContext;
    const { [name]: value = byDefault(so) } = given as Record<string, unknown>;
    check(prefix + name, value, so);
    settled[name] = resolve ? resolve(value as never, so) : copied(value);
  }
  return Object.fromEntries(names.map((name) => [name, settled[name]]));
}

/** What the user changes later changes nothing here. */
function copied(value: unknown): unknown {
  return Array.isArray(value) ? [...(value as unknown[])] : value;
}
