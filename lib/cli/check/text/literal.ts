import { parse, type AnyNode, type Expression, type ObjectExpression, type Program } from 'acorn';
import { failed, type ReadFile } from './json.js';
import type { Source } from './source.js';
import { Value } from './value.js';

/** What a JavaScript file exports, as far as it is written out. Nothing is run: what is computed is unknown. */
export function readExported(source: Source): ReadFile {
  const program = parsed(source);
  if ('error' in program) return program;
  const reader = new LiteralReader(source, program.program);
  const exported = exportedBy(program.program);
  const value = exported && reader.valueOf(exported);
  if (value?.kind === 'map' || value?.kind === 'list') return { value };
  const at = exported?.start ?? 0;
  return failed(source, at, "can't be read: what it exports is computed, and nothing is run here");
}

function parsed(
  source: Source,
): { readonly program: Program } | (ReadFile & { readonly error: object }) {
  const attempts: unknown[] = [];
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return {
        program: parse(source.text, {
          ecmaVersion: 'latest',
          sourceType,
          allowReturnOutsideFunction: true,
          allowHashBang: true,
        }),
      };
    } catch (error) {
      attempts.push(error);
    }
  }
  const { pos = 0, message = '' } = attempts[1] as { pos?: number; message?: string };
  const { value, error } = failed(
    source,
    pos,
    `is no JavaScript: ${message.replace(/ \(\d+:\d+\)$/, '')}`,
  );
  return { value, error: error ?? { place: source.placeAt(pos), message } };
}

/** `module.exports = …`, `exports.apps = …` or `export default …`; the last of them. */
function exportedBy({ body }: Program): Expression | undefined {
  return body
    .flatMap((statement): Expression[] => {
      if (statement.type === 'ExportDefaultDeclaration')
        return [statement.declaration as Expression];
      if (
        statement.type !== 'ExpressionStatement' ||
        statement.expression.type !== 'AssignmentExpression'
      )
        return [];
      const { left, right } = statement.expression;
      const isExports = left.type === 'MemberExpression' && nameOf(left.property) === 'exports';
      return isExports ? [right] : [];
    })
    .at(-1);
}

class LiteralReader {
  private readonly constants = new Map<string, Expression>();
  private depth = 0;

  constructor(
    private readonly source: Source,
    { body }: Program,
  ) {
    for (const statement of body) {
      if (statement.type !== 'VariableDeclaration') continue;
      for (const { id, init } of statement.declarations) {
        if (statement.kind === 'const' && id.type === 'Identifier' && init)
          this.constants.set(id.name, init);
      }
    }
  }

  valueOf(node: Expression): Value {
    const span = { start: node.start, end: node.end };
    if (this.depth > 100) return Value.empty('unknown', this.source, span); // constants that name each other
    this.depth += 1;
    try {
      return this.read(node);
    } finally {
      this.depth -= 1;
    }
  }

  private read(node: Expression): Value {
    const { source } = this;
    const span = { start: node.start, end: node.end };
    switch (node.type) {
      case 'Literal':
        return node.value === null
          ? Value.empty('null', source, span)
          : Value.scalar(
              source,
              span,
              node.value,
              typeof node.value === 'string' ? node.value : node.raw,
            );
      case 'TemplateLiteral': {
        const [only] = node.quasis;
        if (node.expressions.length > 0) return Value.empty('unknown', source, span);
        return Value.scalar(source, span, only?.value.cooked ?? '');
      }
      case 'UnaryExpression': {
        const { number } = this.valueOf(node.argument);
        if (node.operator !== '-' || number === undefined)
          return Value.empty('unknown', source, span);
        return Value.scalar(source, span, -number, `-${number}`);
      }
      case 'ArrayExpression': {
        const items = node.elements.map((item) =>
          item && item.type !== 'SpreadElement'
            ? this.valueOf(item)
            : Value.empty('unknown', source, span),
        );
        return Value.list(source, span, items);
      }
      case 'ObjectExpression':
        return this.objectOf(node);
      case 'Identifier': {
        if (node.name === 'undefined') return Value.empty('null', source, span);
        const constant = this.constants.get(node.name);
        return constant ? this.valueOf(constant) : Value.empty('unknown', source, span);
      }
      default:
        return Value.empty('unknown', source, span);
    }
  }

  private objectOf({ properties, start, end }: ObjectExpression): Value {
    const members = new Map<string, Value>();
    for (const property of properties) {
      if (property.type === 'SpreadElement') {
        for (const [key, value] of this.valueOf(property.argument).entries) members.set(key, value);
        continue;
      }
      const name = property.computed ? undefined : nameOf(property.key);
      if (name !== undefined) members.set(name, this.valueOf(property.value));
    }
    return Value.map(this.source, { start, end }, members);
  }
}

function nameOf(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' ? String(node.value) : undefined;
}
