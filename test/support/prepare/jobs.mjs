import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './folders.mjs';
import { runBeside } from './run.mjs';

/** Libraries that bring work, each in the newest version there was; some are for Node 22 and newer only. */
const dependencies = {
  '@aws-sdk/client-sqs': '3.1175.0',
  '@grammyjs/runner': '2.0.3',
  '@ssut/nestjs-sqs': '3.0.1',
  'bee-queue': '2.0.0',
  croner: '11.0.1',
  grammy: '1.46.0',
  'node-cron': '4.6.0',
  'p-queue': '10.0.0',
  'p-queue-9': 'npm:p-queue@9.3.5',
  piscina: '5.3.2',
  'sqs-consumer': '15.0.3',
  'sqs-consumer-14': 'npm:sqs-consumer@14.2.8',
  telegraf: '4.16.3',
  tinypool: '2.2.0',
  'toad-scheduler': '4.1.0',
  workerpool: '10.0.3',
};

const folder = join(cache, 'jobs');

/** Installs them beside, for their peers are other majors of Nest, and few tests need them; some 60 MB. */
export const jobLibraries = {
  name: 'job-libraries',
  inputs: ['test/support/prepare/jobs.mjs'],
  outputs: ['test/.cache/jobs/node_modules', 'test/.cache/jobs/load.mjs'],
  async make() {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    writeFileSync(join(folder, 'load.mjs'), 'export const load = (name) => import(name);\n');
    const options = ['--no-package-lock', '--no-audit', '--no-fund', '--legacy-peer-deps'];
    await runBeside('npm', ['install', ...options], { cwd: 'test/.cache/jobs' });
  },
};
