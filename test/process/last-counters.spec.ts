import { afterAll, afterEach, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { Prometheus, prometheusServer } from '../support/prometheus.js';
import { describeWith } from '../support/services.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

/** How many shutdowns; bench/last-counters.mjs has 200, and keeps what came of them. */
const SHUTDOWNS = Number(process.env['SHUTDOWNS'] ?? 4);
/** Printed with a failure, so that the moments can be repeated: `SHUTDOWNS_SEED=…`. */
const SEED = Number(process.env['SHUTDOWNS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** So many applications live at the same time. */
const AT_ONCE = Number(process.env['SHUTDOWNS_AT_ONCE'] ?? 5);
/** The scrape interval, in milliseconds. */
const EACH_MS = 1_000;

const servers: Prometheus[] = [];
const receivers: OtlpReceiver[] = [];
afterEach(async () => {
  await killStarted();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  for (const receiver of receivers.splice(0)) receiver.stop();
});

/** Mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What became of the last counters of one life. */
interface Outcome {
  readonly awaited: boolean;
  readonly code: number | null;
  readonly ms: number;
  /** Of the first and the second of a pair of Prometheus servers, and of the collector: whether each has the report's counter, the application's last count, and that of a hook. */
  readonly first: boolean;
  readonly second: boolean;
  readonly collector: boolean;
}

const results: Outcome[] = [];
afterAll(() => {
  const file = process.env['SHUTDOWNS_RESULTS'];
  if (file) writeFileSync(file, JSON.stringify({ seed: SEED, everyMs: EACH_MS, runs: results }));
});

/** Some lives at once, scraped by the same pair, each with a collector of its own. */
async function batch(next: () => number, count: number, awaited: boolean): Promise<Outcome[]> {
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()));
  const pair = await Promise.all([ports, ports].map((all) => Prometheus.start(all, EACH_MS)));
  servers.push(...pair);
  const lives = ports.map((port) => ({
    port,
    requestMs: next() * 1_500,
    afterMs: next() * EACH_MS,
  }));
  const outcomes = await Promise.all(lives.map(async (life) => live(life, pair, awaited)));
  await Promise.all(pair.map((server) => server.stop()));
  return outcomes;
}

async function live(
  { port, requestMs, afterMs }: { port: number; requestMs: number; afterMs: number },
  pair: readonly Prometheus[],
  awaited: boolean,
): Promise<Outcome> {
  const collector = await OtlpReceiver.start();
  receivers.push(collector);
  const program = new StartedProgram(12, 'services/telemetry', {
    prometheus: true,
    collector: collector.url,
    options: {
      gracePeriodMs: 30_000,
      awaitLastScrape: awaited,
      // Without the wait the application serves them on its own port, as most do.
      ...(awaited && { probes: { port, host: '127.0.0.1' } }),
    },
    ...(!awaited && { ownMetrics: true, port }),
  });
  await program.event('started');
  for (const server of pair) await scrapedTwice(server, port);
  await sleep(afterMs);
  const answer = program.get(`/slow/${Math.round(requestMs)}`);
  await program.event('slow-start');
  program.signal('SIGTERM');
  const { code, ms } = await program.end;
  await answer;
  const has = async (server: Prometheus) => {
    const ended = await server.last(
      'nestjs_graceful_shutdown_ended_total',
      port,
      'outcome="clean"',
    );
    const requests = await server.last('app_requests_total', port);
    const closed = await server.last('app_closed_total', port);
    return ended === 1 && requests === 1 && closed === 1;
  };
  const [first = false, second = false] = await Promise.all(pair.map(has));
  const pushed =
    collector.value('nestjs_graceful.shutdown.ended', { outcome: 'clean' }) === 1 &&
    collector.value('app.requests') === 1 &&
    collector.spans.some(({ name }) => name === 'shutdown');
  return { awaited, code, ms, first, second, collector: pushed };
}

async function scrapedTwice(server: Prometheus, port: number): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const [count] = await server.query(
      `sum(count_over_time(nestjs_graceful_state{instance="127.0.0.1:${port}",state="ready"}[2m]))`,
    );
    if ((count?.value ?? 0) >= 3) return;
    await sleep(100);
  }
  throw new Error(`Prometheus does not come to port ${port}`);
}

describeWith(prometheusServer, () => {
  it(
    'every last counter of seeded shutdowns is in both of a pair, and at the collector',
    async () => {
      const next = random(SEED);
      for (let done = 0; done < SHUTDOWNS; done += AT_ONCE) {
        results.push(...(await batch(next, Math.min(AT_ONCE, SHUTDOWNS - done), true)));
      }
      const lacking = results.filter(
        ({ code, first, second, collector }) => code !== 0 || !first || !second || !collector,
      );
      expect({ seed: SEED, lacking }).toEqual({ seed: SEED, lacking: [] });
      expect(results).toHaveLength(SHUTDOWNS);
    },
    SHUTDOWNS * 15_000 + 60_000,
  );

  it(
    'the control: without the wait they are missing',
    async () => {
      const next = random(SEED);
      const control: Outcome[] = [];
      const most = Math.min(20, SHUTDOWNS);
      for (let done = 0; done < most; done += AT_ONCE) {
        control.push(...(await batch(next, Math.min(AT_ONCE, most - done), false)));
      }
      results.push(...control);
      expect(control.every(({ first, second }) => !first && !second)).toBe(true);
      expect(control.every(({ collector }) => collector)).toBe(true); // which is pushed to
    },
    SHUTDOWNS * 15_000 + 60_000,
  );
});
