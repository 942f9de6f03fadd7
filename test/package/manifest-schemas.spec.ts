import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { planFacts } from '../../lib/cli/check/plan-facts.js';
import { budget, deployment, service } from '../../lib/cli/manifest/kubernetes.js';

const folder = join(import.meta.dirname, '../.cache/kubernetes-models');
const isInstalled = existsSync(join(folder, 'node_modules/kubernetes-models-new'));

const subject = {
  plan: planFacts(
    {
      version: 1,
      platform: 'kubernetes',
      gracePeriodMs: 45_500,
      probes: {
        livePath: '/health/live',
        readyPath: '/health/ready',
        port: 9_000,
        checkTimeoutMs: 2_500,
      },
    },
    'plan.json',
  ),
  name: 'orders',
  image: 'registry.example.com/orders:1.2',
  port: 3_000,
  replicas: 3,
};
const objects = [deployment(subject), service(subject), budget(subject)].flatMap((text) =>
  parseAllDocuments(text).map(
    (document) => document.toJS() as { kind: string; apiVersion: string },
  ),
);

/** Validates each object, and the same with a text for its spec, in a process: the packages are ES modules, Jest's resolver is not. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  const [age, objects] = JSON.parse(readFileSync(0, 'utf8'));
  for (const { kind, apiVersion, ...rest } of objects) {
    const { [kind]: Model } = await import('kubernetes-models-' + age + '/' + apiVersion);
    const refuses = (data) => { try { new Model(data).validate(); return ''; } catch (error) { return error.message; } };
    console.log(JSON.stringify({ kind, wrong: refuses(rest), control: refuses({ ...rest, spec: 'none' }) !== '' }));
  }`;

/** Without a network there is none of this, and the step that installs it says so. */
const withModels = isInstalled ? describe : describe.skip;

withModels.each(['old', 'new'])('the %s schemas of Kubernetes', (age) => {
  it('take what manifest makes', () => {
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      cwd: folder,
      input: JSON.stringify([age, objects]),
      encoding: 'utf8',
    });
    const verdicts = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(verdicts).toEqual(objects.map(({ kind }) => ({ kind, wrong: '', control: true })));
  });
});

withModels('the types of Kubernetes', () => {
  let errors: string[] = [];

  // validate() passes keys that do not exist; the compiler does not, in a literal.
  beforeAll(() => {
    const lines = ['old', 'new'].flatMap((age) => [
      `import type { IDeployment as Deployment_${age} } from 'kubernetes-models-${age}/apps/v1';`,
      `import type { IService as Service_${age} } from 'kubernetes-models-${age}/v1';`,
      `import type { IPodDisruptionBudget as PodDisruptionBudget_${age} } from 'kubernetes-models-${age}/policy/v1';`,
      ...objects.map(
        (one, index) =>
          `export const a${index}_${age}: ${one.kind}_${age} = ${JSON.stringify(one)};`,
      ),
      `export const control_${age}: Service_${age} = { spec: { prots: [] } };`,
    ]);
    const file = join(folder, 'objects.mts');
    writeFileSync(file, lines.join('\n'));
    const program = ts.createProgram([file], {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      types: [],
    });
    errors = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  }, 60_000);

  it('know every key that it writes, and not the one that is misspelt', () => {
    expect(errors).toEqual([
      expect.stringContaining("'prots'"),
      expect.stringContaining("'prots'"),
    ]);
  });
});
