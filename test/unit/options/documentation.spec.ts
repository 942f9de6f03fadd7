import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import ts from 'typescript';
import { resolvePhases } from '../../../lib/options/phases.js';
import { resolveOptions } from '../../../lib/options/resolve-options.js';

// The type, the defaults and what is said about them are three places. These tests hold them together.

interface Documented {
  readonly name: string;
  readonly text: string;
  readonly byDefault: string;
}

function documentedOptions(interfaceName: string): Documented[] {
  const name = interfaceName === 'PhaseOptions' ? 'phase-options' : 'graceful-options';
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
    text: ts
      .getJSDocCommentsAndTags(member)
      .map((comment) => comment.getText(source).replaceAll(/\s*\n\s*\* ?/g, ' '))
      .join(''),
    byDefault: ts
      .getJSDocTags(member)
      .filter(({ tagName }) => tagName.text === 'default')
      .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '')
      .join(),
  }));
}

const resolved = resolveOptions({}, { env: {}, pid: 1 });
const [phase] = resolvePhases([{ name: 'audit', after: ['drain'] }], resolved.gracePeriodMs);
const groups: [string, Record<string, unknown>][] = [
  ['GracefulOptions', { ...resolved, platform: 'auto', probes: {} }],
  ['ProbeOptions', resolved.probes === false ? {} : resolved.probes],
  ['PhaseOptions', { ...phase, after: [] }],
];

describe.each(groups)('%s', (interfaceName, defaults) => {
  const documented = documentedOptions(interfaceName);

  it('has exactly the options that are resolved', () => {
    expect(documented.map(({ name }) => name).sort()).toEqual(Object.keys(defaults).sort());
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

  it.each(documented.filter(({ name }) => /(Ms|Seconds)$/.test(name)))(
    '$name says its unit',
    ({ name, text }) => {
      expect(text).toContain(name.endsWith('Ms') ? 'in milliseconds' : 'in seconds');
    },
  );
});
