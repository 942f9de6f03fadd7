import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppProcess } from './app-process.js';
import { Queues } from './redis.js';

/** Short, so that you need not wait; less than the statement takes. */
const GRACE_MS = 3_000;
const ORDERS = Array.from({ length: 14 }, (_, index) => `A-${index + 1}`);

export interface Outcome {
  readonly orders: number;
  /** Orders by how many rows they have, such as `{ 0: 2, 1: 12 }`. */
  readonly invoices: Readonly<Record<number, number>>;
  readonly mails: Readonly<Record<number, number>>;
  /** Why jobs have failed for good. */
  readonly failures: readonly string[];
  readonly export: string;
  readonly statement: string;
  /** How the worker ended that was rolled. */
  readonly end: string;
  readonly seconds: number;
  /** What the module says about it. */
  readonly report: string;
}

/** A rolling deploy of one worker: it is stopped amid its jobs, and its successor is started at the same moment. */
export async function roll(graceful: 'on' | 'off'): Promise<Outcome> {
  const prefix = `sample-04-${process.pid}-${graceful}`;
  const ledger = join(tmpdir(), `${prefix}.jsonl`);
  const queues = new Queues(prefix);
  const env = {
    GRACEFUL: graceful,
    GRACEFUL_GRACE_PERIOD_MS: String(GRACE_MS),
    QUEUE_PREFIX: prefix,
    LEDGER: ledger,
  };
  try {
    const old = new AppProcess(env);
    const url = await old.url();
    const orders = ORDERS.map((id) => ({ id }));
    await Promise.all([post(`${url}/orders`, orders), post(`${url}/orders/statement`)]);
    await Promise.all([old.line(/statement begun/), old.line(/order A-3 begun/)]);
    const exporting = get(`${url}/orders/export`);
    await old.line(/export begun/);

    const holder = await queues.statementLock();
    const stoppedAt = performance.now();
    const stopping = old.stop(GRACE_MS);
    const successor = new AppProcess(env);
    const end = await stopping;
    const seconds = (performance.now() - stoppedAt) / 1_000;
    const after = await queues.statementLock();
    const isStuck = after.token !== null && after.token === holder.token;

    await successor.url();
    await queues.idle(isStuck ? 1 : 0); // a job whose worker is gone is in nobody's hands
    await successor.stop(GRACE_MS);
    const takenUp = successor.lines.find((line) => line.includes('statement begun'));

    const rows = await rowsOf(ledger);
    return {
      orders: ORDERS.length,
      invoices: rowsEach(rows, 'invoice'),
      mails: rowsEach(rows, 'mail'),
      failures: await queues.failures(),
      export: await exporting,
      statement: isStuck
        ? `locked for another ${Math.round(after.ms / 1_000)} s`
        : `next worker, ${takenUp?.replace(/.* begun /, '')}`,
      end,
      seconds,
      report: old.lines.slice(old.lines.indexOf('')).join('\n').trim(),
    };
  } finally {
    await queues.remove();
    await rm(ledger, { force: true });
  }
}

async function post(url: string, body: object = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
}

async function get(url: string): Promise<string> {
  return fetch(url).then(
    ({ status }) => String(status),
    () => 'no answer',
  );
}

async function rowsOf(ledger: string): Promise<Array<Record<string, unknown>>> {
  const text = await readFile(ledger, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

function rowsEach(rows: Array<Record<string, unknown>>, kind: string): Record<number, number> {
  const orders: Record<number, number> = {};
  for (const id of ORDERS) {
    const count = rows.filter((row) => row[kind] === id).length;
    orders[count] = (orders[count] ?? 0) + 1;
  }
  return orders;
}
