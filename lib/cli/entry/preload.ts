/**
 * Loaded into the process of an application before its program (`node --import`). `NestFactory` is one object for all who
 * import or require the application's copy of `@nestjs/core`, so that one place is enough for CommonJS, ES modules and a
 * mix of them.
 */
import { pathToFileURL } from 'node:url';
import { interceptFactory, type FactoryHooks } from './factory.js';
import { JOB_VARIABLE, type FactoryMethod, type Job } from './job.js';
import { hasModule, withModule } from './module-of.js';
import { coreOf, injectorOf, type Core } from './nest.js';
import { takePeersOf } from './own-peers.js';
import { PlanJob } from './plan-job.js';
import { ServeJob } from './serve-job.js';
import { beforeListening, giveFreePorts } from './servers.js';
import { tell } from './tell.js';

const job = JSON.parse(process.env[JOB_VARIABLE] ?? '{}') as Job;
delete process.env[JOB_VARIABLE]; // the program may start others
const core = await loadCore();
if (core) interceptFactory(core.NestFactory, await hooksOf(core));

async function loadCore(): Promise<Core | undefined> {
  try {
    return await coreOf(job.entry);
  } catch (error) {
    const message = `@nestjs/core can't be loaded from where ${job.entry} is: ${(error as Error).message}`;
    tell({ event: 'failed', message });
    return undefined;
  }
}

async function hooksOf(nest: Core): Promise<FactoryHooks> {
  const { begins, created } = job.kind === 'plan' ? await forPlan(nest) : toServe();
  let added = false;
  return {
    before: async (root) => {
      begins?.();
      if (!job.addModule || (await hasModule(root))) return root;
      added = true;
      return withModule(root, await gracefulModule());
    },
    after: async (application, by) => {
      tell({ event: 'created', by, added });
      return created(application, by);
    },
  };
}

/** What is done with an application. */
interface Way {
  readonly begins?: () => void;
  readonly created: (application: object, by: FactoryMethod) => object;
}

async function forPlan(nest: Core): Promise<Way> {
  const { Injector } = await injectorOf(job.entry);
  const plan = new PlanJob(job);
  plan.making.watch(Injector.prototype);
  plan.prepare(nest);
  beforeListening(() => plan.serverListens());
  return {
    begins: () => plan.begins(),
    created: (application, by) => plan.created(application, by),
  };
}

function toServe(): Way {
  giveFreePorts((wanted, port) => tell({ event: 'listening', wanted, port }));
  const serve = new ServeJob();
  return { created: (application, by) => serve.created(application, by) };
}

/** That of this package, with the application's own Nest. */
async function gracefulModule(): Promise<unknown> {
  const index = new URL('../index.js', import.meta.url);
  takePeersOf({ from: new URL('.', index).href, entry: pathToFileURL(job.entry).href });
  const { GracefulModule } = (await import(index.href)) as {
    GracefulModule: { forRoot(): unknown };
  };
  return GracefulModule.forRoot();
}
