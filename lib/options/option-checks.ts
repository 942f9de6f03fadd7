import { isAbsolute } from 'node:path';
import { constants } from 'node:os';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { nearest } from '../errors/nearest.js';
import { UnknownOptionError } from '../errors/unknown-option.error.js';

/** Node can't time longer than this: a larger delay fires after 1 ms (Node docs, `setTimeout`). */
export const MAX_TIMER_MS = 2_147_483_647;

/** Signals that Node can listen to but must not, because JavaScript can't safely run after them, or that can't be caught at all. */
const UNSAFE_SIGNALS = [
  'SIGSEGV',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGABRT',
  'SIGIOT', // another name of SIGABRT
  'SIGTRAP',
  'SIGSYS',
  'SIGKILL',
  'SIGSTOP',
];

/** What this system has, and what others have that a configuration may name wherever it is used. */
const KNOWN_SIGNALS = new Set([
  ...Object.keys(constants.signals),
  ...['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGBREAK'],
]);

export function rejectUnknownKeys(given: object, known: readonly string[], prefix = ''): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) {
      throw new UnknownOptionError(
        prefix + key,
        known.map((name) => prefix + name),
      );
    }
  }
}

export function checkMilliseconds(
  name: string,
  value: unknown,
  minimum: number,
  example = 5_000,
): void {
  if (typeof value === 'number' && value >= minimum && value <= MAX_TIMER_MS) return;
  throw new InvalidOptionError(
    name,
    `a number of milliseconds from ${minimum} to ${MAX_TIMER_MS}`,
    value,
    isNumeric(value) ? WRITE_NUMBER : `Pass a number such as ${example}.`,
  );
}

export function checkInteger(name: string, value: unknown, minimum: number, maximum: number): void {
  if (Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum)
    return;
  throw new InvalidOptionError(
    name,
    `a whole number from ${minimum} to ${maximum}`,
    value,
    isNumeric(value) ? WRITE_NUMBER : 'Pass such a number.',
  );
}

/** What the environment has for a number or a boolean: the quotes are none that the user has written. */
const WRITE_NUMBER = 'Write Number(…) around it: what ConfigService and process.env give is text.';
const WRITE_COMPARISON =
  "Write … === 'true' instead: what ConfigService and process.env give is text.";

function isNumeric(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value));
}

export function checkBoolean(name: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  const remedy = typeof value === 'string' ? WRITE_COMPARISON : 'Pass a boolean.';
  throw new InvalidOptionError(name, 'true or false', value, remedy);
}

export function checkArray(
  name: string,
  value: unknown,
  expected = 'an array of strings',
): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new InvalidOptionError(name, expected, value, 'Put it into [ ].');
}

export function checkFunction(name: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new InvalidOptionError(name, 'a function', value, 'Pass one, or leave it out.');
}

export function checkFilePath(name: string, value: unknown): void {
  if (typeof value === 'string' && value.startsWith('/')) return;
  throw new InvalidOptionError(
    name,
    'the absolute path of a file, or false',
    value,
    "Pass one such as '/dev/termination-log'.",
  );
}

export function checkDirectory(name: string, value: unknown): void {
  if (typeof value === 'string' && isAbsolute(value)) return;
  throw new InvalidOptionError(
    name,
    'the absolute path of a directory, or false',
    value,
    "Pass one that outlives the process, such as '/var/lib/app/life'.",
  );
}

export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return;
  const list = allowed.map((item) => `'${item}'`).join(', ');
  const near = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const guess = near === undefined ? '' : `Did you mean '${near}'? `;
  throw new InvalidOptionError(
    name,
    `one of ${list}`,
    value,
    `${guess}Pass one of them, or leave it out.`,
  );
}

export function checkStrings(name: string, values: readonly unknown[]): void {
  for (const [index, value] of values.entries()) checkString(`${name}[${index}]`, value);
}

export function checkString(name: string, value: unknown): void {
  if (typeof value === 'string' && value !== '') return;
  const isNamed = typeof value === 'function' && value.name !== '';
  throw new InvalidOptionError(
    name,
    'a non-empty string',
    value,
    isNamed ? 'Pass a name in quotes, not the class itself.' : 'Pass one, or leave it out.',
  );
}

/** A path as it stands in a request line: absolute, without a query. */
export function checkPath(name: string, value: unknown): void {
  if (typeof value === 'string' && /^\/[^\s?#]*$/.test(value)) return;
  throw new InvalidOptionError(
    name,
    "a path that begins with '/' and has no query",
    value,
    "Pass one such as '/health/ready'.",
  );
}

/** Whether a process can be stopped with a signal in an orderly way. */
export function isStoppingSignal(name: string): name is NodeJS.Signals {
  return KNOWN_SIGNALS.has(name) && !UNSAFE_SIGNALS.includes(name);
}

export function checkSignals(name: string, signals: readonly unknown[]): void {
  checkStrings(name, signals);
  for (const signal of signals as readonly string[]) {
    if (UNSAFE_SIGNALS.includes(signal)) {
      throw new InvalidOptionError(
        name,
        'signals that a process can be stopped with in an orderly way',
        signal,
        'Leave it out: it is either a crash, after which JavaScript must not run, or can not be caught.',
      );
    }
    if (!KNOWN_SIGNALS.has(signal)) {
      const near = nearest(signal, [...KNOWN_SIGNALS].filter(isStoppingSignal));
      const guess = near === undefined ? '' : `Did you mean '${near}'? `;
      throw new InvalidOptionError(
        name,
        "signal names such as 'SIGTERM'",
        signal,
        `${guess}Use the full name, in capitals.`,
      );
    }
  }
}
