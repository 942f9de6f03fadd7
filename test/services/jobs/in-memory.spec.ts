import { Injectable, type Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import type { Integration } from '../../../lib/engine/integration.js';
import { pQueue } from '../../../lib/integrations/p-queue.js';
import { piscina, workerpool } from '../../../lib/integrations/worker-pools.js';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { jobLibraries, load, onNode } from '../../support/job-libraries.js';
import { exampleOf } from '../../support/page-example.js';
import { describeWith, type Service } from '../../support/services.js';
import { Work } from '../../support/work.js';
import { Fates, httpRig } from '../contract/http-rig.js';

interface Queue {
  add(run: () => Promise<unknown>): Promise<unknown>;
  readonly size: number;
}

interface Pool {
  run(task: object): Promise<unknown>;
  destroy(): Promise<unknown>;
}

interface Workers {
  exec(run: (shared: SharedArrayBuffer) => void, parameters: unknown[]): PromiseLike<unknown>;
  terminate(force?: boolean): Promise<unknown>;
}

/** A library of queues or pools that live in this process; the queue takes two at a time. */
interface Library {
  readonly name: string;
  readonly service: Service;
  readonly integration: Integration;
  /** A provider with the library's object in a property, and how it is given a piece. */
  readonly provider: () => Promise<Type<Runner>>;
}

interface Runner {
  /** Accepts a piece, which ends when `until` has. */
  accept(until: () => Promise<void>): PromiseLike<unknown>;
}

const queues = (name: string, library: string, service: Service): Library => ({
  name,
  service,
  integration: pQueue,
  async provider() {
    const { default: PQueue } = await load<{ default: new (options: object) => Queue }>(library);

    @Injectable()
    class Mailer implements Runner {
      readonly queue = new PQueue({ concurrency: 2 });

      accept(until: () => Promise<void>): Promise<unknown> {
        return this.queue.add(until);
      }
    }
    return Mailer;
  },
});

/** What ends a thread's task when a promise has settled. */
function flagged(until: () => Promise<void>): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(4);
  const flag = new Int32Array(shared);
  const set = (value: number) => () => {
    Atomics.store(flag, 0, value);
    Atomics.notify(flag, 0);
  };
  until().then(set(1), set(2));
  return shared;
}

const pools = (name: string, library: string, exported: string): Library => ({
  name,
  service: jobLibraries,
  integration: piscina,
  async provider() {
    const loaded = await load<Record<string, new (options: object) => Pool>>(library);
    const { [exported]: Class } = loaded;
    if (!Class) throw new Error(`${library} has no ${exported}`);
    const filename = fileURLToPath(new URL('thread.cjs', import.meta.url));

    @Injectable()
    class Thumbnails implements Runner {
      readonly pool = new Class({ filename, minThreads: 2, maxThreads: 2 });

      accept(until: () => Promise<void>): Promise<unknown> {
        return this.pool.run({ shared: flagged(until) });
      }

      async onApplicationShutdown(): Promise<void> {
        await this.pool.destroy();
      }
    }
    return Thumbnails;
  },
});

const libraries: Library[] = [
  queues('p-queue 9', 'p-queue-9', jobLibraries),
  queues('p-queue 10', 'p-queue', onNode(22, 'p-queue 10')),
  pools('piscina 5', 'piscina', 'Piscina'),
  pools('tinypool 2', 'tinypool', 'Tinypool'),
  {
    name: 'workerpool 10',
    service: jobLibraries,
    integration: workerpool,
    async provider() {
      const { default: library } = await load<{
        default: { pool(options: object): Workers };
      }>('workerpool');

      @Injectable()
      class Reports implements Runner {
        readonly pool = library.pool({ maxWorkers: 2, workerType: 'thread' });

        accept(until: () => Promise<void>): PromiseLike<unknown> {
          const wait = (shared: SharedArrayBuffer) => {
            const flag = new Int32Array(shared);
            Atomics.wait(flag, 0, 0);
            if (flag[0] === 2) throw new Error('a piece of work that fails');
          };
          return this.pool.exec(wait, [flagged(until)]);
        }

        async onApplicationShutdown(): Promise<void> {
          await this.pool.terminate(true);
        }
      }
      return Reports;
    },
  },
];

describe.each(libraries)('$name', ({ service, integration, provider }) => {
  describeWith(service, () => {
    describe('keeps the contract', () => {
      let Class: Type<Runner>;
      const rig = httpRig(integration, { takesUntil: 'always' }, (work) => {
        const fates = new Fates();
        const Own = Class;
        return {
          module: { providers: [Own] },
          use: (app) => ({
            offer(piece) {
              fates.watch(piece, Promise.resolve(app.get<Runner>(Own).accept(() => work(piece))));
            },
            fateOf: fates.of,
          }),
        };
      });
      const start = rig.start.bind(rig);
      rig.start = async (setup) => {
        Class = await provider();
        return start(setup);
      };

      itKeepsTheContract(rig);
    });

    /** Five pieces, of which two run. */
    async function started(options?: { gracePeriodMs: number } | null) {
      const Class = await provider();
      const http = await HttpApp.start({
        platform: 'Express',
        module: { providers: [Class] },
        options,
      });
      const [ends, done]: [Array<() => void>, number[]] = [[], []];
      const runner = http.app.get<Runner>(Class);
      for (const index of [0, 1, 2, 3, 4]) {
        const until = new Promise<void>((resolve) => void ends.push(resolve));
        const result = Promise.resolve(runner.accept(() => until));
        result.then(
          () => void done.push(index),
          () => undefined,
        );
      }
      return { http, ends, done };
    }

    it('finishes what it has accepted, also what waits', async () => {
      const { http, ends, done } = await started();
      http.signal();
      await http.phase('drain');
      expect(http.graceful.progress().inFlight).toEqual([expect.objectContaining({ count: 5 })]);
      for (const end of ends) end();
      expect(await http.exited()).toBe(0);
      expect(done.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4]);
      expect(http.report.sources).toEqual([
        expect.objectContaining({ before: 5, after: 0, finished: 5, cut: 0 }),
      ]);
    });

    it('names what is lost when its time is over', async () => {
      const { http, ends, done } = await started({ gracePeriodMs: 3_000 });
      ends[0]?.();
      await eventually('the first', () => done.length === 1);
      http.signal();
      expect(await http.exited()).toBe(1);
      expect(http.report.sources).toEqual([
        expect.objectContaining({ before: 4, finished: 0, cut: 4 }),
      ]);
      for (const end of ends) end();
    });

    it('the control: plain Nest loses them', async () => {
      const { http, ends, done } = await started(null);
      await http.close();
      expect(done).toEqual([]); // and the process ends
      for (const end of ends) end();
    });
  });
});

describeWith(jobLibraries, () => {
  it('finds the queue of docs/integrations/in-memory.md', async () => {
    const sent: string[] = [];

    @Injectable()
    class Smtp {
      constructor(private readonly work: Work) {}

      async send(mail: string): Promise<void> {
        await this.work.run(mail);
        sent.push(mail);
      }
    }
    const page = 'docs/integrations/in-memory.md';
    const { Mailer } = await exampleOf<{ Mailer: Type<{ accept(mail: string): void }> }>(page, {
      './smtp.js': { Smtp },
      'p-queue': await load<object>('p-queue-9'),
    });
    const providers = [Smtp, Mailer];
    const http = await HttpApp.start({ platform: 'Express', module: { providers } });
    const mails = ['one', 'two', 'three', 'four'];
    for (const mail of mails) http.app.get<{ accept(mail: string): void }>(Mailer).accept(mail);
    http.signal();
    await http.phase('drain');
    http.work.finish(...mails);
    expect(await http.exited()).toBe(0);
    expect(sent).toEqual(mails);
  });
});
