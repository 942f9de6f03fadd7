import type { Place, Source, Span } from './source.js';

/** A line `Key=value` of a unit of systemd. */
export interface UnitEntry {
  readonly section: string;
  readonly key: string;
  readonly text: string;
  readonly place: Place;
  /** Where the value stands. */
  readonly value: Span;
}

/** The entries of a unit, in their order: comments begin a line, and a backslash at its end goes on with the next. */
export function readUnit(source: Source): UnitEntry[] {
  const entries: UnitEntry[] = [];
  let section = '';
  let start = 0;
  let open: { key: string; text: string; from: number } | undefined;
  for (const raw of source.text.split('\n')) {
    const line = raw.replace(/\r$/, '');
    const end = start + line.length;
    const isComment = /^\s*[#;]/.test(line);
    if (open && !isComment) {
      open.text += ` ${line.trim().replace(/\\$/, '')}`;
      if (!line.endsWith('\\')) {
        entries.push(entryOf(open, section, source, end));
        open = undefined;
      }
    } else if (!isComment) {
      section = /^\s*\[([^\]]+)\]\s*$/.exec(line)?.[1] ?? section;
      const [whole, key, text = ''] = /^\s*([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(line) ?? [];
      if (whole !== undefined && key !== undefined) {
        const from = end - text.length;
        const found = { key, text: text.replace(/\\$/, '').trim(), from };
        if (line.endsWith('\\')) open = found;
        else entries.push(entryOf(found, section, source, from + text.trimEnd().length));
      }
    }
    start += raw.length + 1;
  }
  return entries;
}

function entryOf(
  { key, text, from }: { readonly key: string; readonly text: string; readonly from: number },
  section: string,
  source: Source,
  end: number,
): UnitEntry {
  return {
    section,
    key,
    text: text.trim(),
    place: source.placeAt(from),
    value: { start: from, end },
  };
}
