import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import type { OptionRow } from '../../../lib/options/option-row.js';
import { OPTION_TABLE } from '../../../lib/options/option-table.js';
import { PHASE_TABLE } from '../../../lib/options/phase-options.js';
import { PROBE_TABLE } from '../../../lib/options/probe-options.js';
import { ROLLOUT_TABLE } from '../../../lib/options/rollout-table.js';
import { WARM_UP_TABLE } from '../../../lib/options/warm-up-options.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';

// Editors show the interfaces, everything else is made from the tables. These tests hold the two together.

interface Documented {
  readonly name: string;
  readonly type: string;
  readonly text: string;
  readonly byDefault: string;
}

const FILES: Readonly<Record<string, string>> = {
  GracefulOptions: 'graceful-options',
  RolloutOptions: 'rollout-options',
  WarmUpOptions: 'warm-up-options',
  ProbeOptions: 'probe-options',
  PhaseOptions: 'phase-options',
};

function documentedOptions(interfaceName: string): Documented[] {
  const name = FILES[interfaceName] ?? interfaceName;
  const file = new URL(`../../../lib/options/${name}.ts`, import.meta.url);
  const source = ts.createSourceFile(
    'options.ts',
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.ES2023,
    true,
  );
  const declaration = source.statements.find(
    (statement): statement is ts.InterfaceDeclaration =>
      ts.isInterfaceDeclaration(statement) && statement.name.text === interfaceName,
  );
  return (declaration?.members ?? []).map((member) => ({
    name: member.name?.getText(source) ?? '',
    type: ts.isPropertySignature(member) ? (member.type?.getText(source) ?? '') : '',
    text: ts
      .getJSDocCommentsAndTags(member)
      .map((comment) => comment.getText(source).replaceAll(/\s*\n\s*\* ?/g, ' '))
      .join('')
      .replace(/^\/\*\*\s*/, ''),
    byDefault: ts
      .getJSDocTags(member)
      .filter(({ tagName }) => tagName.text === 'default')
      .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
      .join(),
  }));
}

/** What `GracefulOptions` has itself, and what it has from an interface that it extends. */
function without(all: object, others: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !(name in others)));
}

function only(all: object, others: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => name in others));
}

const phases = [{ name: 'audit', after: ['drain'] }];
const resolved = resolveOptions({ phases }, { env: {}, pid: 1 });
const {
  probes,
  phases: [phase],
} = resolved;
type Rows = Readonly<Record<string, OptionRow>>;
const groups: [string, Rows, Record<string, unknown>][] = [
  [
    'GracefulOptions',
    without(OPTION_TABLE, ROLLOUT_TABLE) as Rows,
    without({ ...resolved, platform: 'auto', probes: {}, phases: [] }, ROLLOUT_TABLE),
  ],
  ['RolloutOptions', ROLLOUT_TABLE, only({ ...resolved, warmUp: {} }, ROLLOUT_TABLE)],
  ['WarmUpOptions', WARM_UP_TABLE, { ...resolved.warmUp }],
  ['ProbeOptions', PROBE_TABLE, probes === false ? {} : { ...probes }],
  ['PhaseOptions', PHASE_TABLE, { ...phase, after: [] }],
];

describe.each(groups)('%s', (interfaceName, table, defaults) => {
  const documented = documentedOptions(interfaceName);

  it('has exactly the options of the table, in its order, and they are resolved', () => {
    expect(documented.map(({ name }) => name)).toEqual(Object.keys(table));
    expect(Object.keys(defaults)).toEqual(Object.keys(table));
  });

  it.each(documented)('$name has the type of the table', ({ name, type }) => {
    expect(table[name]?.type).toBe(type);
  });

  it.each(documented)('$name begins with the sentence of the table', ({ name, text }) => {
    const about = table[name]?.about ?? '';
    expect(about).toMatch(/^[^.].*\.$/);
    expect(text.startsWith(about)).toBe(true);
  });

  const optional = documented.filter(
    ({ name }) => interfaceName !== 'PhaseOptions' || name !== 'name',
  );

  it.each(optional)('$name says its default', ({ name, byDefault }) => {
    expect(byDefault).not.toBe('');
    // A literal is compared; a sentence ('a tenth of …') is covered where the derivation is tested.
    const literal = /^(['[{].*['\]}]|\d+|true|false|Infinity)$/.test(byDefault);
    const value = literal ? (runInNewContext(`(${byDefault})`) as unknown) : defaults[name];
    expect(value).toEqual(defaults[name]);
  });

  it.each(documented)('$name says its unit if it has one', ({ name, text }) => {
    const [, suffix] = /(Ms|Seconds)$/.exec(name) ?? [];
    const unit = suffix && { Ms: 'milliseconds', Seconds: 'seconds' }[suffix];
    expect(table[name]?.unit).toBe(unit);
    expect(text).toContain(unit === undefined ? '' : `in ${unit}`);
  });
});
