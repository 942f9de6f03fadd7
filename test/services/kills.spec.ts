import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, type Service } from '../support/services.js';
import type { FolderBesideNest } from './beside-nest.js';
import { AppProcess, folderOfProgram } from './kills/app-process.js';
import type { Piece } from './kills/program.js';
import { connectSources } from './kills/sources.js';
import { mqtt, mqttUrl, rabbitmq, rabbitmqUrl } from './microservices/servers.js';
import { redis, redisUrl, unique } from './servers.js';

const brokers: Service = {
  name: 'Redis, RabbitMQ and an MQTT broker',
  available: redis.available && rabbitmq.available && mqtt.available,
  hint: `${redis.hint} ${rabbitmq.hint} ${mqtt.hint}`,
};

// Its peer range ends with Nest 11.
const golevelup = NEST_MAJOR === 11;
if (!golevelup) process.stderr.write('skipped: @golevelup/nestjs-rabbitmq is for Nest 11 only\n');

/** The sources that acknowledge when the work is done; each has a careless twin. */
const CAREFUL = ['BullMQ', 'Bull', 'RabbitMQ', ...(golevelup ? ['golevelup'] : [])];
const CONCURRENCY = 3;
/** Processes start and stop meanwhile, also on a machine that is busy with other tests. */
const PATIENCE = 60_000;

const MOMENTS = ['without SIGTERM', 'at SIGTERM', 'in the drain', 'after its deadline'] as const;
type Moment = (typeof MOMENTS)[number];

/** `KILL_SEEDS=100` in front of the test command tries more than each run has time for. */
const seeds = Array.from({ length: Number(process.env['KILL_SEEDS'] ?? 4) }, (_, index) => index);
const kills = seeds.map((seed): [Moment, number] => [MOMENTS[seed % MOMENTS.length], seed]);

/** What is random about a kill, and the same in each run of its seed. */
const plans = fc.noBias(
  fc.record({
    /** How long each piece of a source takes, in milliseconds. */
    times: fc.array(fc.nat(7), { minLength: 30, maxLength: 30 }),
    /** How many of each source hang in the process that is killed. */
    hanging: fc.integer({ min: 1, max: CONCURRENCY - 1 }),
    /** How much the process has told when SIGTERM comes, or SIGKILL without it. */
    told: fc.integer({ min: 60, max: 280 }),
    /** `at SIGTERM`: nothing is told between that and SIGKILL, this many milliseconds later. */
    delayMs: fc.nat(4),
    /** `in the drain`: how much of what will finish in it has not. */
    rest: fc.double({ min: 0, max: 1, noNaN: true }),
    /** `after its deadline`: the last step to begin. */
    step: fc.constantFrom('close', 'onModuleDestroy', 'onApplicationShutdown'),
  }),
);
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

/** What became of the pieces of work. */
interface Outcome {
  readonly names: readonly string[];
  /** Those that hung in the process that was killed. */
  readonly hung: readonly string[];
  /** Those whose end the broker had confirmed before. */
  readonly acknowledged: readonly string[];
  /** Those that had begun without that. */
  readonly inFlight: readonly string[];
  /** How often each is in the store when the next process has taken the rest. */
  readonly rows: ReadonlyMap<string, number>;
}

const isCareful = (name: string) => CAREFUL.some((source) => name.startsWith(`${source} `));

describeWith(brokers, () => {
  const prefix = `${unique('kill')} `;
  let folder: FolderBesideNest;
  let sources: Awaited<ReturnType<typeof connectSources>>;
  /** It takes what the one before has left, and is killed next. */
  let app: AppProcess | undefined;

  beforeAll(async () => {
    [folder, sources] = await Promise.all([folderOfProgram(), connectSources(prefix, golevelup)]);
    await running();
  }, PATIENCE);

  afterAll(async () => {
    await app?.kill();
    await Promise.all(sources.all.map(({ remove }) => remove()));
    await sources.disconnect();
    await folder.remove();
  });

  const store = () => join(folder.path, 'store');

  async function running(): Promise<AppProcess> {
    if (app?.isRunning) return app;
    const urls = { redisUrl, rabbitmqUrl, mqttUrl };
    const settings = { prefix, store: store(), concurrency: CONCURRENCY, golevelup, ...urls };
    const started = new AppProcess(folder, settings);
    app = started;
    await started.until('it was ready', () => started.names('ready').length > 0);
    return started;
  }

  /** Publishes what each source is to get. */
  async function publish(piecesOf: (source: string) => Piece[]): Promise<Piece[]> {
    const all = sources.all.map(({ name, publish }) => ({ publish, pieces: piecesOf(name) }));
    await Promise.all(all.map(({ publish, pieces }) => publish(pieces)));
    return all.flatMap(({ pieces }) => pieces);
  }

  async function kill(moment: Moment, seed: number): Promise<Outcome> {
    const [plan] = fc.sample(plans, { seed, numRuns: 1 }) as [Plan];
    const killed = await running();
    const before = killed.told.length;
    const pieces = await publish((source) => {
      // Of what is no control there is enough to be in the middle of it.
      const times = isCareful(`${source} `) ? plan.times : plan.times.slice(0, CONCURRENCY);
      return times.map((ms, index) => {
        const hangsIn = index < plan.hanging ? killed.pid : undefined;
        return { name: `${source} ${seed}-${index}`, ms, hangsIn };
      });
    });
    const hung = pieces.filter(({ hangsIn }) => hangsIn).map(({ name }) => name);
    await killed.until('it was amid its work', () => {
      return killed.told.length >= before + plan.told && isAmid(killed, hung);
    });
    // Work goes on coming, whatever becomes of the process.
    const late = publish((source) => {
      const times = plan.times.slice(0, CONCURRENCY);
      return times.map((ms, index) => ({ name: `${source} ${seed}-late-${index}`, ms }));
    });
    await pass(moment, killed, hung.length, plan);
    await killed.kill();

    const names = [...pieces, ...(await late)].map(({ name }) => name);
    await takeTheRest(await running(), names, seed);
    const known = new Set(names);
    const acknowledged = killed.names('acknowledged').filter((name) => known.has(name));
    const begun = killed.names('begun').filter((name) => known.has(name));
    const inFlight = begun.filter((name) => !acknowledged.includes(name));
    return { names, hung, acknowledged, inFlight, rows: await rowsOf(known) };
  }

  /** What hangs has begun, and the broker has forgotten the careless part of it. */
  function isAmid(app: AppProcess, hung: readonly string[]): boolean {
    const [running, acknowledged] = [app.running, app.names('acknowledged')];
    return hung.every((name) =>
      (name.startsWith('careless ') ? acknowledged : running).includes(name),
    );
  }

  /** Resolves at the moment for SIGKILL. */
  async function pass(moment: Moment, app: AppProcess, hung: number, plan: Plan): Promise<void> {
    if (moment === 'without SIGTERM') return;
    app.signal('SIGTERM');
    if (moment === 'at SIGTERM') {
      await sleep(plan.delayMs);
    } else if (moment === 'in the drain') {
      await app.step('drain');
      const rest = Math.floor(plan.rest * (app.running.length - hung + 1));
      await app.until('it finished', () => app.running.length - hung <= rest);
    } else {
      await app.step(plan.step);
    }
  }

  /** Waits until the next has done all, but not for ever: if something is gone the tests say what. */
  async function takeTheRest(
    app: AppProcess,
    names: readonly string[],
    seed: number,
  ): Promise<void> {
    // For what may lose its work: when this is done, nothing comes any more that was there before.
    const last = await publish((source) => [{ name: `${source} ${seed}-last`, ms: 0 }]);
    const expected = [...names.filter(isCareful), ...last.map(({ name }) => name)];
    const end = Date.now() + PATIENCE / 2;
    while (Date.now() < end && !(await hasFinished(app, expected))) await sleep(20);
  }

  async function hasFinished(app: AppProcess, expected: readonly string[]): Promise<boolean> {
    const rows = await rowsOf(new Set(expected));
    if (app.running.length > 0 || rows.size < expected.length) return false;
    return (await left()).every((count) => count === 0);
  }

  const left = () => Promise.all(sources.all.map(({ left }) => left()));

  async function rowsOf(names: ReadonlySet<string>): Promise<Map<string, number>> {
    const rows = new Map<string, number>();
    for (const row of (await readFile(store(), 'utf8')).split('\n')) {
      if (names.has(row)) rows.set(row, (rows.get(row) ?? 0) + 1);
    }
    return rows;
  }

  describe.each(kills)('SIGKILL %s (seed %i)', (moment, seed) => {
    let outcome: Outcome;

    beforeAll(async () => {
      outcome = await kill(moment, seed);
    }, PATIENCE);

    const times = (name: string) => outcome.rows.get(name) ?? 0;
    const lost = (names: readonly string[]) => names.filter((name) => times(name) === 0);
    const of = (source: string, names: readonly string[]) =>
      names.filter((name) => name.startsWith(`${source} `));

    it('nothing is lost', () => {
      expect(lost(outcome.names.filter(isCareful))).toEqual([]);
    });

    it('what was acknowledged is done once', () => {
      const acknowledged = outcome.acknowledged.filter(isCareful);
      expect(acknowledged).not.toEqual([]);
      expect(acknowledged.filter((name) => times(name) !== 1)).toEqual([]);
    });

    it.each(CAREFUL)('what %s does twice was in flight', (source) => {
      const twice = of(source, outcome.names).filter((name) => times(name) > 1);
      expect(outcome.inFlight).toEqual(expect.arrayContaining(twice));
      expect(twice.length).toBeLessThanOrEqual(CONCURRENCY);
      expect(twice.map(times).every((count) => count === 2)).toBe(true);
    });

    it('the control: what was acknowledged before it was done is lost', () => {
      const hung = of('careless', outcome.hung);
      expect(lost(hung)).toEqual(hung);
    });

    // mqtt.js sends its PUBACK when a message has arrived; Nest's handler has not even begun.
    it('MQTT with QoS 1 and a session that is kept is no better', () => {
      const hung = of('MQTT', outcome.hung);
      expect(lost(hung)).toEqual(hung);
    });
  });

  it('the last one ends clean, and nothing is left', async () => {
    const last = await running();
    last.signal('SIGTERM');
    await last.end;
    expect(last.exitCode).toBe(0);
    expect((await left()).filter((count) => count > 0)).toEqual([]);
  });
});
