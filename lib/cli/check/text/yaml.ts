import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { firstAction, hasAction, hasMark } from './marks.js';
import type { Place, Source, Span } from './source.js';
import { Value } from './value.js';

/** Puts a value in for a mark, such as a parameter of OpenShift's; undefined leaves it unknown. */
export type Substitute = (text: string) => unknown;

/** A document of a file. */
export interface YamlDocument {
  readonly value: Value;
  /** Its text within the file. */
  readonly span: Span;
  /** Why it can't be read. */
  readonly error?: { readonly place: Place; readonly message: string };
  /** The first action of a template, such as Helm's: what is written is not what will be applied. */
  readonly template?: Place;
  /** Keys that stand twice in one map. */
  readonly duplicates: readonly { readonly key: string; readonly place: Place }[];
}

/** A `---` or `...` at the beginning of a line is the end of a document, in block scalars too. */
const BOUNDARY = /^(?:---|\.\.\.)(?=\s|$)/gm;
const COMMENT_LINE = /^\s*(?:[#%].*)?$/;
/** What nobody writes, and what recursion takes: deeper, a parser's stack is at its end. */
const DEEPEST = 200;

/** Each document by itself, so that one that is broken leaves the others readable. */
export function readYaml(source: Source, substitute?: Substitute): YamlDocument[] {
  return spansOf(source.text).map((span) => readDocument(source, span, substitute));
}

function spansOf(text: string): Span[] {
  const starts = [0, ...[...text.matchAll(BOUNDARY)].map(({ index }) => index)];
  return starts
    .map((start, index) => ({
      start: text.startsWith('...', start) ? start + 3 : start,
      end: starts[index + 1] ?? text.length,
    }))
    .filter(({ start, end }) => !isEmpty(text.slice(start, end).replace(/^---/, '')));
}

function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => COMMENT_LINE.test(line));
}

/** One document, which the caller knows to be one. */
export function readDocument(source: Source, span: Span, substitute?: Substitute): YamlDocument {
  const text = source.text.slice(span.start, span.end);
  const action = hasAction(text) ? firstAction(text) : -1;
  const missing = Value.empty('missing', source, span);
  const failed = (offset: number, message: string): YamlDocument => {
    if (action !== -1) {
      return {
        value: missing,
        span,
        template: source.placeAt(span.start + action),
        duplicates: [],
      };
    }
    const place = source.placeAt(Math.min(span.start + offset, source.text.length));
    return { value: missing, span, error: { place, message }, duplicates: [] };
  };
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) return failed(tooDeep, `is nested more than ${DEEPEST} deep`);
  try {
    const document = parseDocument(text, {
      uniqueKeys: false,
      logLevel: 'silent',
      prettyErrors: false,
    });
    const [error] = document.errors;
    if (error) return failed(error.pos[0], messageOf(error.message));
    const converter = new Converter(source, span.start, substitute);
    const value = document.contents ? converter.convert(document.contents) : missing;
    return { value, span, template: converter.template, duplicates: converter.duplicates };
  } catch (error) {
    return failed(
      0,
      error instanceof RangeError ? 'is nested too deeply' : messageOf(String(error)),
    );
  }
}

/** The parser is recursive, and so is what hostile files are made of. */
function tooDeepAt(text: string): number | undefined {
  if (!/(?:[[{][\s]*){200}|^(?:- *){200}/m.test(text)) return undefined;
  return text.search(/(?:[[{][\s]*){200}|^(?:- *){200}/m);
}

function messageOf(message: string): string {
  return message.replace(/\s+/g, ' ').replace(/ at line \d+.*$/, '');
}

class Converter {
  template: Place | undefined;
  readonly duplicates: { key: string; place: Place }[] = [];
  private readonly anchors = new Map<string, Value>();

  constructor(
    private readonly source: Source,
    private readonly base: number,
    private readonly substitute: Substitute | undefined,
  ) {}

  convert(node: Node): Value {
    const value = this.make(node);
    const anchor = isAlias(node) ? undefined : node.anchor;
    if (anchor !== undefined) this.anchors.set(anchor, value);
    return value;
  }

  private make(node: Node): Value {
    const span = this.spanOf(node);
    // An alias shares its value, so that a thousand million laughs are as many pointers as there are aliases.
    if (isAlias(node)) {
      return this.anchors.get(node.source) ?? Value.empty('unknown', this.source, span);
    }
    if (isMap(node)) return this.mapOf(node, span);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.convert(item as Node));
      return Value.list(this.source, span, items);
    }
    if (isScalar(node)) return this.scalarOf(node, span);
    return Value.empty('unknown', this.source, span);
  }

  private mapOf(node: YAMLMap, span: Span): Value {
    if (node.flow && this.source.text.startsWith('{{', span.start)) return this.templated(span);
    const members = new Map<string, Value>();
    const merged: Value[] = [];
    for (const { key, value } of node.items as Pair<Node, Node | null>[]) {
      const name = isScalar(key) ? String(key.source ?? key.value) : undefined;
      const at = this.spanOf(key);
      const made = value ? this.convert(value) : Value.empty('null', this.source, at);
      if (name === undefined) continue;
      if (name === '<<') {
        merged.push(...(made.kind === 'list' ? made.items : [made]));
        continue;
      }
      if (members.has(name))
        this.duplicates.push({ key: name, place: this.source.placeAt(at.start) });
      members.set(name, made.kind === 'null' ? Value.empty('null', this.source, at) : made);
    }
    for (const [name, value] of merged.flatMap(({ entries }) => entries)) {
      if (!members.has(name)) members.set(name, value);
    }
    return Value.map(this.source, span, members);
  }

  private scalarOf(node: Scalar, span: Span): Value {
    const { value, type } = node;
    const quoted = type !== undefined && type !== 'PLAIN';
    const written = String(node.source ?? value);
    if (typeof value === 'string' && hasMark(written)) {
      const put = this.substitute?.(value);
      if (put !== undefined) return Value.scalar(this.source, span, put);
      if (!quoted && hasAction(written)) return this.templated(span);
    }
    if (value === null) return Value.empty('null', this.source, span);
    return Value.scalar(this.source, span, value, written, quoted);
  }

  private templated(span: Span): Value {
    this.template ??= this.source.placeAt(span.start);
    return Value.empty('unknown', this.source, span);
  }

  private spanOf({ range }: Node): Span {
    const [start, end] = range ?? [0, 0];
    return { start: this.base + start, end: this.base + end };
  }
}
