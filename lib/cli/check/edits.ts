import type { Edit } from './finding.js';
import type { Value } from './text/value.js';

/** Writes another value in the place of a scalar. */
export function replaced(value: Value, text: string): Edit {
  return { source: value.source, start: value.span.start, end: value.span.end, text };
}

/** Adds a key at the beginning of a map, in the form that the map has; undefined where that is not safe. */
export function inserted(map: Value, key: string, value: string): Edit | undefined {
  if (map.kind !== 'map' || map.keys.length === 0) return undefined;
  const { source, span } = map;
  const isFlow = source.text[span.start] === '{';
  if (isFlow) return insertedInBraces(map, key, value);
  const column = source.text.slice(source.lineStart(span.start), span.start);
  // Behind the dash of a list, the other keys of the map stand under the first one.
  if (!/^[ -]*$/.test(column)) return undefined;
  const text = `${key}: ${value}\n${' '.repeat(column.length)}`;
  return { source, start: span.start, end: span.start, text };
}

function insertedInBraces({ source, span }: Value, key: string, value: string): Edit {
  const at = span.start + 1;
  const isJson = /^\s*"/.test(source.text.slice(at, at + 400));
  const name = isJson ? `"${key}"` : key;
  const [, space = ' '] = /^(\s*)/.exec(source.text.slice(at, at + 400)) ?? [];
  return { source, start: at, end: at, text: `${space}${name}: ${value},` };
}

/** Makes the changes, the last first; of two that overlap the first stays. */
export function applied(text: string, edits: readonly Edit[]): { text: string; made: number } {
  const inOrder = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let at = 0;
  let made = 0;
  let last: Edit | undefined;
  for (const edit of inOrder) {
    const again =
      last && edit.start === last.start && edit.end === last.end && edit.text === last.text;
    if (again || edit.start < at) continue;
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
    made += 1;
    last = edit;
  }
  return { text: result + text.slice(at), made };
}
