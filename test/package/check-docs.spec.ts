import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../lib/cli/check/check.js';
import { formatByContent } from '../../lib/cli/check/formats.js';
import { FEATURES } from '../../lib/cli/check/kubernetes/versions.js';
import { planFacts } from '../../lib/cli/check/plan-facts.js';
import { Source } from '../../lib/cli/check/text/source.js';
import { ruleDocs } from '../support/check-docs.js';

const root = join(import.meta.dirname, '../..');
const file = join(root, 'docs/check.md');

function versionDocs(): string {
  const rows = FEATURES.map(
    ({ what, gate, since, onSince }) =>
      `| ${what} | \`${gate}\` | 1.${since} | ${onSince === undefined ? 'not yet' : `1.${onSince}`} |`,
  );
  return [
    '| field | feature gate | with the gate since | without since |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function withPart(page: string, name: string, text: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(<!-- /${name} -->)`);
  return page.replace(
    pattern,
    (_whole, begin: string, end: string) => `${begin}\n${text}\n\n${end}`,
  );
}

describe('docs/check.md', () => {
  it('has the rules and versions of the code', () => {
    const page = readFileSync(file, 'utf8');
    const wanted = withPart(withPart(page, 'rules', ruleDocs()), 'versions', versionDocs());
    // UPDATE_README=1 writes it.
    if (process.env['UPDATE_README']) writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
});

describe('the manifests of README and docs', () => {
  const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
  const manifests = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/^```ya?ml\n([\s\S]*?)^```/gm)]
      .map(([, text = '']) => text)
      .filter((text) => /^(?:apiVersion|services):/m.test(text))
      .map((text, index) => ({ name: `${page}.${index}.yaml`, text })),
  );

  it('are what check recommends', () => {
    const plan = planFacts(
      { version: 1, platform: 'kubernetes', gracePeriodMs: 30_000 },
      'default',
    );
    expect(manifests.length).toBeGreaterThan(0);
    const inputs = manifests.map(({ name, text }) => {
      return { source: new Source(name, text), format: formatByContent(name, text), isNamed: true };
    });
    const { findings, unreadable, counts } = check(inputs, { plan });
    expect(findings.filter(({ severity }) => severity !== 'note')).toEqual([]);
    expect(unreadable).toEqual([]);
    expect(counts.checked).toBeGreaterThanOrEqual(manifests.length);
  });
});
