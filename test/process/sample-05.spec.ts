import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rabbitmq } from '../services/microservices/servers.js';
import {
  compile,
  expectItsCode,
  expectItsTable,
  expectItsTimeline,
  runSample,
  shapeOf,
  type Run,
} from '../support/sample.js';
import { describeWith } from '../support/services.js';

interface Outcome {
  readonly parcelsLost: number;
  readonly mailsLost: number;
  readonly export: string;
  readonly end: string;
  readonly report: string;
}

describe('sample 05, HTTP and RabbitMQ', () => {
  const folder = join(import.meta.dirname, '../../sample/05-hybrid-rabbitmq');
  const script = join(folder, 'dist/run/run.js');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');

  beforeAll(() => compile('05-hybrid-rabbitmq'), 60_000);

  it('says what it needs where there is no RabbitMQ', async () => {
    const nowhere = { RABBITMQ_URL: 'amqp://127.0.0.1:1' };
    await expect(runSample(script, [], nowhere)).rejects.toThrow('docker compose up -d rabbitmq');
  }, 60_000);

  it('has a README that shows its code', () => expectItsCode(readme, folder));

  describeWith(rabbitmq, () => {
    let printed: Run;
    let outcome: Record<'graceful' | 'plain', Outcome>;

    beforeAll(async () => {
      printed = await runSample(script, ['--json']);
      outcome = JSON.parse(printed.lines.at(-1) ?? '') as typeof outcome;
    }, 60_000);

    it('answers the request, loses no message and does none twice', () => {
      expect(outcome.graceful).toMatchObject({
        export: '200',
        parcelsLost: 0,
        parcelsBegunTwice: 0,
        parcelsPackedTwice: 0,
        mailsLost: 0,
        mailsSentTwice: 0,
        end: 'code 0',
      });
      expect(printed.code).toBe(0);
    });

    it('the control: plain Nest fails the request and loses mails', () => {
      expect(outcome.plain.export).toBe('500');
      expect(outcome.plain.mailsLost).toBeGreaterThan(0);
      expect(outcome.plain.parcelsLost).toBe(0);
    });

    it('has a README that shows what it prints', () => {
      expectItsTable(readme, printed, masked);
      expectItsTimeline(readme, outcome.graceful.report, shape);
    });
  });
});

/** What a line of the table says with the module, but for how long it took. What is lost without it is never the same. */
function masked(line: string): string {
  return line.replace(/, [\d.]+ s|\d{2,}(?!.)/, ' #');
}

/** The queues are called otherwise in each run. */
function shape(report: string): string {
  return shapeOf(report.replace(/-g\d{4}\b/g, ''));
}
