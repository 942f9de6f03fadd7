import type { Place, Source } from './source.js';
import { Value } from './value.js';
import { readDocument } from './yaml.js';

/** A file that is read whole: its value, or why it can't be read. */
export interface ReadFile {
  readonly value: Value;
  readonly error?: { readonly place: Place; readonly message: string };
}

/** JSON, read by JSON's own rules; the places come from YAML, which JSON is a part of. */
export function readJson(source: Source): ReadFile {
  const span = { start: 0, end: source.text.length };
  try {
    JSON.parse(source.text);
  } catch (error) {
    return failed(
      source,
      offsetIn(String(error), source),
      `is no JSON: ${reasonOf(String(error))}`,
    );
  }
  const { value, error } = readDocument(source, span);
  return error ? failed(source, 0, error.message) : { value };
}

export function failed(source: Source, offset: number, message: string): ReadFile {
  const value = Value.empty('missing', source, { start: 0, end: source.text.length });
  return { value, error: { place: source.placeAt(offset), message } };
}

/** Node says the position, except at the end of the text. */
function offsetIn(message: string, source: Source): number {
  const position = / at position (\d+)/.exec(message)?.[1];
  return position === undefined ? source.text.length : Number(position);
}

function reasonOf(message: string): string {
  return message
    .replace(/^SyntaxError: /, '')
    .replace(/ in JSON at position.*$/s, '')
    .replace(/, ?"[^]*$/, '')
    .trim();
}
