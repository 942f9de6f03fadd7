import { Instance } from './instance.js';
import type { Losses } from './steady-load.js';
import { Traffic } from './traffic.js';
import { until } from './until.js';

/** Short, so that you need not wait for SIGKILL. */
const GRACE_MS = 3_000;

export interface Outcome {
  /** Seconds from SIGTERM until a client that watches is told NOT_SERVING. */
  readonly notServingAfter?: number;
  readonly calls: number;
  /** Why, and how often. */
  readonly callsLost: Losses;
  /** Those of the old instance. */
  readonly streams: number;
  readonly streamsCut: number;
  readonly requests: number;
  readonly requestsLost: Losses;
  /** Were refused before anybody had worked on them, so they were asked again. */
  readonly requestsRefused: number;
  /** Had not left the client as the GOAWAY came, so they were asked again. */
  readonly requestsUnsent: number;
  readonly downloads: number;
  readonly downloadsCut: number;
  /** The last stream that each GOAWAY has named, for each session with the old instance. */
  readonly goaways: readonly (readonly number[])[];
  /** How the old instance ended. */
  readonly end: string;
  readonly seconds: number;
  /** What the module says about it. */
  readonly report: string;
}

/** A rolling deploy of one instance, amid the calls, streams and requests of its clients. */
export async function measure(graceful: 'on' | 'off'): Promise<Outcome> {
  // The successor has the module in both cases, so that what is lost was lost by the old instance.
  const [old, successor] = await Promise.all([Instance.start(graceful), Instance.start('on')]);
  const traffic = new Traffic();
  const { calls, clients, requests } = traffic;
  const channel = await traffic.add(old);
  await traffic.requestsAnswered(5);
  await traffic.add(successor);
  await until(() => channel.streams.arriving >= 2);
  const downloads = await traffic.beginDownloads();

  const stoppedAt = performance.now();
  const end = await old.app.stop(GRACE_MS);
  const seconds = (performance.now() - stoppedAt) / 1_000;

  await downloads.over;
  await traffic.requestsAnswered(5);
  await traffic.stop();
  for (const instance of [old, successor]) instance.remove();

  const { streams, notServingAt } = channel;
  return {
    notServingAfter: notServingAt && (notServingAt - stoppedAt) / 1_000,
    calls: calls.asked,
    callsLost: calls.lost,
    streams: streams.begun,
    streamsCut: streams.cut,
    requests: sum(requests.map(({ asked }) => asked)),
    requestsLost: merged(requests.map(({ lost }) => lost)),
    requestsRefused: sum(clients.map(({ refused }) => refused)),
    requestsUnsent: sum(clients.map(({ unsent }) => unsent)),
    downloads: sum(clients.map(({ downloads }) => downloads.begun)),
    downloadsCut: sum(clients.map(({ downloads }) => downloads.cut)),
    goaways: clients.map(({ goaways: [first] }) => first),
    end,
    seconds,
    report: old.app.lines.slice(old.app.lines.indexOf('')).join('\n').trim(),
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function merged(counts: readonly Losses[]): Losses {
  const all: Losses = {};
  for (const [why, times] of counts.flatMap((one) => Object.entries(one))) {
    all[why] = (all[why] ?? 0) + times;
  }
  return all;
}
