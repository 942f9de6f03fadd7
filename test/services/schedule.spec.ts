import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Cron, Interval, ScheduleModule, SchedulerRegistry, Timeout } from '@nestjs/schedule';
import { describe, expect, it } from '@jest/globals';
import { setTimeout as after } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { Work } from '../support/work.js';

type CronJob = ReturnType<SchedulerRegistry['getCronJob']>;

const kinds = ['cron', 'interval', 'timeout', 'dynamic cron', 'dynamic interval'] as const;
type Kind = (typeof kinds)[number];

/** Longer than a second, so that every cron job that is not stopped has ticked. */
const MORE_THAN_A_TICK_MS = 1_050;

/** Schedules in every way there is. The first run of each kind goes on until the test lets it finish. */
@Injectable()
class Jobs implements OnApplicationBootstrap {
  readonly runs: Kind[] = [];
  /** By hand and by timeouts. */
  readonly notes: string[] = [];

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly work: Work,
  ) {}

  @Cron('* * * * * *', { name: 'every second' })
  cron(): Promise<void> {
    return this.run('cron');
  }

  @Interval(10)
  interval(): Promise<void> {
    return this.run('interval');
  }

  @Timeout(10)
  timeout(): Promise<void> {
    return this.run('timeout');
  }

  /** Here the decorated ones are mounted already. */
  onApplicationBootstrap(): void {
    this.registry.addCronJob(
      'dynamic',
      this.cronJob(() => this.run('dynamic cron')),
    );
    // What its callback returns is waited for; a promise that it drops nobody could.
    const tick: () => unknown = () => this.run('dynamic interval');
    this.registry.addInterval('dynamic', setInterval(tick, 10));
  }

  addTimeout(ms: number, note: string): void {
    this.registry.addTimeout(
      note,
      setTimeout(() => this.notes.push(note), ms),
    );
  }

  addHeldTimeout(name: string): void {
    const tick: () => unknown = () => this.work.run(name);
    this.registry.addTimeout(name, setTimeout(tick, 1));
  }

  addCron(note: string): CronJob {
    const job = this.cronJob(() => this.notes.push(note));
    this.registry.addCronJob(note, job);
    return job;
  }

  count(kind: Kind): number {
    return this.runs.filter((run) => run === kind).length;
  }

  private async run(kind: Kind): Promise<void> {
    this.runs.push(kind);
    if (this.count(kind) === 1) await this.work.run(kind);
  }

  /** @nestjs/schedule does not export the class, and the package `cron` is its own business. */
  private cronJob(onTick: () => unknown): CronJob {
    const declared = this.registry.getCronJobs().values().next().value ?? this.mounted();
    const Job = declared.constructor as unknown as { from(options: object): CronJob };
    return Job.from({ cronTime: '* * * * * *', onTick, start: true });
  }

  private mounted(): CronJob {
    throw new Error('no cron job is mounted yet');
  }
}

/** Holds up Nest's teardown, as a provider does that closes slowly. */
@Injectable()
class Slow implements OnModuleDestroy {
  constructor(private readonly work: Work) {}

  onModuleDestroy(): Promise<void> {
    return this.work.run('teardown');
  }
}

async function start(options: {} | null): Promise<{ app: HttpApp; jobs: Jobs; work: Work }> {
  const imports = [ScheduleModule.forRoot()];
  const app = await HttpApp.start({
    platform: 'Express',
    options,
    module: { imports, providers: [Jobs, Slow] },
  });
  return { app, jobs: app.app.get(Jobs), work: app.work };
}

/** Started, each of these kinds running once. */
async function startAll(
  options: {} | null,
  running: readonly Kind[] = kinds,
): Promise<Awaited<ReturnType<typeof start>>> {
  const all = await start(options);
  await Promise.all(running.map((kind) => all.work.begun(kind)));
  return all;
}

describe('jobs of @nestjs/schedule', () => {
  it('none begins when the shutdown has, and those that run are waited for', async () => {
    const { app, jobs, work } = await startAll({});
    const closed = app.close();
    const { runs } = jobs;
    await app.phase('drain');
    const before = runs.length;
    await after(MORE_THAN_A_TICK_MS);
    expect(runs).toHaveLength(before);
    expect(work.started).not.toContain('teardown');

    work.finish(...kinds);
    await work.begun('teardown');
    expect(work.finished.toSorted()).toEqual(kinds.toSorted());
    work.finish('teardown');
    await closed;
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: on plain Nest they begin during the teardown, and are cut by its end', async () => {
    const { app, jobs, work } = await startAll(null);
    const closed = app.close();
    await work.begun('teardown');
    const before = kinds.map((kind) => jobs.count(kind));
    await after(MORE_THAN_A_TICK_MS);
    const since = kinds.map((kind, index) => [kind, jobs.count(kind) - before[index]] as const);
    work.finish('teardown');
    await closed;

    expect(since.filter(([, count]) => count > 0).map(([kind]) => kind)).toEqual(
      kinds.filter((kind) => kind !== 'timeout'),
    );
    expect(work.finished).toEqual(['teardown']);
    work.finish(...kinds);
  });

  it('what is cut at the deadline is in the report by name', async () => {
    const { app, jobs, work } = await startAll(
      { gracePeriodMs: 300, shortGracePeriodForTests: true },
      ['interval', 'timeout'],
    );
    jobs.addHeldTimeout('by code');
    await work.begun('by code');
    work.finish('teardown', 'interval', 'cron', 'dynamic interval', 'dynamic cron');
    await app.close();

    const names = app.report.unfinished.map(({ kind, name }) => `${kind}: ${name}`);
    expect(names).toEqual(['work: timeout 10 ms', 'work: timeout by code']);
    work.finish('timeout', 'by code');
  });

  it('drain() holds them back and resume() lets them go on, with the timeouts that were due', async () => {
    const { app, jobs, work } = await startAll({}, ['interval', 'timeout']);
    work.finish('teardown', ...kinds);
    expect(await app.graceful.drain()).toBe(true);
    const before = jobs.runs.length;
    jobs.addTimeout(1, 'due');
    await after(50);
    expect(jobs.runs).toHaveLength(before);
    expect(jobs.notes).toEqual([]);

    app.graceful.resume();
    expect(jobs.notes).toEqual(['due']);
    const seen = kinds.map((kind) => jobs.count(kind));
    for (const [index, kind] of kinds.entries()) {
      if (kind === 'timeout') continue;
      await eventually(`a tick of ${kind}`, () => jobs.count(kind) > (seen[index] ?? 0));
    }
    await app.close();
  });

  it('a cron job that a request fires by hand runs all the same', async () => {
    const { app, jobs, work } = await startAll({}, ['interval']);
    const closed = app.close();
    await app.phase('drain');
    await jobs.addCron('by hand').fireOnTick();
    expect(jobs.notes).toEqual(['by hand']);
    work.finish('teardown', ...kinds);
    await closed;
  });
});
