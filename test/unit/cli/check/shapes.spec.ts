import { describe, expect, it } from '@jest/globals';
import { checkFiles, rulesOf } from './check-text.js';
import { AUTOSCALER, BUDGET, DEPLOYMENT, documents, SERVICE } from './kubernetes-objects.js';
import { PLAN } from './plan.js';

const ORDERS = documents(DEPLOYMENT, SERVICE, BUDGET);
const found = (files: Readonly<Record<string, string>>) => {
  const context = checkFiles(files);
  return { rules: rulesOf(context), unreadable: context.unreadable.map(({ message }) => message) };
};
const nothing = { rules: [], unreadable: [] };
const only = (...rules: string[]) => ({ rules, unreadable: [] });

/** Shapes that public manifests have and that a naive reader takes for something else. */
describe('braces', () => {
  it('that parse are still a template', () => {
    expect(
      found({
        'a.yaml':
          'apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\nspec:\n  ports:\n    - port: {{ .Values.port }}\n',
      }),
    ).toEqual(only('template/unrendered'));
  });

  it.each([
    ['an if in a column of its own', `{{- if .Values.on }}\n${DEPLOYMENT}{{- end }}\n`],
    [
      'a name with a mark in it',
      DEPLOYMENT.replace('name: orders', 'name: {{ .Release.Name }}-orders'),
    ],
    ['Jinja', `{% if on %}\n${DEPLOYMENT}{% endif %}\n`],
  ])('%s', (_what, text) => {
    expect(found({ 'a.yaml': text })).toEqual(only('template/unrendered'));
  });

  it('in quotes, in a block of text and in another kind of object are none', () => {
    const text = ORDERS.replace(
      "command: ['node', 'dist/main.js']",
      'args: ["sed s/{{ID}}/1/"]',
    ).replace(
      'labels: { app: orders }\n    spec',
      "labels: { app: orders }\n      annotations:\n        at: '{{ now }}'\n        rule: |\n          {{ $labels.pod }}\n    spec",
    );
    expect(
      found({ 'a.yaml': text, 'b.yaml': 'apiVersion: v1\nkind: ConfigMap\ndata:\n  a: {{ x }}\n' }),
    ).toEqual(nothing);
  });

  it('none, in a folder of templates: it is checked as usual', () => {
    expect(
      found({ 'chart/templates/a.yaml': ORDERS.replace('Seconds: 30', 'Seconds: 9') }),
    ).toEqual(only('grace/too-short'));
  });
});

describe('marks of other templaters', () => {
  it.each(['${GRACE}', '$GRACE', '__GRACE__', '@GRACE@', '<GRACE>'])(
    '%s is unknown, and not wrong',
    (mark) => {
      expect(found({ 'a.yaml': ORDERS.replace('Seconds: 30', `Seconds: "${mark}"`) })).toEqual(
        only('template/mark'),
      );
    },
  );

  it('in the name of two objects of two files do not make them one', () => {
    const named = (text: string) => text.replaceAll(/(name|app): orders/g, '$1: "${NAME}"');
    const scaled = documents(
      named(DEPLOYMENT.replace('  replicas: 3\n', '')),
      named(AUTOSCALER),
      named(BUDGET),
    );
    const other = documents(named(DEPLOYMENT), named(BUDGET));
    expect(found({ 'a.yaml': scaled, 'b.yaml': other })).toEqual(nothing);
  });

  it('of compose have a default that counts', () => {
    const compose = (value: string) =>
      `services:\n  api:\n    build: .\n    stop_grace_period: ${value}\n`;
    expect(found({ 'compose.yaml': compose('${GRACE:-45s}') })).toEqual(nothing);
    expect(found({ 'compose.yaml': compose('${GRACE:-5s}') })).toEqual(only('compose/grace'));
    expect(found({ 'compose.yaml': compose('${GRACE}') })).toEqual(only('template/mark'));
  });
});

describe('the container', () => {
  it('is not the first one, when that is a proxy; an init container that stays is none either', () => {
    const proxy =
      '{ name: proxy, image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2, restartPolicy: Always, lifecycle: { preStop: { sleep: { seconds: 25 } } } }';
    expect(
      found({
        'a.yaml': ORDERS.replace(
          '      containers:\n',
          `      initContainers:\n        - ${proxy}\n      containers:\n`,
        ),
      }),
    ).toEqual(nothing);
    expect(
      found({
        'a.yaml': ORDERS.replace('      containers:\n', `      containers:\n        - ${proxy}\n`),
      }),
    ).toEqual(only('sidecar/order'));
  });

  it('may have no name, as in Knative', () => {
    const text =
      'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: a }\nspec: { template: { spec: { containers: [{ image: a }] } } }\n';
    expect(found({ 'a.yaml': text })).toEqual(nothing);
  });

  it('of a database is nobody’s application', () => {
    const text =
      'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: { name: db }\nspec: { replicas: 1, selector: { matchLabels: { a: b } }, template: { metadata: { labels: { a: b } }, spec: { terminationGracePeriodSeconds: 5, containers: [{ name: db, image: "docker.io/bitnami/postgresql:17" }] } } }\n';
    expect(found({ 'a.yaml': text })).toEqual(nothing);
  });

  it('is named by --container', () => {
    const two = ORDERS.replace(
      '        - name: orders\n',
      '        - { name: other, image: other:1 }\n        - name: orders\n',
    )
      .replaceAll('name: orders\n          image', 'name: left\n          image')
      .replace('registry.example.com/orders:1.2', 'left:1')
      .replace("command: ['node', 'dist/main.js']", 'workingDir: /');
    const short = two.replace('Seconds: 30', 'Seconds: 9');
    expect(
      rulesOf(
        checkFiles({
          'a.yaml': short.replace(
            '{ name: http, containerPort: 3000 }',
            '{ name: http, containerPort: 80 }',
          ),
        }),
      ),
    ).toContain('container/unclear');
    expect(rulesOf(checkFiles({ 'a.yaml': short }, { plan: PLAN, container: 'left' }))).toEqual([
      'grace/too-short',
    ]);
  });

  it('that the plan is about shows itself among many', () => {
    const many = ['a', 'b', 'c', 'd'].map((name) =>
      ORDERS.replaceAll('orders', name)
        .replaceAll('/health/', '/up/')
        .replace('3000', '80')
        .replace('Seconds: 30', 'Seconds: 9'),
    );
    expect(found({ 'a.yaml': documents(...many) })).toEqual(only('container/unclear'));
    const context = checkFiles({
      'a.yaml': documents(...many, ORDERS.replace('Seconds: 30', 'Seconds: 9')),
    });
    expect(context.findings.map(({ rule, subject }) => `${rule} ${subject}`)).toEqual([
      'grace/too-short Deployment/orders',
    ]);
  });
});

describe('the stage', () => {
  const image = (text: string) => found({ Dockerfile: text });

  it('is the one that serves, where the last one holds files or tests', () => {
    expect(
      image(
        'FROM node:24 AS release\nCMD ["node", "main.js"]\nFROM release AS pr-test\nCMD ["npm", "start"]\n',
      ),
    ).toEqual(nothing);
    expect(
      image(
        'FROM node:24-slim AS app\nCMD npm start\nFROM scratch AS upload\nCOPY --from=app / /\n',
      ),
    ).toEqual(only('command/pid1'));
  });

  it('has the entry point of the stage that it stands on', () => {
    expect(
      image(
        'FROM node:24 AS base\nENTRYPOINT ["tini", "--"]\nFROM base\nCMD ["node", "main.js"]\n',
      ),
    ).toEqual(nothing);
    expect(
      image(
        'FROM node:24-slim AS base\nENTRYPOINT ["tini", "--"]\nFROM base\nCMD ["npm", "start"]\n',
      ),
    ).toEqual(only('command/pid1'));
  });

  it('of distroless has its program in the base', () => {
    expect(
      image(
        'FROM node:24 AS build\nRUN npm ci\nFROM gcr.io/distroless/nodejs24\nCMD ["dist/main.js"]\n',
      ),
    ).toEqual(nothing);
  });

  it.each([
    [
      'a word a line',
      'FROM node:24\nCMD [ \\\n  "node", \\\n  # the program\n\n  "main.js" \\\n]\n',
    ],
    [
      'CMD in a here-document',
      'FROM node:24\nCMD ["node", "main.js"]\nRUN <<EOF\nCMD npm start\nEOF\n',
    ],
    ['another letter to escape', '# escape=`\nFROM node:24\nCMD ["node", `\n  "main.js"]\n'],
    ['a default for the base', 'ARG BASE=node:24-slim\nFROM $BASE\nCMD ["node", "main.js"]\n'],
    ['instructions in small letters', 'from node:24\ncmd ["node", "main.js"]\n'],
  ])('is read with %s', (_what, text) => {
    expect(image(text)).toEqual(nothing);
  });

  it('in single quotes is the shell form', () => {
    expect(image("FROM node:24-slim\nCMD ['node', 'main.js']\n")).toEqual(only('command/pid1'));
  });
});

describe('patches and fragments', () => {
  it.each([
    [
      'of kustomize',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { replicas: 1 }\n',
    ],
    [
      'that delete',
      '$patch: delete\napiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\n',
    ],
    ['of JSON6902', '- op: replace\n  path: /spec/replicas\n  value: 1\n'],
    ['of compose', 'services:\n  api:\n    environment: { A: "1" }\n'],
    [
      'with anchors',
      'x-common: &common { restart: always }\nservices:\n  db:\n    <<: [*common]\n    image: postgres:18\n',
    ],
  ])('%s lack nothing', (_what, text) => {
    expect(found({ 'a.yaml': text })).toEqual(nothing);
  });

  it('say what they change', () => {
    const patch =
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: orders }\nspec: { template: { spec: { terminationGracePeriodSeconds: 9, containers: [{ name: orders }] } } }\n';
    expect(found({ 'a.yaml': patch })).toEqual(only('grace/too-short'));
  });
});

describe('YAML 1.1', () => {
  it('merges maps, also where a merge is merged', () => {
    const text =
      'x-a: &a { stop_grace_period: 40s }\nx-b: &b { <<: *a }\nservices:\n  api: { <<: *b, build: . }\n';
    expect(found({ 'compose.yaml': text })).toEqual(nothing);
  });

  it.each([
    ['0x1E', 30],
    ['3e1', 30],
    ['30.0', 30],
    ['1_00', 100],
    ['0o74', 60],
  ])('%s is %d to kubectl', (written, value) => {
    const context = checkFiles({ 'a.yaml': ORDERS.replace('Seconds: 30', `Seconds: ${written}`) });
    const messages = context.findings
      .filter(({ rule }) => rule.startsWith('grace/'))
      .map(({ message }) => message);
    expect(messages).toEqual(
      value === 30 ? [] : [`plan 30 s < ${value} s (terminationGracePeriodSeconds: ${value})`],
    );
  });
});

describe('nothing, and what is typed by hand', () => {
  it('null is as good as left out', () => {
    expect(
      found({
        'a.yaml': ORDERS.replace('Seconds: 30', 'Seconds:').replace(
          'strategy:\n    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }',
          'strategy: {}',
        ),
      }),
    ).toEqual(nothing);
    expect(
      found({
        'task.json':
          '{ "containerDefinitions": [{ "name": "a", "image": "a", "stopTimeout": null, "command": [], "entryPoint": null }] }',
      }),
    ).toEqual(nothing);
  });

  it('a map where a list belongs is one finding, with its line', () => {
    const context = checkFiles({
      'a.yaml': ORDERS.replace(
        "          command: ['node', 'dist/main.js']\n",
        '          env: { A: 1 }\n',
      ),
    });
    expect(context.findings).toMatchObject([
      { rule: 'value/wrong', place: { line: 22 }, message: 'env has to be a list, and is a map' },
    ]);
  });
});

describe('one word for two things', () => {
  it.each([
    [
      'an Application of Argo CD',
      'a.yaml',
      'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: a }\nspec: { source: {} }\n',
    ],
    [
      'a Template of Sealed Secrets',
      'a.yaml',
      'apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec: { template: { spec: { containers: [] } } }\n',
    ],
    [
      'workflows of GitHub',
      'ci.yml',
      'on: push\njobs: { a: { services: { db: { image: postgres } } } }\n',
    ],
    [
      'a file of PM2 that exports a list',
      'ecosystem.config.js',
      'const kill_timeout = 30_000;\nmodule.exports = [{ script: "a.js", kill_timeout }];\n',
    ],
    [
      'one that reads its environment',
      'ecosystem.config.cjs',
      'module.exports = { apps: [{ script: "a.js", kill_timeout: process.env.KILL }] };\n',
    ],
    [
      'one with the option in a comment',
      'ecosystem.config.js',
      'module.exports = { apps: [{ script: "a.js", /* kill_timeout: 3 */ kill_timeout: 3e4 }] };\n',
    ],
    [
      'one of another language',
      'ecosystem.config.js',
      'module.exports = { apps: [{ script: "a.py", interpreter: "python3" }] };\n',
    ],
    ['railway with a name', 'railway.api.json', '{ "deploy": { "drainingSeconds": 30 } }'],
    [
      'a task that a console has exported',
      'task.json',
      '{ "taskDefinition": { "containerDefinitions": [{ "name": "a", "image": "a", "stopTimeout": 60 }] } }',
    ],
    [
      'a unit of something else',
      'db.service',
      '[Service]\nExecStart=/usr/bin/postgres\nKillSignal=SIGUSR2\n',
    ],
    [
      'npm under systemd, which signals the whole group',
      'a.service',
      '[Service]\n; npm\nExecStart=/usr/bin/npm start\n',
    ],
  ])('%s', (_what, name, text) => {
    expect(found({ [name]: text })).toEqual(nothing);
  });

  it('a PM2 file that computes what it exports can not be read, and its line is said', () => {
    const context = checkFiles({
      'ecosystem.config.js': "const { cpus } = require('os');\n\nmodule.exports = make(cpus());\n",
    });
    expect(context.unreadable).toMatchObject([
      { place: { line: 3 }, message: expect.stringContaining('nothing is run here') },
    ]);
  });

  it('HCL is not read, and that is said', () => {
    expect(found({ 'a.nomad': 'job "a" {\n}\n' })).toEqual(only('template/unrendered'));
  });
});
