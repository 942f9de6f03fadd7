import {
  Controller,
  type INestApplicationContext,
  type INestMicroservice,
  type Type,
} from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  type ClientOptions,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach } from '@jest/globals';
import { lastValueFrom, Observable, toArray } from 'rxjs';
import { Graceful } from '../../../lib/graceful.js';
import { BUILT_IN, PROCESS_PORT } from '../../../lib/tokens.js';
import { GracefulModule } from '../../../lib/graceful.module.js';
import { BUILT_IN_INTEGRATIONS } from '../../../lib/integrations/built-in.js';
import type { Integration } from '../../../lib/engine/integration.js';
import type { GracefulOptions } from '../../../lib/options/graceful-options.js';
import { eventually } from '../../support/eventually.js';
import { FakeProcess } from '../../support/fake-process.js';
import type { Platform } from '../../support/http-app.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { Work } from '../../support/work.js';

/** Long enough for every test, so that nothing ends by a deadline that is not meant to. */
const PATIENT: GracefulOptions = { platform: 'none', gracePeriodMs: 60_000 };

/** The ways to have a microservice. */
export const KINDS = [
  'microservice',
  'hybrid',
  'hybrid with inheritAppConfig',
  'hybrid with deferInitialization',
] as const;
export type Kind = (typeof KINDS)[number];

export interface RpcAppSetup {
  readonly kind?: Kind;
  readonly microservice: MicroserviceOptions;
  /** Before each pattern, for brokers that others use at the same time. */
  readonly prefix?: string;
  /** Options of the module; `null` leaves it out: the control. */
  readonly options?: GracefulOptions | null;
  /** Besides the usual ones. */
  readonly controllers?: Type[];
  readonly providers?: Type[];
  /** Before the application starts. */
  readonly configure?: (app: INestApplicationContext) => unknown;
  /** In a hybrid application, when its microservice listens and its own `listen()` has not begun yet. */
  readonly beforeInit?: (app: RpcApp) => unknown;
  /** Of a hybrid application; default: Express. */
  readonly platform?: Platform;
  /** `false` for a hybrid application that never calls `listen()`, and so is never initialised. */
  readonly listens?: false;
  /** Instead of those that come with the package. */
  readonly integrations?: readonly Integration[];
}

/** Work that begins when a message asks for it, and ends when the test says so. */
function desk(prefix: string): new (work: Work) => object {
  @Controller()
  class Desk {
    constructor(private readonly work: Work) {}

    @MessagePattern(`${prefix}question`)
    async question(name: string): Promise<string> {
      await this.work.run(name);
      return `did ${name}`;
    }

    /** Answers in two parts: the first at once. */
    @MessagePattern(`${prefix}stream`)
    stream(name: string): Observable<string> {
      return new Observable((subscriber) => {
        subscriber.next(`begun ${name}`);
        void this.work.run(name).then(() => {
          subscriber.next(`did ${name}`);
          subscriber.complete();
        });
      });
    }

    @EventPattern<unknown>(`${prefix}event`)
    async event(name: string): Promise<void> {
      await this.work.run(name);
    }
  }
  return Desk;
}

/** Somebody injects what the application can call for its end with, so that its handlers are followed. */
const FOLLOWED = { provide: 'FOLLOWED', inject: [Graceful], useFactory: () => ({}) };

const running = new Set<RpcApp>();

afterEach(async () => {
  await Promise.all([...running].map((app) => app.destroy()));
  running.clear();
});

/** A Nest application that answers messages, with a process of its own and a log that can be read. */
export class RpcApp {
  private readonly clients: ClientProxy[] = [];
  private readonly cleaning: Array<() => unknown> = [];
  private closing?: Promise<void>;

  private constructor(
    private readonly setup: RpcAppSetup,
    readonly app: INestApplicationContext,
    readonly microservice: INestMicroservice,
    readonly process: FakeProcess,
    readonly log: RecordingLogger,
  ) {
    running.add(this);
  }

  static async start(setup: RpcAppSetup): Promise<RpcApp> {
    const { kind = 'microservice', microservice: options, prefix = '' } = setup;
    const [process, log] = [new FakeProcess(), new RecordingLogger()];
    const graceful = setup.options === null ? [] : [GracefulModule.forRoot(optionsOf(setup))];
    const compiled = await Test.createTestingModule({
      imports: graceful,
      controllers: [desk(prefix), ...(setup.controllers ?? [])],
      providers: [Work, ...(setup.options === null ? [] : [FOLLOWED]), ...(setup.providers ?? [])],
    })
      .setLogger(log)
      .overrideProvider(PROCESS_PORT)
      .useValue(process)
      .overrideProvider(BUILT_IN)
      .useValue(setup.integrations ?? BUILT_IN_INTEGRATIONS)
      .compile();
    if (kind === 'microservice') {
      const app = compiled.createNestMicroservice(options);
      await setup.configure?.(app);
      await app.listen();
      return new RpcApp(setup, app, app, process, log);
    }
    const adapter = setup.platform === 'Fastify' ? new FastifyAdapter() : new ExpressAdapter();
    const app = compiled.createNestApplication(adapter);
    await setup.configure?.(app);
    const microservice = app.connectMicroservice(options, {
      inheritAppConfig: kind === 'hybrid with inheritAppConfig',
      deferInitialization: kind === 'hybrid with deferInitialization',
    });
    await app.startAllMicroservices();
    const hybrid = new RpcApp(setup, app, microservice, process, log);
    await setup.beforeInit?.(hybrid);
    if (setup.listens !== false) await app.listen(0, '127.0.0.1');
    return hybrid;
  }

  get work(): Work {
    return this.app.get(Work);
  }

  get graceful(): Graceful {
    return this.app.get(Graceful);
  }

  /** A client of its own connection. */
  async connect(options: ClientOptions): Promise<RpcClient> {
    const proxy = ClientProxyFactory.create(options);
    this.clients.push(proxy);
    await proxy.connect();
    return new RpcClient(proxy, this.setup.prefix ?? '');
  }

  /** `app.close()`; to be awaited later, or never. */
  close(): Promise<void> {
    this.closing ??= this.app.close();
    return this.closing;
  }

  /** Resolves when nothing new is taken any more, and what is in flight is waited for. */
  async draining(): Promise<void> {
    await this.log.until(/^drain: /);
  }

  signal(): void {
    if (!this.process.send('SIGTERM')) throw new Error('nobody listens to SIGTERM');
  }

  /** Resolves when a shutdown that a signal began is over. */
  async exited(): Promise<void> {
    await eventually('the exit', () => this.process.exits.length > 0);
  }

  /** To be called when the test is over. */
  afterwards(clean: () => unknown): void {
    this.cleaning.push(clean);
  }

  /** Ends whatever the test has left. */
  async destroy(): Promise<void> {
    this.work.finish(...this.work.started);
    await Promise.all(this.clients.map(async (client) => client.close()));
    for (const clean of this.cleaning) await clean();
    // Without its `listen()` nobody can tell it that the process, which is not real, would be gone by now.
    if (this.setup.listens !== false) await this.close();
  }
}

const optionsOf = ({ options }: RpcAppSetup): GracefulOptions => ({ ...PATIENT, ...options });

/** What Nest's client does, with promises; a question that is lost has a text that says so. */
export class RpcClient {
  constructor(
    readonly proxy: ClientProxy,
    private readonly prefix: string,
  ) {}

  ask(name: string, patienceMs = 12_000): Promise<string> {
    return outcome(
      lastValueFrom(this.proxy.send<string>(`${this.prefix}question`, name)),
      patienceMs,
    );
  }

  parts(name: string, patienceMs = 12_000): Promise<string[] | string> {
    const parts$ = this.proxy.send<string>(`${this.prefix}stream`, name).pipe(toArray());
    return outcome(lastValueFrom(parts$), patienceMs);
  }

  async tell(name: string): Promise<void> {
    await lastValueFrom(this.proxy.emit(`${this.prefix}event`, name), { defaultValue: undefined });
  }
}

export async function outcome<T>(answer: Promise<T>, patienceMs: number): Promise<T | string> {
  let timer!: NodeJS.Timeout;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('lost: no answer'), patienceMs);
    timer.unref(); // nor does it keep Jest's worker
  });
  const lost = (error: Error | string) =>
    `lost: ${typeof error === 'string' ? error : error.message}`;
  try {
    return await Promise.race([answer.catch(lost), limit]);
  } finally {
    clearTimeout(timer);
  }
}
