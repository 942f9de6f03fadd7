import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../../../../lib/cli/run.js';
import { recordingTerminal } from '../../../support/terminal.js';
import { BUDGET, DEPLOYMENT, documents, SERVICE } from './kubernetes-objects.js';
import { PLAN_JSON } from './plan.js';

const FINE = documents(DEPLOYMENT, SERVICE, BUDGET);
const SHORT = FINE.replace(
  'terminationGracePeriodSeconds: 30',
  'terminationGracePeriodSeconds: 20 # was 30',
);
const ONE_PATH = FINE.replace('/health/ready', '/health/live');
/** The line of the grace period in it. */
const LINE = SHORT.split('\n').findIndex((line) => line.includes('was 30')) + 1;

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'graceful-check-'));
  put({ 'plan.json': JSON.stringify(PLAN_JSON) });
});
afterEach(() => rmSync(cwd, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), text);
  }
}

const textOf = (name: string) => readFileSync(join(cwd, name), 'utf8');

async function check(
  args: readonly string[],
  options: { input?: string; isInteractive?: boolean } = {},
) {
  const terminal = recordingTerminal({ cwd, ...options });
  const code = await run(['check', ...args], terminal);
  return { code, ...terminal.written };
}

/** With the plan, as data. */
async function checkJson(...args: readonly string[]) {
  const { code, out } = await check([...args, '--plan', 'plan.json', '--format', 'json']);
  const data = JSON.parse(out) as {
    findings: Array<{
      rule: string;
      file: string;
      line: number;
      severity: string;
      message: string;
    }>;
    unreadable: Array<{ file: string; line: number; message: string }>;
    summary: Record<string, number>;
  };
  return { code, ...data, rules: data.findings.map(({ rule }) => rule) };
}

describe('the exit code', () => {
  it.each([
    ['0 when nothing is found', FINE, [], 0],
    ['1 for an error', SHORT, [], 1],
    ['0 for a warning', ONE_PATH, [], 0],
    ['1 for a warning, with --fail-on warning', ONE_PATH, ['--fail-on', 'warning'], 1],
    ['1 for a warning, with --strict', ONE_PATH, ['--strict'], 1],
    ['0 for a template, which could not be checked', 'kind: {{ .Values.kind }}\n', [], 0],
    ['1 for a template, with --strict', 'kind: {{ .Values.kind }}\n', ['--strict'], 1],
    ['2 for a file that can not be read', 'kind: [\n', [], 2],
  ])('is %s', async (_what, text, args, code) => {
    put({ 'k8s/orders.yaml': text });
    expect((await check(['k8s', '--plan', 'plan.json', ...args])).code).toBe(code);
  });

  it.each([
    [['nowhere.yaml'], 'there is no nowhere.yaml'],
    [['--format', 'xml'], '--format has to be one of text, json, sarif, github, junit'],
    [['--strict', '--fail-on', 'note'], '--strict and --fail-on exclude each other'],
    [['--values', 'a.yaml'], '--values is for the charts of --helm <chart>'],
    [['--helm', 'chart'], '--helm needs the program helm, and there is none on the PATH'],
    [['--fail-on', 'fatal'], '--fail-on has to be one of'],
    [['--kubernetes', 'new'], '--kubernetes has to be a version such as 1.28'],
    [['--plan', 'nowhere.json'], "the plan nowhere.json can't be read"],
    [['--config', 'nowhere.json'], 'there is no configuration file nowhere.json'],
    [['--colour'], "Unknown option '--colour'"],
  ])('is 2 for %j, said in one line', async (args, message) => {
    const { code, out, err } = await check(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`nestjs-graceful: ${message}`);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

describe('what is read', () => {
  it('is the working folder without a name, and folders below, but not what was installed', async () => {
    put({
      'deploy/orders.yaml': SHORT,
      'node_modules/x/orders.yaml': SHORT,
      'notes.yaml': 'a: [\n',
      'data.json': '{',
    });
    const { findings, unreadable } = await checkJson();
    expect(findings.map(({ file }) => file)).toEqual(['deploy/orders.yaml']);
    expect(unreadable).toEqual([]);
  });

  it('is standard input for -, where a rendered chart names its templates', async () => {
    const input = `---\n# Source: orders/templates/deployment.yaml\n${SHORT}`;
    const { code, out } = await check(['-', '--plan', 'plan.json'], { input });
    expect(code).toBe(1);
    expect(out).toContain('(standard input)\n');
    expect(out).toContain('from orders/templates/deployment.yaml');
  });

  it('is every file but the one that can not be read, which is named with its line', async () => {
    put({
      'a.yaml': SHORT,
      'b.yaml': 'kind: Deployment\nspec:\n\t- 1\n',
      'c.json': '{ "apiVersion": 1,, }',
    });
    writeFileSync(join(cwd, 'd.yaml'), Buffer.from([0x6b, 0xff, 0xfe]));
    writeFileSync(join(cwd, 'e.yaml'), Buffer.alloc(16));
    const { code, rules, unreadable } = await checkJson(
      'a.yaml',
      'b.yaml',
      'c.json',
      'd.yaml',
      'e.yaml',
    );
    expect(code).toBe(2);
    expect(rules).toEqual(['grace/too-short']);
    expect(unreadable.map(({ file, line }) => `${file}:${line}`).toSorted()).toEqual([
      'b.yaml:3',
      'c.json:1',
      'd.yaml:1',
      'e.yaml:1',
    ]);
  });

  it('is refused above 16 MiB, unread', async () => {
    put({ 'large.yaml': `a: ${'x'.repeat(17 * 1_048_576)}` });
    const { unreadable } = await checkJson('large.yaml');
    expect(unreadable).toEqual([
      { file: 'large.yaml', line: 1, message: expect.stringContaining('larger than 16 MiB') },
    ]);
  });

  it('says a chart once, with the command that renders it', async () => {
    const template = DEPLOYMENT.replace('replicas: 3', 'replicas: {{ .Values.replicas }}');
    put({
      'chart/Chart.yaml': 'name: orders\n',
      'chart/templates/a.yaml': template,
      'chart/templates/b.yaml': template,
    });
    const { code, out } = await check(['.', '--plan', 'plan.json']);
    expect(code).toBe(0);
    expect(out).toContain('chart: not checked: 2 templates that are not rendered');
    expect(out).toContain('helm template chart | nestjs-graceful check -');
    expect(out).toContain('2 templates not');
  });

  it('puts the parameters of an OpenShift Template in', async () => {
    const objects = DEPLOYMENT.replace(
      'terminationGracePeriodSeconds: 30',
      'terminationGracePeriodSeconds: ${{GRACE}}',
    )
      .trimEnd()
      .split('\n')
      .map((line, index) => (index === 0 ? `  - ${line}` : `    ${line}`));
    put({
      't.yaml': [
        'kind: Template',
        'apiVersion: template.openshift.io/v1',
        'objects:',
        ...objects,
        'parameters:',
        "  - { name: GRACE, value: '7' }",
      ].join('\n'),
    });
    const { findings } = await checkJson('t.yaml');
    expect(findings.map(({ message }) => message)).toContain(
      'plan 30 s > 7 s (terminationGracePeriodSeconds: 7)',
    );
  });

  it('is both files of compose together: an override may have what the other lacks', async () => {
    put({
      'compose.yaml': 'services:\n  api:\n    build: .\n',
      'compose.override.yaml': 'services:\n  api:\n    stop_grace_period: 40s\n',
    });
    expect((await checkJson()).rules).toEqual([]);
    expect((await checkJson('compose.yaml')).rules).toEqual(['compose/grace']);
  });

  it('is the script that an image starts, when it is beside the Dockerfile', async () => {
    put({
      Dockerfile: 'FROM node:24\nENTRYPOINT ["./entrypoint.sh"]\nCMD ["node", "main.js"]\n',
      'entrypoint.sh': '#!/bin/sh\nmigrate\nexec "$@"\n',
    });
    expect((await checkJson()).rules).toEqual([]);
    put({ 'entrypoint.sh': '#!/bin/sh\nmigrate\nnode main.js\n' });
    expect((await checkJson()).rules).toEqual(['command/pid1']);
  });
});

describe('--helm', () => {
  /** In the place of helm: it says how it was called, and prints what the values have for a chart. */
  const helm = `#!/bin/sh
echo "$*" >> calls
case "$*" in *broken*) echo 'Error: no chart' >&2; exit 1;; esac
cat "$4"
`;
  const rendered = (text: string) => `# Source: orders/templates/orders.yaml\n${text}`;

  beforeEach(() => {
    put({ 'bin/helm': helm, 'short.yaml': rendered(SHORT), 'fine.yaml': rendered(FINE) });
    chmodSync(join(cwd, 'bin/helm'), 0o755);
  });

  async function withHelm(...args: readonly string[]) {
    const terminal = recordingTerminal({ cwd, env: { PATH: `${cwd}/bin:/usr/bin:/bin` } });
    const code = await run(['check', '--plan', 'plan.json', ...args], terminal);
    return { code, ...terminal.written };
  }

  it('renders a chart once for each file of values, and names chart and values of a finding', async () => {
    const values = ['--values', 'fine.yaml', '--values', 'short.yaml'];
    const { code, out } = await withHelm('--helm', 'orders', ...values);
    expect(code).toBe(1);
    expect(out).toContain('orders (short.yaml)\n');
    expect(out).toContain('grace/too-short');
    expect(out).toContain('orders/templates/orders.yaml');
    expect(out).toContain('1 error, 0 warnings, 0 notes (2 checked');
    expect(textOf('calls')).toBe(
      'template orders --values fine.yaml\ntemplate orders --values short.yaml\n',
    );
  });

  it('says once what is found in several', async () => {
    put({ 'other.yaml': textOf('short.yaml') });
    const values = ['--values', 'short.yaml', '--values', 'other.yaml'];
    const { out } = await withHelm('--helm', 'orders', ...values);
    expect(out.match(/grace\/too-short/g)).toHaveLength(1);
  });

  it('passes on why a chart can not be rendered', async () => {
    const { code, err } = await withHelm('--helm', 'broken', '--values', 'fine.yaml');
    expect(code).toBe(2);
    expect(err).toContain('helm template broken --values fine.yaml failed: Error: no chart');
  });
});

describe('files that need another', () => {
  it('a task of docker is sent the STOPSIGNAL of the image', async () => {
    const job = (more: string) =>
      `{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "docker", "KillTimeout": 30000000000${more} }] }] } }`;
    put({ Dockerfile: 'FROM node:24\nSTOPSIGNAL SIGUSR1\n', 'orders.json': job('') });
    expect((await checkJson('orders.json')).rules).toEqual(['nomad/docker']);
    put({ 'orders.json': job(', "KillSignal": "SIGTERM"') });
    expect((await checkJson('orders.json')).rules).toEqual([]);
    put({ Dockerfile: 'FROM node:24\n', 'orders.json': job('') });
    expect((await checkJson('orders.json')).rules).toEqual([]);
  });

  it.each([
    [
      'compose.yaml beside docker-compose.yml',
      'docker-compose.yml',
      {
        'compose.yaml': 'services: { api: { build: ., stop_grace_period: 30s } }\n',
        'docker-compose.yml': 'services: { api: { build: ., stop_grace_period: 30s } }\n',
      },
      { 'docker-compose.yml': '' },
    ],
    [
      'railway.json and railway.toml',
      'railway.toml',
      {
        'railway.json': '{ "deploy": { "drainingSeconds": 30 } }',
        'railway.toml': '[deploy]\ndrainingSeconds = 60\n',
      },
      { 'railway.toml': '[deploy]\ndrainingSeconds = 30\n' },
    ],
    [
      'two ecosystem files with one application',
      'ecosystem.config.js',
      {
        'api/ecosystem.config.js':
          "module.exports = { apps: [{ name: 'api', script: 'a.js', kill_timeout: 45000 }] };\n",
        'ecosystem.config.js':
          "module.exports = { apps: [{ name: 'api', script: 'a.js', kill_timeout: 30000 }] };\n",
      },
      {
        'ecosystem.config.js':
          "module.exports = { apps: [{ name: 'web', script: 'a.js', kill_timeout: 30000 }] };\n",
      },
    ],
  ])('%s contradict each other', async (_what, file, wrong, right) => {
    put(wrong);
    const { findings } = await checkJson('.');
    expect(findings.map((one) => [one.rule, one.file])).toEqual([['two-files', file]]);
    put(right);
    expect((await checkJson('.')).rules).toEqual([]);
  });

  it('the configuration of datree asks for a hook, and the smallest is said by version', async () => {
    put({
      'policies.yaml':
        'policies:\n  - name: all\n    rules:\n      - identifier: CONTAINERS_MISSING_PRESTOP_KEY\n',
      'orders.yaml': FINE,
    });
    const remedy = async (...more: readonly string[]) => {
      const { out } = await check(['.', '--plan', 'plan.json', ...more]);
      return /The smallest.*/.exec(out)?.[0];
    };
    const sum = 'and terminationGracePeriodSeconds: 31';
    expect(await remedy()).toContain(`{ sleep: { seconds: 1 } } } ${sum}`);
    expect(await remedy('--kubernetes', '1.28')).toContain(
      `setTimeout(() => {}, 1000)"] } } } ${sum}`,
    );
  });
});

describe('without a plan', () => {
  it('the rules that need none still run, and what was left out is said', async () => {
    put({ 'orders.yaml': SHORT.replace('/health/ready', '/health/live') });
    const { out } = await check(['orders.yaml', '--no-plan']);
    expect(out).toContain('probe/identical');
    expect(out).not.toContain('grace/too-short');
    expect(out).toContain('Without a plan');
  });

  it('GRACEFUL_GRACE_PERIOD_MS in the container is one', async () => {
    const image = '          image: registry.example.com/orders:1.2\n';
    put({
      'orders.yaml': SHORT.replace(
        image,
        `${image}          env: [{ name: GRACEFUL_GRACE_PERIOD_MS, value: '45000' }]\n`,
      ),
    });
    const { out } = await check(['orders.yaml', '--no-plan']);
    expect(out).toContain(
      'GRACEFUL_GRACE_PERIOD_MS 45 s > 20 s (terminationGracePeriodSeconds: 20)',
    );
  });
});

describe('what switches a rule off', () => {
  const lines = SHORT.split('\n');
  const withComment = (comment: string, at = LINE - 1) =>
    lines.toSpliced(at, 0, comment).join('\n');

  it.each([
    [
      'a comment in front of the line',
      withComment('      # nestjs-graceful-disable-next-line grace/too-short'),
    ],
    [
      'with a reason',
      withComment(
        '      # nestjs-graceful-disable-next-line grace/too-short -- a batch that restarts',
      ),
    ],
    [
      'and another comment between',
      withComment('      # nestjs-graceful-disable-next-line grace/*\n      # seconds'),
    ],
    [
      'a comment on the line',
      SHORT.replace('# was 30', '# nestjs-graceful-disable-line grace/too-short'),
    ],
    ['a comment for the file', withComment('# nestjs-graceful-disable grace/too-short', 0)],
    ['a comment for every rule', withComment('# nestjs-graceful-disable', 0)],
  ])('%s', async (_what, text) => {
    put({ 'orders.yaml': text });
    expect((await checkJson('orders.yaml')).rules).toEqual([]);
  });

  it('a comment of one object leaves the others counted', async () => {
    const lonely = (name: string, comment = '') =>
      DEPLOYMENT.replaceAll('orders', name).replace('  replicas: 3', `${comment}  replicas: 1`);
    const off = '  # nestjs-graceful-disable-next-line replicas -- a singleton\n';
    put({ 'orders.yaml': documents(lonely('a', off), lonely('b'), lonely('c')) });
    const { findings } = await checkJson('orders.yaml');
    expect(findings.map(({ rule, message }) => `${rule}: ${message}`)).toEqual([
      'replicas: 2 workloads with one replica: each eviction is an outage',
    ]);
  });

  it('a comment about a rule that does not exist is said, and does nothing', async () => {
    put({ 'orders.yaml': withComment('# nestjs-graceful-disable grace/short', 0) });
    const { err, code } = await check(['orders.yaml', '--plan', 'plan.json']);
    expect({ err, code }).toEqual({
      err: "orders.yaml:1: there is no rule 'grace/short' to switch off\n",
      code: 1,
    });
  });

  it('a comment about another rule, or another line, does not', async () => {
    put({
      'a.yaml': withComment('      # nestjs-graceful-disable-next-line probe/identical'),
      'b.yaml': withComment('# nestjs-graceful-disable-next-line grace/too-short', 0),
    });
    expect((await checkJson('a.yaml')).rules).toEqual(['grace/too-short']);
    expect((await checkJson('b.yaml')).rules).toEqual(['grace/too-short']);
  });

  it('the configuration file does, with a reason', async () => {
    put({
      'orders.yaml': SHORT,
      'nestjs-graceful.check.json': JSON.stringify({ off: { 'grace/*': 'a batch that restarts' } }),
    });
    expect((await checkJson('orders.yaml')).rules).toEqual([]);
  });

  it.each([
    ['{ "off": { "replicas": "" } }', "say why 'replicas' is off"],
    ['{ "off": { "replica": "one is enough" } }', "there is no rule 'replica'"],
    ['{ "of": {} }', "'of' is unknown"],
    ['{ "failOn": "fatal" }', 'failOn has to be one of'],
    ['[]', 'has to hold an object'],
    ['{', 'is no JSON'],
  ])('a configuration file %s is refused', async (text, message) => {
    put({ 'nestjs-graceful.check.json': text });
    const { code, err } = await check(['plan.json']);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});

describe('--fix', () => {
  it('writes what is safe, with comments, order, line ends and mark kept, and nothing else', async () => {
    const files = {
      'orders.yaml': `\uFEFF${SHORT.replaceAll('\n', '\r\n')}`,
      'compose.yaml': 'services:\n  # ours\n  api:\n    build: . # here\n    ports: ["80:3000"]\n',
      'task.json':
        '{\n  "containerDefinitions": [\n    {\n      "name": "api",\n      "image": "orders:1"\n    }\n  ]\n}\n',
      'fly.toml': '# Fly\n\napp = "orders"\n[env]\nA = "1"\n',
      'orders.service':
        '[Service]\nExecStart=/usr/bin/node main.js\nTimeoutStopSec=5\nRestart=always\n',
      'ecosystem.config.js':
        "module.exports = { apps: [{ name: 'a', kill_timeout: 5000, script: 'main.js' }] };\n",
    };
    put({
      ...files,
      'task.json': files['task.json'].replace(
        '"image": "orders:1"',
        '"image": "orders:1",\n      "stopTimeout": 5',
      ),
    });
    const { err } = await check(['.', '--plan', 'plan.json', '--fix']);
    expect(err.match(/1 change written/g)).toHaveLength(6);
    expect(textOf('orders.yaml')).toBe(
      files['orders.yaml'].replace(
        'terminationGracePeriodSeconds: 20',
        'terminationGracePeriodSeconds: 30',
      ),
    );
    expect(textOf('compose.yaml')).toBe(
      'services:\n  # ours\n  api:\n    stop_grace_period: 30s\n    build: . # here\n    ports: ["80:3000"]\n',
    );
    expect(textOf('task.json')).toBe(
      files['task.json'].replace(
        '"image": "orders:1"',
        '"image": "orders:1",\n      "stopTimeout": 30',
      ),
    );
    expect(textOf('fly.toml')).toBe(files['fly.toml'].replace('app =', 'kill_timeout = 30\napp ='));
    expect(textOf('orders.service')).toBe(files['orders.service'].replace('=5\n', '=30s\n'));
    expect(textOf('ecosystem.config.js')).toBe(
      files['ecosystem.config.js'].replace('5000', '30000'),
    );
    expect((await checkJson()).rules).toEqual([]);
  });

  it('adds a key to a map in braces, and to one in a list', async () => {
    put({
      'a.json': '{ "containerDefinitions": [{ "name": "api", "image": "orders:1" }] }',
      'compose.yaml': 'services: { api: { build: . } }\n',
      'render.yaml': 'services:\n  - type: web\n    name: orders\n    runtime: node\n',
    });
    writeFileSync(join(cwd, 'plan.json'), JSON.stringify({ ...PLAN_JSON, gracePeriodMs: 45_000 }));
    await check(['.', '--plan', 'plan.json', '--fix']);
    expect(
      (JSON.parse(textOf('a.json')) as { containerDefinitions: object[] }).containerDefinitions[0],
    ).toEqual({ name: 'api', image: 'orders:1', stopTimeout: 45 });
    expect(textOf('compose.yaml')).toBe(
      'services: { api: { stop_grace_period: 45s, build: . } }\n',
    );
    expect(textOf('render.yaml')).toBe(
      'services:\n  - maxShutdownDelaySeconds: 45\n    type: web\n    name: orders\n    runtime: node\n',
    );
    expect((await checkJson()).rules).toEqual([]);
  });

  it('does not touch what was switched off', async () => {
    const text = SHORT.replace('# was 30', '# nestjs-graceful-disable-line grace/too-short');
    put({ 'orders.yaml': text });
    await check(['orders.yaml', '--plan', 'plan.json', '--fix']);
    expect(textOf('orders.yaml')).toBe(text);
  });
});

describe('an output', () => {
  beforeEach(() => put({ 'a b.yaml': SHORT, 'broken.yaml': 'kind: [\n' }));

  it('for people has the place, the sum, the remedy and the change; colours only on a terminal', async () => {
    const args = ['a b.yaml', '--plan', 'plan.json'];
    const { out } = await check(args);
    expect(out).toBe(`a b.yaml
  ${String(LINE).padStart(4)}  error    Deployment/orders: plan 30 s > 20 s (terminationGracePeriodSeconds: 20)  grace/too-short
              Set terminationGracePeriodSeconds: 30
              - terminationGracePeriodSeconds: 20 # was 30
              + terminationGracePeriodSeconds: 30 # was 30

1 error, 0 warnings, 0 notes (1 checked, 1 can be changed by --fix)
`);
    const coloured = (await check(args, { isInteractive: true })).out;
    expect(coloured).toContain('\u001B[31merror');
    // eslint-disable-next-line no-control-regex
    expect(coloured.replaceAll(/\u001B\[\d+m/g, '')).toBe(out);
  });

  it('as SARIF names each rule, place and page, and what could not be read', async () => {
    const { code, out } = await check(['.', '--plan', 'plan.json', '--format', 'sarif']);
    expect(code).toBe(2);
    const { version, runs } = JSON.parse(out) as {
      version: string;
      runs: Array<Record<string, unknown>>;
    };
    expect(version).toBe('2.1.0');
    expect(runs).toEqual([
      {
        tool: {
          driver: expect.objectContaining({
            name: 'nestjs-graceful check',
            rules: [
              expect.objectContaining({
                id: 'grace/too-short',
                helpUri: expect.stringContaining('docs/check.md#gracetoo-short'),
                defaultConfiguration: { level: 'error' },
              }),
            ],
          }),
        },
        invocations: [
          {
            executionSuccessful: false,
            toolExecutionNotifications: [
              expect.objectContaining({
                level: 'error',
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: 'broken.yaml' },
                      region: { startLine: 2 },
                    },
                  },
                ],
              }),
            ],
          },
        ],
        results: [
          expect.objectContaining({
            ruleId: 'grace/too-short',
            ruleIndex: 0,
            level: 'error',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'a%20b.yaml' },
                  region: { startLine: LINE },
                },
              },
            ],
          }),
        ],
      },
    ]);
  });

  it('for GitHub is a command a finding', async () => {
    const { out } = await check(['.', '--plan', 'plan.json', '--format', 'github']);
    expect(out.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(
        `^::error file=a b.yaml,line=${LINE},title=grace/too-short::Deployment/orders: plan 30 s > 20 s`,
      ),
      expect.stringMatching(/^::error file=broken\.yaml,line=2,title=unreadable::/),
    ]);
  });

  it('for JUnit is well-formed, with a failure a finding', async () => {
    put({ 'odd.yaml': SHORT.replaceAll('name: orders', 'name: "<&\\u0007>"') });
    const { out } = await check(['.', '--plan', 'plan.json', '--format', 'junit']);
    expect(out).toContain('<testsuite name="a b.yaml" tests="1" failures="1" errors="0">');
    expect(out).toContain('<testsuite name="broken.yaml" tests="1" failures="0" errors="1">');
    expect(out).toContain('&lt;&amp;');
    // eslint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0008]/);
  });

  it('never writes what a file could do to a terminal', async () => {
    put({ 'odd.yaml': SHORT.replaceAll('name: orders', 'name: "\\u001b[2J\\u202E"') });
    const { out } = await check(['odd.yaml', '--plan', 'plan.json']);
    // eslint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u001B\u202E]/);
  });
});

describe('--kubernetes', () => {
  const sleeps = FINE.replace(
    '          ports:\n',
    '          lifecycle: { preStop: { sleep: { seconds: 0 } } }\n          ports:\n',
  );

  it.each([
    ['1.28', ['error', 'error']],
    ['1.30', ['error']],
    ['v1.32.4', ['warning']],
    ['1.33', []],
  ])('%s says what it does not have', async (version, severities) => {
    put({ 'orders.yaml': sleeps });
    const { findings } = await checkJson('orders.yaml', '--kubernetes', version);
    expect(findings.map(({ rule, severity }) => ({ rule, severity }))).toEqual(
      severities.map((severity) => ({ rule: 'kubernetes/version', severity })),
    );
  });
});

describe('a plan', () => {
  it('may be standard input, when no file is', async () => {
    put({ 'orders.yaml': SHORT });
    const input = JSON.stringify(PLAN_JSON);
    expect((await check(['orders.yaml', '--plan', '-'], { input })).out).toContain(
      'grace/too-short',
    );
    const both = await check(['-', '--plan', '-'], { input });
    expect({ code: both.code, err: both.err }).toEqual({
      code: 2,
      err: 'nestjs-graceful: standard input can be the plan or a file, not both\n',
    });
  });

  it.each([
    [
      'is derived again for where it will run',
      { platform: false, gracePeriodMs: false },
      ['grace/too-short'],
    ],
    ['is taken for one, if it is too old to say so', undefined, ['grace/too-short']],
    [
      'holds everywhere, if the grace period was given',
      { platform: false, gracePeriodMs: true },
      ['grace/mismatch'],
    ],
  ])('that was made on a laptop %s', async (_what, given, rules) => {
    const plan = { ...PLAN_JSON, platform: 'none', gracePeriodMs: 10_000, given };
    put({ 'plan.json': JSON.stringify(plan) });
    put({ 'orders.yaml': SHORT, 'compose.yaml': 'services:\n  api:\n    build: .\n' });
    expect((await checkJson()).rules).toEqual(rules);
  });

  it('that was made on a laptop waits for load balancers where there are some', async () => {
    const none = { floorMs: 0, quietMs: 0, capMs: 0, probeFailures: 0 };
    const said = { platform: false, gracePeriodMs: false };
    const plan = { ...PLAN_JSON, platform: 'none', gracePeriodMs: 10_000, propagation: none };
    const image = '          image: registry.example.com/orders:1.2\n';
    const hook = `${image}          lifecycle: { preStop: { sleep: { seconds: 5 } } }\n`;
    put({ 'orders.yaml': FINE.replace('Seconds: 30', 'Seconds: 35').replace(image, hook) });
    put({ 'plan.json': JSON.stringify({ ...plan, given: said }) });
    expect((await checkJson()).rules).toEqual(['prestop/double-wait']);
    put({
      'plan.json': JSON.stringify({
        ...plan,
        gracePeriodMs: 30_000,
        given: { platform: true, gracePeriodMs: true },
      }),
    });
    expect((await checkJson()).rules).toEqual([]);
  });

  it('longer than what Heroku gives is said for each process that serves', async () => {
    put({
      'plan.json': JSON.stringify({ ...PLAN_JSON, gracePeriodMs: 60_000 }),
      Procfile: 'release: npm run migrate && true\nweb: npm start\n',
    });
    const { findings } = await checkJson('Procfile');
    expect(findings).toMatchObject([{ rule: 'heroku/grace', line: 2 }]);
  });
});
