import { parse, TomlError } from 'smol-toml';
import { failed, type ReadFile } from './json.js';
import type { Source, Span } from './source.js';
import { Value } from './value.js';

/** TOML, with the place of each `key = value` that stands on a line of its own. */
export function readToml(source: Source): ReadFile {
  try {
    const places = placesIn(source.text);
    return { value: valueOf(parse(source.text), '', source, places) };
  } catch (error) {
    const isToml = error instanceof TomlError;
    const line = isToml ? error.line : 1;
    const reason = isToml
      ? (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '')
      : String(error);
    return failed(source, offsetOfLine(source.text, line), `is no TOML: ${reason}`);
  }
}

function valueOf(
  data: unknown,
  path: string,
  source: Source,
  places: ReadonlyMap<string, Span>,
): Value {
  const span = places.get(path) ?? { start: 0, end: 0 };
  if (Array.isArray(data)) {
    return Value.list(
      source,
      span,
      data.map((item) => valueOf(item, path, source, places)),
    );
  }
  if (typeof data !== 'object' || data === null || data instanceof Date)
    return Value.scalar(source, span, data);
  const members = Object.entries(data).map(([key, value]) => {
    return [key, valueOf(value, path === '' ? key : `${path}.${key}`, source, places)] as const;
  });
  return Value.map(source, span, new Map(members));
}

/** By dotted path: a table's head, and what stands behind the `=` of its keys. */
function placesIn(text: string): ReadonlyMap<string, Span> {
  const places = new Map<string, Span>();
  let table = '';
  let start = 0;
  for (const line of text.split('\n')) {
    const head = /^\s*\[\[?\s*([^\]]+?)\s*\]\]?/.exec(line)?.[1];
    const [whole, key, value = ''] =
      /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*[\w-]+)*)\s*=\s*((?:"[^"]*"|'[^']*'|[^#\r])*)/.exec(
        line,
      ) ?? [];
    if (head !== undefined) {
      table = bare(head);
      places.set(table, { start, end: start + line.length });
    } else if (whole !== undefined && key !== undefined) {
      const from = start + whole.length - value.length;
      const path = table === '' ? bare(key) : `${table}.${bare(key)}`;
      places.set(path, { start: from, end: from + value.trimEnd().length });
    }
    start += line.length + 1;
  }
  return places;
}

function bare(key: string): string {
  return key.replace(/["'\s]/g, '');
}

function offsetOfLine(text: string, line: number): number {
  return text
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, one) => sum + one.length + 1, 0);
}
