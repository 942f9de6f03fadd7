import { Injectable, type Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { setTimeout as after } from 'node:timers/promises';
import type { Integration } from '../../../lib/engine/integration.js';
import { croner } from '../../../lib/integrations/croner.js';
import { nodeCron } from '../../../lib/integrations/node-cron.js';
import { toadScheduler } from '../../../lib/integrations/toad-scheduler.js';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { jobLibraries, load } from '../../support/job-libraries.js';
import { exampleOf } from '../../support/page-example.js';
import { describeWith } from '../../support/services.js';
import { Work } from '../../support/work.js';
import { Fates, httpRig } from '../contract/http-rig.js';

type Tick = () => Promise<void>;

/** A job of a provider, in the library's own words. */
interface Job {
  /** By the application. */
  start(): unknown;
  stop(): unknown;
  /** A run by hand. */
  run?(): unknown;
}

interface Library {
  readonly name: string;
  readonly integration: Integration;
  /** Longer than the shortest time between two ticks, in milliseconds. */
  readonly moreThanATickMs: number;
  /** A provider with a job that calls `tick`, which can fail. */
  readonly provider: (tick: Tick) => Promise<Type<{ readonly job: Job }>>;
}

interface Cron {
  pause(): unknown;
  resume(): unknown;
  stop(): unknown;
  trigger(): unknown;
}

interface ScheduledTask extends Job {
  destroy(): unknown;
  execute(): Promise<unknown>;
}

interface ToadLibrary {
  ToadScheduler: new () => {
    addSimpleIntervalJob(job: object): void;
    startById(id: string): void;
    stopById(id: string): void;
    stop(): void;
  };
  SimpleIntervalJob: new (
    schedule: object,
    task: object,
    options: object,
  ) => {
    executeAsync(): unknown;
  };
  AsyncTask: new (id: string, handler: Tick, onError: () => void) => object;
}

const quiet = () => undefined;

const libraries: Library[] = [
  {
    name: 'croner',
    integration: croner,
    moreThanATickMs: 1_050,
    async provider(tick) {
      const { Cron } = await load<{
        Cron: new (pattern: string, options: object, run: Tick) => Cron;
      }>('croner');

      @Injectable()
      class Jobs {
        private readonly cron = new Cron('* * * * * *', { catch: true }, tick);
        readonly job: Job = {
          start: () => this.cron.resume(),
          stop: () => this.cron.pause(),
          run: () => this.cron.trigger(),
        };

        onModuleDestroy(): void {
          this.cron.stop();
        }
      }
      return Jobs;
    },
  },
  {
    name: 'node-cron',
    integration: nodeCron,
    moreThanATickMs: 1_050,
    async provider(tick) {
      const { schedule } = await load<{
        schedule: (pattern: string, run: Tick, options: object) => ScheduledTask;
      }>('node-cron');
      const logger = { info: quiet, warn: quiet, error: quiet, debug: quiet };

      @Injectable()
      class Jobs {
        private readonly task = schedule('* * * * * *', tick, { logger });
        readonly job: Job = {
          start: () => this.task.start(),
          stop: () => this.task.stop(),
          run: () => this.task.execute().catch(quiet),
        };

        onModuleDestroy(): void {
          void this.task.destroy();
        }
      }
      return Jobs;
    },
  },
  {
    name: 'toad-scheduler',
    integration: toadScheduler,
    moreThanATickMs: 50,
    async provider(tick) {
      const { AsyncTask, SimpleIntervalJob, ToadScheduler } =
        await load<ToadLibrary>('toad-scheduler');
      const settings = { id: 'mails', preventOverrun: false };

      @Injectable()
      class Jobs {
        private readonly scheduler = new ToadScheduler();
        private readonly own = new SimpleIntervalJob(
          { milliseconds: 5 },
          new AsyncTask('send', tick, quiet),
          settings,
        );
        readonly job: Job = {
          start: () => this.scheduler.startById('mails'),
          stop: () => this.scheduler.stopById('mails'),
          run: () => this.own.executeAsync(),
        };

        onModuleInit(): void {
          this.scheduler.addSimpleIntervalJob(this.own);
        }

        onModuleDestroy(): void {
          this.scheduler.stop();
        }
      }
      return Jobs;
    },
  },
];

describe.each(libraries)('$name', ({ integration, moreThanATickMs, provider }) => {
  describeWith(jobLibraries, () => {
    describe('keeps the contract', () => {
      const settings = { keeps: true, quietMs: moreThanATickMs };
      let tick: Tick = async () => undefined;
      let Jobs: Type;

      const rig = httpRig(integration, settings, (work) => {
        const [fates, waiting]: [Fates, string[]] = [new Fates(), []];
        const own: Tick = async () => {
          const piece = waiting.shift();
          if (piece === undefined) return;
          const running = work(piece);
          fates.watch(piece, running);
          await running;
        };
        tick = own;
        return {
          module: { providers: [Jobs] },
          use: () => ({ offer: (piece) => void waiting.push(piece), fateOf: fates.of }),
        };
      });
      const start = rig.start.bind(rig);
      rig.start = async (setup) => {
        // The provider belongs to one application, and so does its tick.
        let ofThisOne: Tick | undefined;
        Jobs = await provider(() => (ofThisOne ??= tick)());
        const app = await start(setup);
        ofThisOne ??= tick;
        return app;
      };

      itKeepsTheContract(rig);
    });

    async function started(options?: null) {
      const runs: string[] = [];
      let app: HttpApp | undefined;
      const Jobs = await provider(async () => {
        runs.push('run');
        await app?.work.run(`run ${runs.length}`);
      });
      app = await HttpApp.start({ platform: 'Express', module: { providers: [Jobs] }, options });
      const { job } = app.app.get<{ job: Job }>(Jobs);
      return { app, job, runs };
    }

    it('waits for the run at SIGTERM, and begins no other', async () => {
      const { app, runs } = await started();
      await eventually('a run', () => app.work.inFlight > 0);
      app.signal();
      await app.phase('drain');
      const begun = runs.length;
      await after(moreThanATickMs);
      expect(runs).toHaveLength(begun);
      app.work.finish(...runs.map((_, index) => `run ${index + 1}`));
      expect(await app.exited()).toBe(0);
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report.sources).toEqual([expect.objectContaining({ kind: 'work', cut: 0 })]);
    });

    it('the control: plain Nest cuts it', async () => {
      const { app, runs } = await started(null);
      await eventually('a run', () => app.work.inFlight > 0);
      await app.close();
      expect(app.work.inFlightAtDestroy).toBeGreaterThan(0);
      app.work.finish(...runs.map((_, index) => `run ${index + 1}`));
    });

    it('does what the application asks for meanwhile, when it resumes', async () => {
      const { app, job, runs } = await started();
      const finish = setInterval(() => app.work.finish(`run ${runs.length}`), 5);
      await eventually('a run', () => runs.length > 0);
      await app.graceful.drain();
      await job.stop();
      app.graceful.resume();
      const begun = runs.length;
      await after(moreThanATickMs);
      expect(runs).toHaveLength(begun); // the application has stopped it

      await app.graceful.drain();
      await job.start();
      await after(moreThanATickMs);
      expect(runs).toHaveLength(begun); // it may start when the drain is over
      app.graceful.resume();
      await eventually('a run', () => runs.length > begun);
      clearInterval(finish);
      await job.stop();
      app.work.finish(...runs.map((_, index) => `run ${index + 1}`));
      await app.close();
    });

    it('lets a run by hand through, and counts it', async () => {
      const { app, job, runs } = await started();
      await job.stop();
      await eventually('no run', () => app.work.inFlight === 0 || app.work.started.length > 0);
      app.work.finish(...runs.map((_, index) => `run ${index + 1}`));
      const begun = runs.length;
      const draining = app.graceful.drain();
      await draining;
      void job.run?.();
      await eventually('the run by hand', () => runs.length > begun);
      expect(app.graceful.progress().inFlight).toHaveLength(1);
      app.work.finish(`run ${runs.length}`);
      await app.close();
    });
  });
});

describeWith(jobLibraries, () => {
  it('finds the job of docs/integrations/schedulers.md', async () => {
    @Injectable()
    class Invoices {
      constructor(private readonly work: Work) {}

      send(): Promise<void> {
        return this.work.run('invoices');
      }
    }
    const page = 'docs/integrations/schedulers.md';
    const { NightlyInvoices } = await exampleOf<{ NightlyInvoices: Type }>(page, {
      './invoices.js': { Invoices },
    });
    const providers = [Invoices, NightlyInvoices];
    const http = await HttpApp.start({ platform: 'Express', module: { providers } });
    const { job } = http.app.get<{ job: Cron }>(NightlyInvoices);
    void job.trigger();
    await http.work.begun('invoices');
    http.signal();
    await http.phase('drain');
    http.work.finish('invoices');
    expect(await http.exited()).toBe(0);
    expect(http.report.sources).toEqual([
      expect.objectContaining({ name: 'croner cron 0 3 * * *', before: 1, finished: 1 }),
    ]);
    job.stop();
  });
});
