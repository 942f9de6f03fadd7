/** Text of many lines in one, without colours and whatever else a terminal would act on. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cc}\[[\d;]*m/gu, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** The same, and no longer than so many letters. */
export function clip(text: string, most: number): string {
  const line = oneLine(text);
  if (line.length <= most) return line;
  const beginning = line.slice(0, most - 1);
  return `${beginning.replace(/[\uD800-\uDBFF]$/, '')}…`; // not half of a character
}

/** Messages of database clients run over many lines; this much of one says what failed. */
export const MAX_ERROR_LENGTH = 200;
