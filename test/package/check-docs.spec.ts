import { describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../lib/cli/check/check.js';
import { formatByContent } from '../../lib/cli/check/formats.js';
import { FEATURES } from '../../lib/cli/check/kubernetes/versions.js';
import { planFacts } from '../../lib/cli/check/plan-facts.js';
import { isRule } from '../../lib/cli/check/rules/catalogue.js';
import { Source } from '../../lib/cli/check/text/source.js';
import { patch } from '../../lib/cli/manifest/kubernetes.js';
import { ruleDocs } from '../support/check-docs.js';
import { pages } from '../support/pages.mjs';

const root = join(import.meta.dirname, '../..');
const file = join(root, 'docs/check.md');

/** The defaults of the options. */
const PROBES = {
  livePath: '/health/live',
  readyPath: '/health/ready',
  startupPath: '/health/startup',
  checkTimeoutMs: 800,
};

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
    // UPDATE_DOCS=1 writes it.
    if (process.env['UPDATE_DOCS']) writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
});

describe('docs/manifest.md', () => {
  it('shows the patch that is made', () => {
    const plan = planFacts(
      { version: 1, platform: 'kubernetes', gracePeriodMs: 30_000, probes: PROBES },
      'default',
    );
    const made = patch({ plan, name: 'orders', image: 'orders', port: 3_000, replicas: 3 });
    const page = readFileSync(join(root, 'docs/manifest.md'), 'utf8');
    expect(page).toContain(`\`\`\`yaml\n${made}\`\`\`\n`);
  });
});

describe('docs/manifests-seen.md', () => {
  const rows = readFileSync(join(root, 'docs/manifests-seen.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| \S+\/\S+ \|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('says repository, commit, file, what was found and whether it is true, of fifty and more', () => {
    expect(rows.length).toBeGreaterThanOrEqual(50);
    for (const [, , commit, manifest, found, verdict] of rows) {
      expect(commit).toMatch(/^[0-9a-f]{10}$/);
      expect(manifest).not.toBe('');
      expect(found).toMatch(/^(nothing|can't be read, line \d+|`)/);
      expect(verdict).toMatch(/^true/);
    }
  });

  it('names rules that there are', () => {
    const named = rows.flatMap(([, , , , found = '']) =>
      [...found.matchAll(/`([^`]+)`/g)].map(([, id = '']) => id),
    );
    expect(named.filter((id) => !isRule(id))).toEqual([]);
  });
});

describe('the manifests of README and docs', () => {
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
