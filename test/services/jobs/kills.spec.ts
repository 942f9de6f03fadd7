import { transformFile } from '@swc/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jobLibraries, load, loader } from '../../support/job-libraries.js';
import { describeWith } from '../../support/services.js';
import { SqsStub } from '../../support/sqs-stub.js';
import { esm, FolderBesideNest } from '../beside-nest.js';
import { AppProcess } from '../kills/app-process.js';
import { redis, redisUrl, unique } from '../servers.js';
import type { Piece, Settings } from './kills-program.js';

const CAREFUL = ['sqs-consumer', 'bee-queue'] as const;
const SOURCES = [...CAREFUL, 'careless'] as const;
type Source = (typeof SOURCES)[number];

/** How many run at a time, of each. */
const CONCURRENCY = 3;
const PATIENCE = 60_000;

const MOMENTS = ['without SIGTERM', 'at SIGTERM', 'in the drain'] as const;
type Moment = (typeof MOMENTS)[number];

/** `KILL_SEEDS=100` in front of the test command tries more than each run has time for. */
const seeds = Array.from({ length: Number(process.env['KILL_SEEDS'] ?? 3) }, (_, index) => index);
const kills = seeds.map((seed): [Moment, number] => [MOMENTS[seed % MOMENTS.length], seed]);

const plans = fc.noBias(
  fc.record({
    /** How long each piece takes, in milliseconds. */
    times: fc.array(fc.nat(7), { minLength: 12, maxLength: 12 }),
    /** How much is stored when the signal comes. */
    stored: fc.integer({ min: 6, max: 24 }),
    /** From SIGTERM to SIGKILL, in milliseconds. */
    delayMs: fc.nat(4),
    drainMs: fc.integer({ min: 5, max: 600 }),
  }),
);

describeWith({ ...redis, available: redis.available && jobLibraries.available }, () => {
  const name = unique('kills');
  let stub: SqsStub;
  let folder: FolderBesideNest;
  let outside: { createJob(data: object): { save(): Promise<unknown> } } & Record<
    'destroy' | 'close',
    () => Promise<unknown>
  >;
  let app: AppProcess | undefined;

  beforeAll(async () => {
    stub = await SqsStub.start();
    const program = fileURLToPath(new URL('kills-program.ts', import.meta.url));
    const { code } = await transformFile(program, esm);
    folder = await FolderBesideNest.make({ 'program.js': code, store: '' });
    const { default: Queue } = await load<{ default: new (...args: unknown[]) => typeof outside }>(
      'bee-queue',
    );
    outside = new Queue(name, { redis: { url: redisUrl }, isWorker: false, getEvents: false });
  }, PATIENCE);

  afterAll(async () => {
    await app?.kill();
    await outside?.destroy();
    await outside?.close();
    await stub?.stop();
    await folder?.remove();
  });

  const queueUrls = () => {
    const url = (source: Source) => stub.urlOf(`${name}-${source}`);
    return { 'sqs-consumer': url('sqs-consumer'), careless: url('careless') };
  };

  async function running(): Promise<AppProcess> {
    if (app?.isRunning) return app;
    const settings: Settings = {
      store: join(folder.path, 'store'),
      loader,
      redisUrl,
      queueUrls: queueUrls(),
      sqs: stub.clientOptions,
      beeQueue: name,
    };
    const started = new AppProcess(folder, settings);
    app = started;
    await started.until('it was ready', () => started.names('ready').length > 0);
    return started;
  }

  async function publish(source: Source, pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      if (source === 'bee-queue') await outside.createJob(piece).save();
      else stub.send(queueUrls()[source], JSON.stringify(piece));
    }
  }

  async function rows(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const row of (await readFile(join(folder.path, 'store'), 'utf8')).split('\n')) {
      counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    return counts;
  }

  async function kill(moment: Moment, seed: number) {
    const [plan] = fc.sample(plans, { seed, numRuns: 1 });
    if (!plan) throw new Error('no plan');
    const killed = await running();
    const before = killed.names('stored').length;
    const pieces = SOURCES.flatMap((source) =>
      plan.times.map((ms, index) => {
        const hangsIn = index === 0 ? killed.pid : undefined;
        return { source, piece: { name: `${source} ${seed}-${index}`, ms, hangsIn } };
      }),
    );
    const names = pieces.map(({ piece }) => piece.name);
    await Promise.all(
      SOURCES.map((source) =>
        publish(
          source,
          pieces.filter((one) => one.source === source).map(({ piece }) => piece),
        ),
      ),
    );
    const hung = names.filter((one) => one.endsWith('-0'));
    await killed.until('it was amid its work', () => {
      const begun = killed.names('begun');
      const isAmid = hung.every((one) => begun.includes(one));
      return isAmid && killed.names('stored').length - before >= Math.min(plan.stored, 4);
    });
    if (moment !== 'without SIGTERM') killed.signal('SIGTERM');
    await sleep(moment === 'in the drain' ? plan.drainMs : plan.delayMs);
    await killed.kill();
    const begun = killed.names('begun').filter((one) => names.includes(one));
    const stored = killed.names('stored').filter((one) => names.includes(one));

    const next = await running();
    const careful = names.filter((one) => !one.startsWith('careless'));
    const end = Date.now() + PATIENCE / 2;
    const isDone = async () => {
      const counts = await rows();
      return careful.every((one) => counts.has(one)) && next.running.length === 0;
    };
    while (Date.now() < end && !(await isDone())) await sleep(20);
    return { careful, hung, begun, stored, counts: await rows() };
  }

  describe.each(kills)('SIGKILL %s (seed %i)', (moment, seed) => {
    let outcome: Awaited<ReturnType<typeof kill>>;

    beforeAll(async () => {
      outcome = await kill(moment, seed);
    }, PATIENCE);

    it('nothing is lost', () => {
      expect(outcome.careful.filter((one) => !outcome.counts.has(one))).toEqual([]);
    });

    it.each(CAREFUL)('what %s does twice had begun when the process was killed', (source) => {
      const of = outcome.careful.filter((one) => one.startsWith(`${source} `));
      const twice = of.filter((one) => (outcome.counts.get(one) ?? 0) > 1);
      expect(outcome.begun).toEqual(expect.arrayContaining(twice));
      expect(twice.length).toBeLessThanOrEqual(CONCURRENCY);
      expect(twice.every((one) => outcome.counts.get(one) === 2)).toBe(true);
    });

    it('the control: what was deleted before it was done is lost', () => {
      const careless = outcome.hung.filter((one) => one.startsWith('careless'));
      expect(careless.filter((one) => outcome.counts.has(one))).toEqual([]);
    });
  });

  it(
    'SIGTERM alone does nothing twice, and leaves nothing behind',
    async () => {
      const stopped = await running();
      const pieces = (source: Source) =>
        Array.from({ length: 30 }, (_, index) => ({ name: `${source} last-${index}`, ms: 20 }));
      await Promise.all(CAREFUL.map((source) => publish(source, pieces(source))));
      await stopped.until('it was amid its work', () => stopped.running.length >= CONCURRENCY);
      stopped.signal('SIGTERM');
      await stopped.end;
      expect(stopped.exitCode).toBe(0);
      const names = CAREFUL.flatMap((source) => pieces(source).map((piece) => piece.name));
      const counts = await rows();
      const done = names.filter((one) => counts.has(one));
      expect(
        stopped.names('begun').filter((one) => names.includes(one) && !done.includes(one)),
      ).toEqual([]);
      expect(done.length).toBeLessThan(names.length); // it was amid its work
      expect(done.every((one) => counts.get(one) === 1)).toBe(true);
      const next = await running();
      await next.until('the rest', () => next.names('stored').length >= names.length - done.length);
      const after = await rows();
      expect(names.every((one) => after.get(one) === 1)).toBe(true);
    },
    PATIENCE,
  );
});
