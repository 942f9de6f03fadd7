import { hasMark } from './marks.js';
import { UNKNOWN, UNSET, wrong, type Reading } from './numbers.js';
import type { Value } from './value.js';

const GO_UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** A duration as Go writes it, such as `1m30s`, in milliseconds; undefined when it is none. */
export function goDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  return sumOf(text, /(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|h|m|s)/y, GO_UNITS);
}

/** `${NAME:-30s}` and `${NAME-30s}` of compose have a default; what else has a mark is unknown. */
export function withDefault(text: string): string | undefined {
  const whole = /^\$\{[A-Za-z_]\w*:?-([^${}]*)\}$/.exec(text)?.[1];
  if (whole !== undefined) return whole;
  return hasMark(text) ? undefined : text;
}

/** `stop_grace_period` of compose, in milliseconds. */
export function readComposeDuration(value: Value): Reading {
  if (value.isUnknown) return UNKNOWN;
  if (!value.isSet) return UNSET;
  if (value.kind !== 'scalar') return wrong(value, 'a duration such as 30s');
  if (!value.quoted && value.number !== undefined) {
    return {
      kind: 'wrong',
      why: `compose refuses a number: write ${value.written}s with its unit`,
    };
  }
  const text = withDefault(value.text ?? '');
  if (text === undefined) return UNKNOWN;
  const ms = goDurationMs(text.toLowerCase());
  return ms === undefined
    ? wrong(value, 'a duration such as 30s or 1m30s')
    : { kind: 'number', value: ms };
}

/** systemd.time(7), in milliseconds. `M` and `month` are months, and a number without a unit is in seconds. */
const SYSTEMD_UNITS: ReadonlyArray<readonly [RegExp, number]> = [
  [/^(?:usec|us|µs)$/, 1e-3],
  [/^(?:msec|ms)$/, 1],
  [/^(?:seconds?|sec|s)$/, 1_000],
  [/^(?:minutes?|min|m)$/, 60_000],
  [/^(?:hours?|hr|h)$/, 3_600_000],
  [/^(?:days?|d)$/, 86_400_000],
  [/^(?:weeks?|w)$/, 604_800_000],
  [/^(?:months?|M)$/, 2_629_800_000],
  [/^(?:years?|y)$/, 31_557_600_000],
];

/** A time span of systemd in milliseconds, `Infinity` for `infinity`; undefined when systemd ignores it. */
export function systemdSpanMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'infinity') return Infinity;
  let rest = trimmed;
  let sum = 0;
  while (rest !== '') {
    const [part, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([A-Za-zµ]*)\s*/.exec(rest) ?? [];
    if (part === undefined) return undefined;
    const size = unit === '' ? 1_000 : SYSTEMD_UNITS.find(([name]) => name.test(unit))?.[1];
    if (size === undefined) return undefined;
    sum += Number(amount) * size;
    rest = rest.slice(part.length);
  }
  return trimmed === '' ? undefined : sum;
}

function sumOf(
  text: string,
  part: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  let sum = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const [, amount = '', unit = ''] = part.exec(text) ?? [];
    const size = units[unit];
    if (size === undefined) return undefined;
    sum += Number(amount) * size;
  }
  return text === '' ? undefined : sum;
}
