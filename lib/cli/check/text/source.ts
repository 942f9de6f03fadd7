/** Where something stands: a file, and a line of it, counted from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A part of a text, by offsets: `end` is the first that is not in it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A file's text, with the lines of its offsets. */
export class Source {
  private starts?: readonly number[];

  constructor(
    /** As messages name it: relative to the working folder, or `(standard input)`. */
    readonly file: string,
    /** Without a byte order mark. */
    readonly text: string,
    /** Where it is on disk; undefined for standard input. */
    readonly path?: string,
  ) {}

  /** The line of an offset, counted from 1. */
  lineAt(offset: number): number {
    const starts = (this.starts ??= lineStarts(this.text));
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  placeAt(offset: number): Place {
    return { file: this.file, line: this.lineAt(offset) };
  }

  /** The offset at which the line of an offset begins. */
  lineStart(offset: number): number {
    return this.text.lastIndexOf('\n', offset - 1) + 1;
  }
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
