import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppProcess } from './app-process.js';
import { Queues } from './rabbitmq.js';

const GRACE_MS = 10_000;
const EVERY_MS = 50;

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
    const enough = new AbortController();
    const publishing = queues.publish(EVERY_MS, enough.signal);
    await Promise.all([old.line(/parcel 4 begun/), old.line(/mail 4 begun/)]);
    const exporting = get(`${url}/orders/export`);
    await old.line(/export begun/);
    await old.nextLine(/parcel \d+ begun/);
    await old.nextLine(/mail \d+ begun/);

    const stoppedAt = performance.now();
    const stopping = old.stop(GRACE_MS).then((end) => ({
      end,
      seconds: (performance.now() - stoppedAt) / 1_000,
    }));
    // With the module in both cases, so that what is lost was lost by the old app.
    const successor = new AppProcess({ ...env, GRACEFUL: 'on' });
    await successor.url();
    enough.abort();
    const [messages, { end, seconds }] = await Promise.all([publishing, stopping]);
    await queues.empty();
    await successor.stop(GRACE_MS);

    const rows = await rowsOf(ledger);
    const numbersWith = (kind: string, fits: (times: number) => boolean) =>
      range(messages).filter((id) => fits(rows.filter((row) => row[kind] === id).length)).length;
    return {
      messages,
      parcelsLost: numbersWith('parcel', (times) => times === 0),
      parcelsBegunTwice: numbersWith('parcelBegun', (times) => times > 1),
      parcelsPackedTwice: numbersWith('parcel', (times) => times > 1),
      mailsLost: numbersWith('mail', (times) => times === 0),
      mailsSentTwice: numbersWith('mail', (times) => times > 1),
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

/** From 1 on. */
function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
