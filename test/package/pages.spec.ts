import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { runInNewContext } from 'node:vm';
import { platformDocs } from '../support/platform-docs.js';
import { resolveOptions, type ResolvedProbeOptions } from '../../lib/options/resolve-options.js';
import { errorDocs } from '../support/error-docs.js';
import { SENTENCES } from '../support/log-docs.js';
import { llmsText } from '../support/llms.js';
import { metricDocs } from '../support/metric-docs.js';
import { defaultsOn, optionDocs } from '../support/option-docs.js';
import {
  applications,
  blocksOf,
  blocksOfSpecs,
  filesOn,
  FIRST_SCREEN,
  pages,
} from '../support/pages.mjs';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** What stands between two marks of a page; `UPDATE_DOCS=1` writes it. */
function made(page: string, name: string, content: () => string): string {
  const block = new RegExp(`(<!-- ${name} -->\\n\\n)[\\s\\S]*?(\\n*<!-- /${name} -->)`);
  if (process.env['UPDATE_DOCS']) {
    const end = `\n\n<!-- /${name} -->`;
    const text = read(page).replace(block, (_, begin: string) => begin + content() + end);
    writeFileSync(join(root, page), text);
  }
  const [, , text = ''] =
    new RegExp(`<!-- ${name} -->(\\n\\n)([\\s\\S]*?)\\n\\n<!-- /${name} -->`).exec(read(page)) ??
    [];
  return text;
}

describe('README.md', () => {
  const readme = read('README.md');

  it('has 8 to 9 KB', () => {
    const kilobytes = Buffer.byteLength(readme) / 1_000;
    expect(kilobytes).toBeGreaterThan(7.5);
    expect(kilobytes).toBeLessThan(9);
  });

  it('says how to install it, and the one line, on the first screen', () => {
    const screen = readme.split('\n').slice(0, 35).join('\n');
    expect(screen).toContain('npm install nestjs-graceful\n');
    expect(screen).toContain(FIRST_SCREEN);
  });

  it('has the figures of the benchmark in its first table', () => {
    interface Run {
      readonly contender: string;
      readonly requests: number;
      readonly ok: number;
      readonly sigkills: number;
      readonly seconds: readonly number[];
    }
    const { runs } = JSON.parse(read('bench/results/rolling-deploy.json')) as { runs: Run[] };
    const cells = ['nestjs-graceful, kubernetes', 'plain Nest', '@nestjs/terminus, 5 s'].map(
      (contender) => {
        const run = runs.find((one) => one.contender === contender) as Run;
        const [, median = NaN] = run.seconds.toSorted((a, b) => a - b);
        const lost = (run.requests - run.ok).toLocaleString('en');
        return [
          `${lost} of ${run.requests.toLocaleString('en')}`,
          `${median.toFixed(1)} s${run.sigkills > 0 ? ', then SIGKILL' : ''}`,
        ];
      },
    );
    const rows = readme.split('\n').filter((line) => /^\| (requests lost|SIGTERM to)/.test(line));
    const shown = rows.map((row) =>
      row
        .replaceAll('**', '')
        .split('|')
        .slice(2, -1)
        .map((cell) => cell.trim()),
    );
    expect(shown).toEqual([cells.map(([lost]) => lost), cells.map(([, seconds]) => seconds)]);
  });
});

describe('what is made from the code', () => {
  it('is the table of options', () => {
    expect(made('docs/options.md', 'options', optionDocs)).toBe(optionDocs());
  });

  it.each(['none', 'kubernetes'] as const)('has the defaults there are on %s', (platform) => {
    const rows = read('docs/options.md').split('\n');
    for (const [name, value] of defaultsOn(platform)) {
      const row = rows.find((line) => line.startsWith(`| \`${name}\` |`));
      const [, , general = '', onKubernetes = ''] =
        row?.split('|').map((cell) => cell.trim()) ?? [];
      const said = platform === 'kubernetes' && onKubernetes !== '' ? onKubernetes : general;
      expect([name, runInNewContext(`(${said.slice(1, -1)})`)]).toEqual([name, value]);
    }
  });

  it('is the page of errors', () => {
    expect(made('docs/errors.md', 'errors', errorDocs)).toBe(errorDocs());
  });

  it('is the table of metrics', () => {
    expect(made('docs/telemetry.md', 'metrics', metricDocs)).toBe(metricDocs());
  });

  it('are the times of the platforms', () => {
    expect(made('docs/platforms.md', 'platforms', platformDocs)).toBe(platformDocs());
  });
});

describe('llms.txt', () => {
  it('lists every page', () => {
    if (process.env['UPDATE_DOCS']) writeFileSync(join(root, 'llms.txt'), llmsText());
    expect(read('llms.txt')).toBe(llmsText());
  });
});

describe('CHANGELOG.md', () => {
  const changelog = read('CHANGELOG.md');
  const versions = [...changelog.matchAll(/^## \[(.+?)\](.*)$/gm)];

  it('has a date and a link for each version, and a place for what comes', () => {
    expect(versions.map(([, name = '']) => name)[0]).toBe('Unreleased');
    expect(versions.length).toBeGreaterThan(1);
    for (const [, name = '', date = ''] of versions.slice(1)) {
      expect(date).toMatch(/^ - \d{4}-\d\d-\d\d$/);
      expect(changelog).toContain(`\n[${name}]: https://github.com/`);
    }
    expect(changelog).toMatch(/\n\[Unreleased\]: https:.*\/compare\/v.*\.\.\.HEAD\n/);
  });

  it('knows the version of the package', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(versions.map(([, name = '']) => name)).toContain(version);
  });
});

describe('docs/troubleshooting.md', () => {
  it('names lines by ids that there are', () => {
    const ids = SENTENCES.flatMap(({ sentences }) => Object.values(sentences).map(({ id }) => id));
    const named = [...read('docs/troubleshooting.md').matchAll(/`([a-z]+(?:-[a-z0-9]+)+)`/g)];
    expect(named.length).toBeGreaterThan(4);
    expect(named.map(([, id = '']) => id).filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe('docs/kubernetes.md', () => {
  const [manifest = '', preStop = ''] = blocksOf('docs/kubernetes.md', 'yaml');
  const { gracePeriodMs, probes } = resolveOptions({ platform: 'kubernetes' }, { env: {}, pid: 1 });

  it('has the grace period and the paths that are the defaults', () => {
    expect(manifest).toContain(`terminationGracePeriodSeconds: ${gracePeriodMs / 1_000} `);
    const { livePath, readyPath, startupPath } = probes as ResolvedProbeOptions;
    expect([...manifest.matchAll(/path: (\S+),/g)].map(([, path]) => path).toSorted()).toEqual(
      [livePath, readyPath, startupPath].toSorted(),
    );
    expect(manifest).not.toContain('preStop');
  });

  it('takes the seconds of a preStop off the grace period', () => {
    const number = (pattern: RegExp) => Number(pattern.exec(preStop)?.[1]);
    const grace = number(/terminationGracePeriodSeconds: (\d+)/);
    const slept = number(/sleep: \{ seconds: (\d+) \}/);
    expect(number(/value: '(\d+)'/)).toBe((grace - slept) * 1_000);
  });
});

describe('the code on the pages', () => {
  it('stands in applications that the tests run: see pages-run.spec.ts', () => {
    expect(applications).toEqual([
      'README.md',
      'docs/integrations/writing-your-own.md',
      'docs/ordering.md',
      'docs/probes.md',
      'docs/quick-start.md',
      'docs/rollouts.md',
      'docs/telemetry.md',
      'docs/testing.md',
      'docs/work.md',
    ]);
    const runs = read('test/package/pages-run.spec.ts') + read('test/package/runners.spec.ts');
    for (const page of applications) expect(runs).toContain(`describe('${page}'`);
  });

  it.each(pages)('%s shows no other code', (page) => {
    const ofSpecs = blocksOfSpecs(page);
    for (const { spec } of ofSpecs) expect(read(spec)).toContain(page);
    const ofApplications = applications.includes(page) ? filesOn(page) : [];
    const files = [...ofApplications, ...ofSpecs].map(({ code }) => code);
    const others = blocksOf(page, 'ts').filter((code) => !files.includes(code));
    expect(others.map((code) => code.trim())).toEqual(page === 'README.md' ? [FIRST_SCREEN] : []);
  });
});

const markdown = [
  ...pages,
  ...['bench/README.md', 'findings/README.md', 'test/README.md'],
  ...readdirSync(root).filter((name) => name.endsWith('.md') && name !== 'README.md'),
  ...readdirSync(join(root, 'sample'))
    .filter((name) => /^\d\d-/.test(name))
    .map((name) => `sample/${name}/README.md`),
].filter((page) => exists(page));

describe('links', () => {
  it.each(markdown)('of %s lead somewhere', (page) => {
    const broken = linksOf(page).filter(({ path, anchor }) => {
      if (!exists(path)) return true;
      return anchor !== '' && !anchorsOf(path).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const found = new Set(['README.md']);
    for (const page of found) {
      if (!page.endsWith('.md') || !exists(page)) continue;
      for (const { path } of linksOf(page)) found.add(path);
    }
    expect(pages.filter((page) => !found.has(page))).toEqual([]);
  });

  it('would be found broken, or this test could not fail', () => {
    expect(exists('docs/no-such-page.md')).toBe(false);
    expect(anchorsOf('docs/kubernetes.md')).toContain('no-prestop-hook-is-needed');
    expect(anchorsOf('docs/kubernetes.md')).not.toContain('no-such-heading');
    expect(linksOf('README.md').length).toBeGreaterThan(30);
  });
});

interface Link {
  readonly path: string;
  readonly anchor: string;
}

/** Links to other files and to headings, without those to the web. */
function linksOf(page: string): Link[] {
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^(https?|mailto):/.test(target))
    .map((target) => {
      const [path = '', anchor = ''] = target.split('#');
      const resolved = path === '' ? page : posix.join(posix.dirname(page), path);
      return { path: resolved.replace(/\/$/, ''), anchor };
    });
}

/** As GitHub names them. */
function anchorsOf(page: string): string[] {
  if (!page.endsWith('.md')) return [];
  const text = read(page).replace(/^```[\s\S]*?^```$/gm, '');
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-'),
  );
}

function exists(path: string): boolean {
  try {
    readdirSync(join(root, dirname(path)));
    return path === '' || readdirSync(join(root, dirname(path))).includes(posix.basename(path));
  } catch {
    return false;
  }
}
