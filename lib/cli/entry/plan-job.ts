import { setTimeout } from 'node:timers';
import type { Core } from './nest.js';
import type { FactoryMethod, Job } from './job.js';
import { constructedOf } from './constructed.js';
import { Making } from './making.js';
import { portOf } from './servers.js';
import { replaceMethod } from './replace-method.js';
import { tell } from './tell.js';

/** `PLAN_FOR_TOOLS` of lib/tokens.ts, of whichever copy the application has. */
const PLAN_FOR_TOOLS = Symbol.for('nestjs-graceful:plan');

interface Plan {
  readonly servers: readonly object[];
}

interface Application {
  get(token: symbol): (stage: 'now' | 'before-init') => Plan;
  init(): Promise<unknown>;
}

/** Makes the plan as soon as the program has told Nest all there is to tell, and ends the process. */
export class PlanJob {
  readonly making = new Making();
  private isTold = false;
  private isNestAsked = false;
  /** The one that `listen()` was called with. */
  private port?: number;

  constructor(private readonly job: Job) {
    process.on('exit', () => this.fail('the program ended before it had an application'));
    const { timeoutMs = 0 } = job;
    const leftMs = timeoutMs - process.uptime() * 1_000;
    setTimeout(() => this.fail(`it took longer than ${timeoutMs / 1_000} s`), leftMs).unref();
  }

  /** A mere context is initialised by `NestFactory` itself (core 11 and 12). */
  prepare({ NestApplicationContext: { prototype } }: Core): void {
    if (this.job.init) return;
    const { init } = prototype;
    prototype['init'] = function (this: object, ...args: unknown[]) {
      const isContext = Object.getPrototypeOf(this) === prototype;
      return isContext ? Promise.resolve(this) : (init as Function).apply(this, args);
    };
  }

  /** `NestFactory` is asked for an application. */
  begins(): void {
    this.isNestAsked = true;
  }

  /** Nothing listens and nothing is initialised but what `--init` asks for; then the plan is made. */
  created(application: object, method: FactoryMethod): object {
    const nest = application as Application;
    if (method === 'createApplicationContext') {
      this.finish(nest);
      return application;
    }
    replaceMethod(application, 'startAllMicroservices', () => async () => application);
    replaceMethod(application, 'init', (init) => async () => {
      if (this.job.init) await init();
      return this.finish(nest);
    });
    replaceMethod(application, 'listen', () => (first) => {
      this.port = portOf(first);
      return nest.init();
    });
    return application;
  }

  /** A server that listens before Nest was asked for an application is one of a Nest that can't be seen. */
  serverListens(): void {
    if (this.isNestAsked) return;
    this.fail(
      'it listens, and has not asked the @nestjs/core of its folder for an application. A bundle that holds Nest can not be looked into: leave @nestjs/* out of it',
    );
  }

  private finish(application: Application): never {
    const plan = application.get(PLAN_FOR_TOOLS)(this.job.init ? 'now' : 'before-init');
    const [first, ...others] = plan.servers;
    // Nothing listens, but it has said where it would.
    const servers = first && this.port ? [{ ...first, port: this.port }, ...others] : plan.servers;
    this.isTold = true;
    const made = { ...plan, ...(this.job.init && { bootMs: bootMs() }), servers };
    tell({ event: 'plan', plan: made, constructed: constructedOf(application) });
    process.exit(0);
  }

  private fail(message: string): void {
    if (this.isTold) return;
    this.isTold = true;
    tell({ event: 'failed', provider: this.making.culprit, message });
    process.exit(1);
  }
}

/** In tenths of a second: a plan that is kept in a repository should not change each time. */
function bootMs(): number {
  return Math.ceil(process.uptime() * 10) * 100;
}
