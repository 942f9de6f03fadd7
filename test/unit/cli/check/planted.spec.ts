import { describe, expect, it } from '@jest/globals';
import { CATALOGUE } from '../../../../lib/cli/check/rules/catalogue.js';
import { checkFiles, rulesOf } from './check-text.js';
import { PLAN } from './plan.js';
import { PLANTED } from './planted.js';

/** Those whose finding takes more than a file and the plan: see the specs beside this one. */
const ELSEWHERE = ['kubernetes/version', 'heroku/grace', 'nomad/docker', 'two-files'];

describe('a planted mistake', () => {
  it.each(PLANTED.map((planted) => [planted.rule, planted.what, planted] as const))(
    '%s (%s) is found by its rule and by no other, and the file without it is clean',
    (rule, _what, { file, wrong, right }) => {
      const found = checkFiles({ [file]: wrong });
      expect({ rules: rulesOf(found), unreadable: found.unreadable }).toEqual({
        rules: [rule],
        unreadable: [],
      });
      expect(found.findings[0]?.place.file).toBe(file);

      const clean = checkFiles({ [file]: right });
      expect({ rules: rulesOf(clean), unreadable: clean.unreadable }).toEqual({
        rules: [],
        unreadable: [],
      });
      expect(clean.counts.checked).toBeGreaterThan(0);
    },
  );

  it('is there for every rule', () => {
    const rules = new Set([...PLANTED.map(({ rule }) => rule), ...ELSEWHERE]);
    expect(Object.keys(CATALOGUE).filter((rule) => !rules.has(rule))).toEqual([]);
    expect(PLANTED.length).toBeGreaterThanOrEqual(40);
  });
});

describe('a startup probe of an application that warms up', () => {
  const planted = PLANTED.find(({ rule }) => rule === 'probe/startup');
  const { file = '', right = '' } = planted ?? {};
  // Five failures at 1 s: more than the start took.
  const manifest = right.replace(
    '          readinessProbe:\n',
    '          startupProbe:\n            httpGet: { path: /health/startup, port: http }\n            periodSeconds: 1\n' +
      '            failureThreshold: 5\n          readinessProbe:\n',
  );

  it('has to hold the warm-up as well', () => {
    expect(rulesOf(checkFiles({ [file]: manifest }))).toEqual([]);
    const found = checkFiles({ [file]: manifest }, { plan: { ...PLAN, warmUpMs: 30_000 } });
    expect(rulesOf(found)).toEqual(['probe/startup']);
    expect(found.findings[0]).toMatchObject({
      message: expect.stringContaining('warmUp.timeoutMs'),
      remedy: 'Set failureThreshold: 43',
    });
  });
});
