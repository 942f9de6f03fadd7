// How fast `nestjs-graceful check` is: one process, start-up included, for one Deployment and for 1,000 documents in one
// file, against `node -e ''` and against Node with the parse of the same file alone. Needs `npm run build`.
//
//   node bench/check.mjs [--rounds 15]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { at } from '../test/support/prepare/folders.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } });
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), 'graceful-bench-'));

const document = (name) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/part-of: shop }
spec:
  replicas: 3
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      terminationGracePeriodSeconds: 20 # too short
      containers:
        - name: ${name}
          image: registry.example.com/${name}:1.2
          command: ['node', 'dist/main.js']
          env:
            - { name: NODE_ENV, value: production }
            - { name: DATABASE_URL, valueFrom: { secretKeyRef: { name: ${name}, key: url } } }
          ports: [{ name: http, containerPort: 3000 }]
          resources:
            requests: { cpu: 100m, memory: 256Mi }
          livenessProbe:
            httpGet: { path: /health/live, port: http }
          readinessProbe:
            httpGet: { path: /health/ready, port: http }
            periodSeconds: 5
`;

const files = { one: 1, thousand: 1_000 };
for (const [name, count] of Object.entries(files)) {
  const texts = Array.from({ length: count }, (_, index) => document(`service-${index}`));
  writeFileSync(join(folder, `${name}.yaml`), texts.join('---\n'));
}
writeFileSync(
  join(folder, 'plan.json'),
  JSON.stringify({ version: 1, platform: 'kubernetes', gracePeriodMs: 30_000 }),
);

// The parser as the command has it, in one file, so that loading it costs the same.
const parse = (file) => `
  import { readFileSync } from 'node:fs';
  import { parseAllDocuments } from ${JSON.stringify(at('node_modules/yaml/browser/dist/index.js'))};
  parseAllDocuments(readFileSync(${JSON.stringify(join(folder, file))}, 'utf8'));`;
const check = (file) => [
  at('dist/cli/main.js'),
  'check',
  file,
  '--plan',
  'plan.json',
  '--format',
  'json',
];

const arms = {
  "node -e ''": ['-e', ''],
  'parse of one': ['--input-type=module', '-e', parse('one.yaml')],
  'check of one': check('one.yaml'),
  'parse of 1,000': ['--input-type=module', '-e', parse('thousand.yaml')],
  'check of 1,000': check('thousand.yaml'),
};
const times = Object.fromEntries(Object.keys(arms).map((name) => [name, []]));
// Round by round, so that a slow minute of the machine is everybody's.
for (let round = 0; round < rounds; round += 1) {
  for (const [name, args] of Object.entries(arms)) {
    const begun = process.hrtime.bigint();
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder });
    times[name].push(Number(process.hrtime.bigint() - begun) / 1e6);
    if (status !== (name.startsWith('check') ? 1 : 0)) throw new Error(`${name}: ${stderr}`);
  }
}
rmSync(folder, { recursive: true });

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
for (const [name, list] of Object.entries(times)) {
  console.log(`${name.padEnd(16)} ${median(list).toFixed(0).padStart(6)} ms`);
}
const ratio = (a, b) => (median(times[a]) / median(times[b])).toFixed(2);
console.log(`check / parse, one file       ${ratio('check of one', 'parse of one')}`);
console.log(`check / parse, 1,000          ${ratio('check of 1,000', 'parse of 1,000')}`);
console.log(
  `documents a second            ${(1_000 / (median(times['check of 1,000']) / 1_000)).toFixed(0)}`,
);
