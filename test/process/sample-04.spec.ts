import { beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { redis } from '../services/servers.js';
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
  readonly orders: number;
  readonly invoices: Readonly<Record<number, number>>;
  readonly mails: Readonly<Record<number, number>>;
  readonly failures: readonly string[];
  readonly export: string;
  readonly statement: string;
  readonly end: string;
  readonly report: string;
}

describe('sample 04, a queue worker', () => {
  const folder = join(import.meta.dirname, '../../sample/04-queue-worker');
  const script = join(folder, 'dist/run/run.js');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');

  beforeAll(() => compile('04-queue-worker'), 60_000);

  it('says what it needs where there is no Redis', async () => {
    const nowhere = { REDIS_URL: 'redis://127.0.0.1:1' };
    await expect(runSample(script, [], nowhere)).rejects.toThrow('docker compose up -d redis');
  }, 60_000);

  it('has a README that shows its code', () => expectItsCode(readme, folder));

  describeWith(redis, () => {
    let printed: Run;
    let outcome: Record<'graceful' | 'plain', Outcome>;

    beforeAll(async () => {
      printed = await runSample(script, ['--json']);
      outcome = JSON.parse(printed.lines.at(-1) ?? '') as typeof outcome;
    }, 60_000);

    it('loses no job, does none twice, and gives the long one to the next worker', () => {
      const { orders, invoices, mails, failures, ...rest } = outcome.graceful;

      expect(orders).toBeGreaterThan(10);
      expect(invoices).toEqual({ 1: orders });
      expect(mails).toEqual({ 1: orders });
      expect(failures).toEqual([]);
      expect(rest.export).toBe('200');
      expect(rest.statement).toMatch(/^next worker, at page ([2-9]|[1-4]\d) of 50$/);
      expect(rest.end).toBe('code 1'); // for it was given back
      expect(printed.code).toBe(0);
    });

    it('the control: plain Nest fails jobs on a closed ledger, and leaves one locked', () => {
      const { invoices, mails, failures, ...rest } = outcome.plain;

      // The two that ran were in need of the ledger at their end.
      expect(invoices[0]).toBeGreaterThanOrEqual(2);
      expect(mails[0]).toBeGreaterThanOrEqual(2);
      expect(new Set(failures)).toEqual(new Set(['file closed']));
      expect(rest.export).toBe('500');
      expect(rest.statement).toMatch(/^locked for another [12]\d s$/);
      expect(rest.end).toBe('SIGKILL');
    });

    it('has a README that shows what it prints', () => {
      expectItsTable(readme, printed, masked);
      expectItsTimeline(readme, outcome.graceful.report, shape);
    });
  });
});

/** What a line of the table says with the module, where it is the same in each run. What is lost without it never is. */
function masked(line: string): string {
  return line.replace(/\d+(\.\d)?/g, '#');
}

/** Tracked work, of which there is none, is over at the deadline or a moment before. */
function shape(report: string): string {
  return shapeOf(report.replace(/^ +timed out\n|^!|>$/gm, ''));
}
