import type { Place, Source, Span } from './source.js';

/** `unknown` is a value that a template will put in, or an alias that leads nowhere. */
export type Kind = 'map' | 'list' | 'scalar' | 'null' | 'missing' | 'unknown';

/** A value of a file, with the place it stands at: the same for YAML, JSON, TOML and the like. */
export class Value {
  private constructor(
    readonly kind: Kind,
    readonly source: Source,
    readonly span: Span,
    /** A scalar as the format reads it. */
    readonly scalar: unknown,
    /** A scalar as it stands in the file, without quotes. */
    readonly written: string,
    /** Whether a scalar stands in quotes. */
    readonly quoted: boolean,
    private readonly members: ReadonlyMap<string, Value>,
    /** The entries of a list. */
    readonly items: readonly Value[],
  ) {}

  static map(source: Source, span: Span, members: ReadonlyMap<string, Value>): Value {
    return new Value('map', source, span, undefined, '', false, members, []);
  }

  static list(source: Source, span: Span, items: readonly Value[]): Value {
    return new Value('list', source, span, undefined, '', false, NONE, items);
  }

  static scalar(
    source: Source,
    span: Span,
    scalar: unknown,
    written = String(scalar),
    quoted = typeof scalar === 'string',
  ): Value {
    return new Value('scalar', source, span, scalar, written, quoted, NONE, []);
  }

  static empty(kind: 'null' | 'missing' | 'unknown', source: Source, span: Span): Value {
    return new Value(kind, source, span, undefined, '', false, NONE, []);
  }

  /** Another text at the same place, such as the part behind the `=` of `NAME=value`. */
  withText(text: string): Value {
    return Value.scalar(this.source, this.span, text);
  }

  /** The value under these keys; one of kind `missing` that stands where the last of them would, if there is none. */
  get(...keys: readonly string[]): Value {
    const [first, ...others] = keys;
    if (first === undefined || this.kind === 'unknown') return this;
    const found = this.members.get(first) ?? Value.empty('missing', this.source, this.span);
    return found.get(...others);
  }

  has(key: string): boolean {
    return this.members.has(key);
  }

  get entries(): ReadonlyArray<readonly [string, Value]> {
    return [...this.members];
  }

  get keys(): readonly string[] {
    return [...this.members.keys()];
  }

  /** Whether something is written there: `null` is as good as nothing to every tool that is read here. */
  get isSet(): boolean {
    return this.kind !== 'missing' && this.kind !== 'null';
  }

  get isUnknown(): boolean {
    return this.kind === 'unknown';
  }

  /** A string, or a number or boolean as it is written; undefined for anything else. */
  get text(): string | undefined {
    if (this.kind !== 'scalar') return undefined;
    return typeof this.scalar === 'string' ? this.scalar : this.written;
  }

  /** A number that is written as one, not in quotes. */
  get number(): number | undefined {
    return typeof this.scalar === 'number' && Number.isFinite(this.scalar)
      ? this.scalar
      : undefined;
  }

  /** The strings of a list, with those left out that are none. */
  get texts(): readonly string[] {
    return this.items.flatMap(({ text }) => text ?? []);
  }

  get place(): Place {
    return this.source.placeAt(this.span.start);
  }
}

const NONE: ReadonlyMap<string, Value> = new Map();
