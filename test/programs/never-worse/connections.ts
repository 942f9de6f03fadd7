/* oxlint-disable typescript/no-extraneous-class -- modules are empty classes */
import {
  forwardRef,
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type Provider,
  type Type,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

const { situation, hook, postgresUrl, redisUrl, key } = settings as unknown as {
  readonly situation: string;
  /** In which hook of Nest connections are closed. */
  readonly hook: string;
  readonly postgresUrl: string;
  readonly redisUrl: string;
  readonly key: string;
};

/** What is used of packages that are installed beside Nest only. */
interface Libraries {
  readonly Redis: new (
    url: string,
    options: object,
  ) => { blpop(key: string, s: number): Promise<unknown>; disconnect(): void };
  readonly DataSource: Type<Database>;
  readonly TypeOrmModule?: { forRoot(options: object): DynamicModule };
}
interface Manager {
  query(sql: string): Promise<unknown>;
}
interface Database {
  transaction(run: (manager: Manager) => Promise<void>): Promise<void>;
}

/** Loaded where they are needed, for each takes its time. */
const load = async (use: string, ...names: string[]): Promise<object> =>
  situation === use ? Object.assign({}, ...(await Promise.all(names.map((n) => import(n))))) : {};
const { Redis, DataSource, TypeOrmModule } = {
  ...(await load('loop', 'ioredis')),
  ...(await load('background', 'typeorm', '@nestjs/typeorm')),
} as Libraries;

const newPool = () => new Pool({ connectionString: postgresUrl, max: 2 });
const pool = newPool();

/** A real query, for which the pool must be open. */
async function write(what: string, on: { query(sql: string): Promise<unknown> } = pool) {
  await on.query('SELECT pg_sleep(0.02)').then(
    () => tell('written', { what }),
    () => tell('lost', { what }),
  );
}

async function close(): Promise<void> {
  await pool.end();
  tell('closed');
}

/** A class with a hook, and what it injects. */
function hooked(name: string, run: () => unknown, inject: unknown[] = [], its = hook): Provider {
  const make = () => ({ [its]: run });
  return { provide: name, inject: inject as never[], useFactory: make };
}

/** The database is closed by a provider that injects its pool. */
const DatabaseModule: DynamicModule = {
  module: class DatabaseModule {},
  providers: [{ provide: 'POOL', useValue: pool }, hooked('DATABASE', close, ['POOL'])],
  exports: ['POOL', 'DATABASE'],
};

/** A queue client, which knows nothing of what its handlers use, and waits for the job in hand when it is stopped. */
class Queue {
  jobs: Array<Promise<void>> = [];

  constructor() {
    Object.assign(this, {
      [hook]: async () => {
        await Promise.all(this.jobs);
        tell('queue stopped');
      },
    });
  }
}
const QueueModule: DynamicModule = {
  module: class QueueModule {},
  providers: [{ provide: Queue, useFactory: () => new Queue() }],
  exports: [Queue],
};

@Injectable()
class Orders implements OnApplicationBootstrap {
  constructor(@Inject(Queue) private readonly queue: Queue) {}

  onApplicationBootstrap(): void {
    process.once('SIGTERM', () => this.queue.jobs.push(sleep(150).then(async () => write('job'))));
  }
}

const outbox = (its: string) => hooked('OUTBOX', async () => write('outbox'), [], its);

/** A loop over a read that blocks until something comes, or the connection goes. */
class Consumer {
  readonly redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  readonly loop = this.redis.blpop(key, 0).then(
    () => undefined,
    () => tell('loop ended'),
  );

  onModuleDestroy(): Promise<void> {
    return this.loop;
  }
}

/** Has a connection for each of its runs, and is waited for by its hook. */
class Poller implements OnApplicationBootstrap {
  client = newPool();
  private stopped = false;
  private run?: Promise<void>;

  onApplicationBootstrap(): void {
    this.run = this.poll();
  }

  private async poll(): Promise<void> {
    while (!this.stopped) {
      await this.client.query('SELECT pg_sleep(0.02)');
      await this.client.end();
      this.client = newPool();
    }
    await this.client.end();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    await this.run;
    tell('poller stopped');
  }
}

/** Its pool is in a field that nobody else can see. */
class Hidden {
  readonly #pool = pool;

  constructor() {
    Object.assign(this, { [hook]: () => this.close() });
  }

  private async close(): Promise<void> {
    await this.#pool.end();
    tell('closed');
  }
}

/** Makes a client for itself, in its hook, and closes it again. */
async function report(): Promise<void> {
  const own = newPool();
  await own.query('SELECT 1');
  await own.end();
  tell('reported');
}

class Chicken {
  readonly pool = pool;
  constructor(readonly egg: unknown) {}
  onModuleDestroy = close;
}
class Egg {
  constructor(readonly chicken: unknown) {}
  onModuleDestroy = async () => write('egg');
}
Inject(forwardRef(() => Egg))(Chicken, undefined, 0);
Inject(forwardRef(() => Chicken))(Egg, undefined, 0);

/** Works in the background with a transaction of its own, known to nobody. */
class Background implements OnApplicationBootstrap {
  constructor(private readonly database: Database) {}

  onApplicationBootstrap(): void {
    process.once('SIGTERM', () => {
      void this.database
        .transaction(async (manager) => {
          await manager.query('SELECT pg_sleep(0.3)');
          await write('transaction', manager);
        })
        .then(
          () => tell('committed'),
          () => tell('rolled back'),
        );
    });
  }
}

const situations: Readonly<Record<string, { imports?: DynamicModule[]; providers?: Provider[] }>> =
  {
    // A worker, and the pool that its handlers use: neither injects the other.
    worker: { imports: [DatabaseModule, QueueModule], providers: [Orders] },
    // The root closes what a feature writes into.
    root: {
      imports: [
        DatabaseModule,
        { module: class Feature {}, providers: [outbox('onModuleDestroy')] },
      ],
    },
    'a private pool': {
      imports: [
        { module: class Feature {}, providers: [outbox('onApplicationShutdown')] },
      ] as DynamicModule[],
      providers: [{ provide: Hidden, useFactory: () => new Hidden() }],
    },
    'a client of the hook itself': {
      providers: [
        hooked('REPORT', report, [], 'onModuleDestroy'),
        hooked('LAST', () => tell('stopped'), [], 'onApplicationShutdown'),
      ],
    },
    // Who drains a poller in the second stage injects it; it stops in the first.
    poller: {
      providers: [
        hooked('POLLER', () => tell('stopped'), [], 'onModuleDestroy'),
        hooked('DRAINER', async () => write('drained'), ['POLLER'], 'beforeApplicationShutdown'),
        hooked('CLOSER', close, [], 'onApplicationShutdown'),
      ],
    },
    // The loop of one ends with the connection that another closes.
    loop: {
      providers: [
        { provide: Consumer, useFactory: () => new Consumer() },
        {
          provide: 'CLOSER',
          inject: [{ token: 'NOBODY', optional: true }],
          useFactory: () => ({ onModuleDestroy: () => consumers[0]?.redis.disconnect() }),
        },
      ],
    },
    'a connection for each run': {
      providers: [{ provide: Poller, useFactory: () => new Poller() }],
    },
    circle: { providers: [Chicken, Egg] },
    background: {
      imports: TypeOrmModule ? [TypeOrmModule.forRoot({ type: 'postgres', url: postgresUrl })] : [],
      providers: [
        {
          provide: Background,
          inject: [DataSource],
          useFactory: (d: Database) => new Background(d),
        },
      ],
    },
  };

const { imports = [], providers = [] } = situations[situation] ?? {};

@Module({ imports: [...theModule(), ...imports], providers })
class App {}

const consumers: Consumer[] = [];
const app = await createApplication(App as Type, { logger: ['warn', 'error', 'log'] });
if (situation === 'loop') {
  const consumer = app.get(Consumer);
  consumers.push(consumer);
}
await listen(app);
