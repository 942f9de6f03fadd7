import { afterEach, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { METRICS, prometheusName } from '../../lib/telemetry/definitions.js';
import { freePort } from '../support/free-port.js';
import { prometheusServer } from '../support/prometheus.js';
import { describeWith } from '../support/services.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'graceful-ops-'));
afterEach(killStarted);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const rulesText = read('ops/prometheus-rules.yml');
const { groups } = parse(rulesText) as {
  readonly groups: ReadonlyArray<{ readonly rules: readonly Rule[] }>;
};
const rules = groups.flatMap((group) => group.rules);
const records = rules.flatMap(({ record }) => record ?? []);
const alerts = rules.flatMap(({ alert }) => alert ?? []);

const dashboard = JSON.parse(read('ops/grafana-dashboard.json')) as {
  readonly panels: ReadonlyArray<{
    readonly id: number;
    readonly targets: ReadonlyArray<{ readonly expr: string }>;
  }>;
};
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** What a query asks for, without what only the type of a metric adds. */
function namesIn(expression: string): string[] {
  return [...expression.matchAll(/(?<![\w:])(?:job:)?nestjs_graceful_[\w:]+/g)].map(([name]) =>
    name.replace(/_seconds_(bucket|sum|count)$/, '_seconds'),
  );
}

describe('ops/', () => {
  it('asks only for metrics that an application exports, and the application exports those of the table', async () => {
    const port = await freePort();
    const options = { awaitLastScrape: true, probes: { port, host: '127.0.0.1' } };
    const program = new StartedProgram(12, 'services/telemetry', { prometheus: true, options });
    await program.event('started');
    const text = (await program.get('/metrics', port)).body ?? '';
    const exported = [...text.matchAll(/^# TYPE (nestjs_graceful_\S+)/gm)].map(([, name]) => name);

    expect(exported.toSorted()).toEqual(METRICS.map(prometheusName).toSorted());
    const known = new Set([...exported, ...records]);
    const asked = [...queries, ...rules.map(({ expr }) => expr)].flatMap(namesIn);
    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(namesIn('sum(rate(nestjs_graceful_no_such_total[5m]))')).toEqual([
      'nestjs_graceful_no_such_total', // or this test could not fail
    ]);
    // Each metric is of use to somebody.
    expect(METRICS.map(prometheusName).filter((name) => !asked.includes(name))).toEqual([]);
  });

  it('has a walk from every alert to its cause, at the place that the alert names', () => {
    const headings = [...read('docs/on-call.md').matchAll(/^## (Nestjs\w+)$/gm)].map(
      ([, name]) => name,
    );
    expect(headings.toSorted()).toEqual(alerts.toSorted());
    for (const { alert, annotations } of rules) {
      if (alert === undefined) continue;
      expect(annotations?.['runbook_url']).toMatch(
        new RegExp(`/docs/on-call\\.md#${alert.toLowerCase()}$`),
      );
    }
  });

  it('has panels with an id of their own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describeWith(prometheusServer, () => {
  const promtool = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  };
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const tested = (text: string) => {
    const path = file('rules.yml', text);
    const tests = read('test/ops/prometheus-rules.test.yml').replace('RULES', path);
    return promtool('test', 'rules', file('test.yml', tests));
  };

  it('promtool has nothing against the rules, and they raise what they should', () => {
    expect(promtool('check', 'rules', join(root, 'ops/prometheus-rules.yml')).said).toContain(
      'SUCCESS',
    );
    expect(tested(rulesText).said).toContain('SUCCESS');
  });

  it.each([
    ['> 0.8', '> 0.7'],
    ['fate="cut"', 'fate="finished"'],
    ['last_fifth_requests_total[15m]', 'last_fifth_requests_total[1m]'],
    ['outcome="forced"', 'outcome="clean"'],
    ['offset 15m', 'offset 55m'],
    ['unless on (job, instance)', 'and on (job, instance)'],
  ])(
    'a rule with %s turned into %s is found to be wrong, or the test could not fail',
    (is, was) => {
      expect(rulesText).toContain(is);
      expect(tested(rulesText.replaceAll(is, was)).status).not.toBe(0);
    },
  );

  it('promtool can read every query of the dashboard', () => {
    const rulesOf = (all: readonly string[]) =>
      JSON.stringify({
        groups: [
          {
            name: 'dashboard',
            rules: all.map((expr, index) => ({
              record: `panel:${index}`,
              // What Grafana puts there.
              expr: expr.replaceAll('$__range', '6h').replaceAll('$job', '.+'),
            })),
          },
        ],
      });
    expect(promtool('check', 'rules', file('panels.yml', rulesOf(queries))).said).toContain(
      `SUCCESS: ${queries.length} rules found`,
    );
    expect(promtool('check', 'rules', file('panels.yml', rulesOf(['sum(']))).status).not.toBe(0);
  });
});
