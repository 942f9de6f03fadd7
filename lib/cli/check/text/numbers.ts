import { hasMark } from './marks.js';
import type { Value } from './value.js';

/** What a tool makes of a value: a number, nothing, or something that it refuses or that nobody knows yet. */
export type Reading =
  | { readonly kind: 'number'; readonly value: number; readonly surprise?: string }
  | { readonly kind: 'unset' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'wrong'; readonly why: string };

export const UNSET: Reading = { kind: 'unset' };
export const UNKNOWN: Reading = { kind: 'unknown' };

/** A whole number in a manifest of Kubernetes, as kubectl reads it: YAML 1.1, where 060 is 48 and 1_0 is 10. */
export function readInteger(value: Value): Reading {
  if (value.isUnknown || hasMark(value.written)) return UNKNOWN;
  if (!value.isSet) return UNSET;
  if (value.kind !== 'scalar') return wrong(value, 'a whole number');
  if (value.quoted) return wrong(value, 'a whole number without quotes');
  const read = yaml11(value.written);
  if (read === undefined || !Number.isInteger(read)) return wrong(value, 'a whole number');
  const decimal = Number(value.written.replaceAll('_', ''));
  if (decimal === read) return { kind: 'number', value: read };
  const surprise = `kubectl reads ${value.written} as ${read}: a number with a leading zero is octal in YAML 1.1`;
  return { kind: 'number', value: read, surprise };
}

function yaml11(written: string): number | undefined {
  const text = written.replaceAll('_', '').toLowerCase();
  const [, sign = '', digits = ''] = /^([-+]?)(\S+)$/.exec(text) ?? [];
  const octal = /^0o?([0-7]+)$/.exec(digits)?.[1];
  const plain = /^(?:0x[0-9a-f]+|\d+\.?\d*(?:e[-+]?\d+)?)$/.test(digits)
    ? Number(digits)
    : undefined;
  const size = octal === undefined ? plain : Number.parseInt(octal, 8);
  return size === undefined || Number.isNaN(size) ? undefined : size * (sign === '-' ? -1 : 1);
}

/** A JSON or TOML number of seconds or milliseconds. */
export function readPlainNumber(value: Value): Reading {
  if (value.isUnknown || hasMark(value.written)) return UNKNOWN;
  if (!value.isSet) return UNSET;
  return value.number === undefined
    ? wrong(value, 'a number')
    : { kind: 'number', value: value.number };
}

export function wrong(value: Value, wanted: string): Reading {
  return { kind: 'wrong', why: `expected ${wanted}, found ${describe(value)}` };
}

export function describe(value: Value): string {
  if (value.kind === 'scalar') {
    const text = value.written.length > 40 ? `${value.written.slice(0, 40)}…` : value.written;
    return value.quoted ? `the text "${text}"` : text;
  }
  return { map: 'a map', list: 'a list', null: 'nothing', missing: 'nothing', unknown: 'a mark' }[
    value.kind
  ];
}
