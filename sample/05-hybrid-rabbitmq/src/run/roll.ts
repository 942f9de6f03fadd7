import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppProcess } from './app-process.js';
import { Queues } from './rabbitmq.js';

const GRACE_MS = 10_000;
const MESSAGES = 40;

export interface Outcome {
  /** Parcels, and as many mails. */
  readonly messages: number;
  readonly parcelsLost: number;
  /** Begun by the old app, and once more by the new one. */
  readonly parcelsBegunTwice: number;
  readonly parcelsPackedTwice: number;
  readonly mailsLost: number;
  readonly mailsSentTwice: number;
  readonly export: string;
  /** How the app ended that was rolled. */
  readonly end: string;
  readonly seconds: number;
  /** What the module says about it. */
  readonly report: string;
}

/** A rolling deploy of one app: it is stopped amid its requests and messages, and its successor is started at the same moment. */
export async function roll(graceful: 'on' | 'off'): Promise<Outcome> {
  // Queues of its own for each run.
  const run = String(process.pid % 10_000).padStart(4, '0');
  const suffix = graceful === 'on' ? `-g${run}` : `-p${run}`;
  const ledger = join(tmpdir(), `sample-05${suffix}.jsonl`);
  const queues = await Queues.open(suffix);
  const env = { QUEUE_SUFFIX: suffix, LEDGER: ledger };
  try {
    const old = new AppProcess({ ...env, GRACEFUL: graceful });
    const url = await old.url();
    const publishing = queues.publish(MESSAGES, 25);
    const exporting = get(`${url}/orders/export`);
    await Promise.all([/export begun/, /parcel 4 begun/, /mail 4 begun/].map((p) => old.line(p)));

    const stoppedAt = performance.now();
    const stopping = old.stop(GRACE_MS);
    // With the module in both cases, so that what is lost was lost by the old app.
    const successor = new AppProcess({ ...env, GRACEFUL: 'on' });
    const end = await stopping;
    const seconds = (performance.now() - stoppedAt) / 1_000;

    await Promise.all([publishing, successor.url()]);
    await queues.empty();
    await successor.stop(GRACE_MS);

    const rows = await rowsOf(ledger);
    return {
      messages: MESSAGES,
      parcelsLost: numbersWith(rows, 'parcel', (times) => times === 0),
      parcelsBegunTwice: numbersWith(rows, 'parcelBegun', (times) => times > 1),
      parcelsPackedTwice: numbersWith(rows, 'parcel', (times) => times > 1),
      mailsLost: numbersWith(rows, 'mail', (times) => times === 0),
      mailsSentTwice: numbersWith(rows, 'mail', (times) => times > 1),
      export: await exporting,
      end,
      seconds,
      report: old.lines.slice(old.lines.indexOf('')).join('\n').trim(),
    };
  } finally {
    await queues.remove();
    await rm(ledger, { force: true });
  }
}

async function get(url: string): Promise<string> {
  return fetch(url).then(
    ({ status }) => String(status),
    () => 'no answer',
  );
}

type Row = Readonly<Record<string, unknown>>;

async function rowsOf(ledger: string): Promise<Row[]> {
  const text = await readFile(ledger, 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);
}

/** How many messages have so many rows of this kind. */
function numbersWith(rows: Row[], kind: string, fits: (times: number) => boolean): number {
  const numbers = Array.from({ length: MESSAGES }, (_, index) => index + 1);
  return numbers.filter((id) => fits(rows.filter((row) => row[kind] === id).length)).length;
}
