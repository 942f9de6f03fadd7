/* oxlint-disable no-underscore-dangle -- as pg names what it has */
import { forwardRef, Inject, Injectable, Module, type Provider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { OnClose, ShutdownPhase } from '../../lib/index.js';
import { Journal, stopped, TeardownApp } from '../support/teardown-app.js';

// Connections close last, whichever hook closes them.

const journal = new Journal();

/** What a client of a database looks like from here. */
class Client {
  isOpen = true;

  constructor(private readonly name = 'pool') {}

  connect(): void {}

  async query(text: string): Promise<void> {
    journal.note(this.isOpen ? text : `LOST ${text}`);
  }

  async end(): Promise<string> {
    if (!this.isOpen) throw new Error('called end on pool more than once');
    await journal.step(`${this.name} closes`);
    this.isOpen = false;
    return 'ended';
  }
}

/** Writes into the client in Nest's last hook, and knows nothing of who closes it. */
const writer = (client: Client, hook = 'onApplicationShutdown'): Provider => ({
  provide: `a writer in ${hook}`,
  useValue: {
    [hook]: async () => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      await client.query(`written in ${hook}`);
    },
  },
});

const hooks = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'];
const written = hooks.map((hook) => `written in ${hook}`);

/** Stops an application with a writer in each stage: all was written, and then the client was closed. */
async function expectClosedLast(
  client: Client,
  setup: Parameters<typeof stopped>[0],
  more: string[] = [],
): Promise<TeardownApp> {
  const writers = hooks.map((hook) => writer(client, hook));
  const app = await stopped({ ...setup, providers: [...(setup.providers ?? []), ...writers] });
  expect(journal.begun).toEqual([...written, 'pool closes', ...more]);
  expect(app.report.outcome).toBe('clean');
  return app;
}

describe.each(hooks)('a client is closed last, although that is asked for in %s', (hook) => {
  it('of a provider that has it as a property', async () => {
    const client = new Client();
    const database = { pool: client, [hook]: () => client.end() };
    await expectClosedLast(client, { providers: [{ provide: 'DATABASE', useValue: database }] });
  });

  it('of one that injects it', async () => {
    const client = new Client();
    // oxlint-disable-next-line typescript/no-extraneous-class
    class Database {
      constructor(pool: Client) {
        Object.assign(this, { [hook]: () => pool.end() });
      }
    }
    const providers = [
      { provide: 'POOL', useFactory: () => client },
      { provide: Database, inject: ['POOL'], useFactory: (pool: Client) => new Database(pool) },
    ];
    await expectClosedLast(client, { providers });
  });

  it('of the client itself', async () => {
    class Database extends Client {
      constructor() {
        super();
        Object.assign(this, { [hook]: () => this.end() });
      }
    }
    const client = new Database();
    await expectClosedLast(client, { providers: [{ provide: Database, useValue: client }] });
  });

  it('of a wrapper around one, which is in a map', async () => {
    const client = new Client();
    const wrapper = { clients: new Map([['main', { inner: client }]]) };
    const closer = { provide: 'CLOSER', useValue: { wrapper, [hook]: () => client.end() } };
    await expectClosedLast(client, { providers: [closer] });
  });

  it('of the class of a module that gets it from ModuleRef', async () => {
    const client = new Client();
    @Module({ providers: [{ provide: 'POOL', useValue: client }] })
    class DatabaseModule {
      constructor(moduleRef: ModuleRef) {
        Object.assign(this, { [hook]: () => moduleRef.get<Client>('POOL').end() });
      }
    }
    Reflect.defineMetadata('design:paramtypes', [ModuleRef], DatabaseModule);
    await expectClosedLast(client, { imports: [DatabaseModule] });
  });
});

describe('a client is closed last', () => {
  it('when a decorated method does it', async () => {
    const client = new Client();
    @Injectable()
    class Database {
      readonly pool = client;
      @OnClose()
      async close(): Promise<void> {
        await this.pool.end();
      }
    }
    await expectClosedLast(client, { providers: [Database] });
  });

  it('when its owner and its user inject each other', async () => {
    const client = new Client();
    @Injectable()
    class Database {
      constructor(@Inject(forwardRef(() => Orders)) readonly orders: unknown) {}
      readonly pool = client;
      onModuleDestroy = () => this.pool.end();
    }
    @Injectable()
    class Orders {
      constructor(@Inject(forwardRef(() => Database)) readonly database: unknown) {}
      onApplicationShutdown = () => client.query('an order');
    }
    await stopped({ providers: [Database, Orders] });
    expect(journal.begun).toEqual(['an order', 'pool closes']);
  });

  it('and every closing waits for what a hook does behind another one', async () => {
    const [client, cache] = [new Client(), new Client('cache')];
    const database = {
      pool: client,
      async onModuleDestroy() {
        await client.end();
        await cache.query('down');
        await cache.end();
      },
    };
    const other = { cache, onModuleDestroy: () => cache.end() };
    const app = await stopped({
      providers: [
        { provide: 'DATABASE', useValue: database },
        { provide: 'OTHER', useValue: other },
      ],
    });
    expect(journal.begun).toEqual(['pool closes', 'down', 'cache closes']);
    expect(app.report.outcome).toBe('clean');
  });

  it('before what it was made from, such as a server of its own', async () => {
    const client = new Client();
    @Injectable()
    class Server {
      onApplicationShutdown = () => journal.step('server stops');
    }
    const pool = { provide: 'POOL', inject: [Server], useFactory: () => client };
    const closer = { provide: 'CLOSER', useValue: { onModuleDestroy: () => client.end() } };
    await expectClosedLast(client, { providers: [Server, pool, closer] }, ['server stops']);
  });
});

describe('the hook that closes', () => {
  it('is told what the client says, and goes on then', async () => {
    const client = new Client();
    let told: unknown;
    const database = {
      pool: client,
      async onModuleDestroy() {
        told = await this.pool.end();
        journal.note('gone on');
      },
    };
    await expectClosedLast(client, { providers: [{ provide: 'DATABASE', useValue: database }] }, [
      'gone on',
    ]);
    expect(told).toBe('ended');
  });

  it('fails as its client does', async () => {
    const client = new Client();
    client.end = () => Promise.reject(new Error('the server is away'));
    const database = { pool: client, onModuleDestroy: () => client.end() };
    const app = await stopped({ providers: [{ provide: 'DATABASE', useValue: database }] });
    expect(app.tasks('DATABASE.onModuleDestroy')).toEqual([
      expect.objectContaining({ outcome: 'failed', error: 'Error: the server is away' }),
    ]);
  });

  it('shares the closing with others that ask for it', async () => {
    const client = new Client();
    const told: unknown[] = [];
    const closer = (name: string, hook: string) => ({
      provide: name,
      useValue: { [hook]: async () => void told.push(await client.end()) },
    });
    await expectClosedLast(client, {
      providers: [
        { provide: 'POOL', useValue: client },
        closer('A', 'onModuleDestroy'),
        closer('B', 'onApplicationShutdown'),
      ],
    });
    expect(told).toEqual(['ended', 'ended']);
  });

  it('may pass a callback', async () => {
    const client = new Client();
    const end = client.end.bind(client);
    // oxlint-disable-next-line promise/no-callback-in-promise -- as pg does
    Object.assign(client, { end: (done: () => void) => void end().then(done) });
    const database = {
      pool: client as unknown as { end(done: () => void): void },
      onModuleDestroy: () => new Promise<void>((resolve) => database.pool.end(resolve)),
    };
    await expectClosedLast(client, { providers: [{ provide: 'DATABASE', useValue: database }] });
  });

  it('may not wait for it', async () => {
    const client = new Client();
    const database = { pool: client, onModuleDestroy: () => void client.end() };
    await expectClosedLast(client, { providers: [{ provide: 'DATABASE', useValue: database }] });
    expect(client.isOpen).toBe(false);
  });

  it('may close what ends the loop that it waits for', async () => {
    let ended!: () => void;
    const loop = new Promise<void>((resolve) => (ended = resolve));
    const client = new Client();
    const end = client.end.bind(client);
    client.end = async () => {
      ended();
      return end();
    };
    const poller = {
      client,
      async onModuleDestroy() {
        void this.client.end();
        await loop;
      },
    };
    const app = await stopped({ providers: [{ provide: 'POLLER', useValue: poller }] });
    expect(app.outcomes).toEqual({ 'POLLER.onModuleDestroy': 'done' });
    expect(app.warnings).toEqual([]);
  });

  it('has the later hooks of its object behind it', async () => {
    const client = new Client();
    const database = {
      pool: client,
      onModuleDestroy: () => client.end(),
      onApplicationShutdown: () => journal.step('directory removed'),
    };
    await expectClosedLast(client, { providers: [{ provide: 'DATABASE', useValue: database }] }, [
      'directory removed',
    ]);
  });

  it('may be called by another that waits for it', async () => {
    const client = new Client();
    const database = { pool: client, onModuleDestroy: () => client.end() };
    const facade = {
      onModuleDestroy: async () => {
        await database.onModuleDestroy();
        journal.note('facade');
      },
    };
    const app = await stopped({
      providers: [
        { provide: 'FACADE', useValue: facade },
        { provide: 'DATABASE', useValue: database },
        writer(client),
      ],
    });
    expect(journal.begun).toEqual(['written in onApplicationShutdown', 'pool closes', 'facade']);
    expect(app.warnings).toEqual([]);
  });

  it('has its own time from when the call is let go', async () => {
    const client = new Client();
    @Injectable()
    @ShutdownPhase('close', { timeoutMs: 200 })
    class Database {
      readonly pool = client;
      onModuleDestroy = () => this.pool.end();
    }
    const slow = {
      onApplicationShutdown: () => new Promise<void>((resolve) => setTimeout(resolve, 400)),
    };
    const app = await stopped({ providers: [Database, { provide: 'SLOW', useValue: slow }] });
    expect(app.outcomes).toMatchObject({ 'Database.onModuleDestroy': 'done' });
    expect(client.isOpen).toBe(false);
  });
});

describe('what the user has ordered', () => {
  it('after the owner of a client waits until that is closed', async () => {
    const client = new Client();
    @Injectable()
    class Database {
      readonly pool = client;
      onModuleDestroy = () => this.pool.end();
    }
    @Injectable()
    @ShutdownPhase('close', { after: [Database] })
    class Server {
      onModuleDestroy = () => journal.step('server');
    }
    await expectClosedLast(client, { providers: [Database, Server] }, ['server']);
  });

  it('into another phase closes there', async () => {
    const client = new Client();
    @Injectable()
    @ShutdownPhase('flush')
    class Database {
      readonly pool = client;
      onModuleDestroy = () => this.pool.end();
    }
    await stopped({ providers: [Database, writer(client)] });
    expect(journal.begun).toEqual(['pool closes', 'LOST written in onApplicationShutdown']);
  });
});

describe('a call outside of hooks', () => {
  it('is not held: a poller that has a client for each tick is waited for', async () => {
    let end!: () => void;
    const told = new Promise<void>((resolve) => (end = resolve));
    const client = new Client();
    const poller = {
      client,
      tick: told.then(() => client.end()),
      async onModuleDestroy() {
        end();
        await this.tick;
        journal.note('stopped');
      },
    };
    const app = await stopped({ providers: [{ provide: 'POLLER', useValue: poller }] });
    expect(journal.begun).toEqual(['pool closes', 'stopped']);
    expect(app.warnings).toEqual([]);
  });
});

describe('what a client has in hand', () => {
  /** With the counters of pg. */
  class Pool extends Client {
    totalCount = 1;
    idleCount = 1;
    waitingCount = 0;
    _clients = [{ _activeQuery: null as object | null }];
  }

  it('is waited for before it is closed', async () => {
    const pool = new Pool();
    pool.idleCount = 0;
    pool._clients[0]._activeQuery = {};
    const database = {
      pool,
      onModuleDestroy() {
        setTimeout(() => {
          journal.note('the last query');
          pool.idleCount = 1;
        }, 100);
        return pool.end();
      },
    };
    const app = await stopped({ providers: [{ provide: 'DATABASE', useValue: database }] });
    expect(journal.begun).toEqual(['the last query', 'pool closes']);
    expect(app.report.outcome).toBe('clean');
  });

  it('is named when it is never given back, and does not take all of the time', async () => {
    const pool = new Pool();
    pool.idleCount = 0;
    pool.end = () => new Promise(() => undefined);
    const database = { pool, onModuleDestroy: () => pool.end() };
    const app = await stopped({
      options: { gracePeriodMs: 60_000 },
      providers: [{ provide: 'DATABASE', useValue: database }],
    });
    expect(app.report).toMatchObject({
      outcome: 'forced',
      unfinished: [
        {
          kind: 'work',
          name: 'DATABASE.pool: 1 of 1 connections is checked out',
          fate: 'abandoned',
        },
      ],
    });
    expect(app.tasks('DATABASE.onModuleDestroy')).toEqual([
      expect.objectContaining({
        outcome: 'failed',
        error: expect.stringContaining('ConnectionInUseError: DATABASE.pool could not be closed'),
      }),
    ]);
    expect(app.report.durationMs).toBeLessThan(30_000); // of 60 s
  });
});

describe('the client', () => {
  it('is as it was, once all is over', async () => {
    const client = new Client();
    const own = { query: () => undefined, close: () => Promise.resolve() };
    const { close } = own;
    await stopped({
      providers: [
        { provide: 'POOL', useValue: client },
        { provide: 'OWN', useValue: own },
        { provide: 'CLOSER', useValue: { onModuleDestroy: () => client.end() } },
      ],
    });
    expect(Object.getOwnPropertyNames(client).toSorted()).toEqual(['isOpen', 'name']);
    expect(own.close).toBe(close);
    await expect(client.end()).rejects.toThrow('more than once'); // its own answer again
  });

  it('is closed by nobody when no hook does', async () => {
    const client = new Client();
    await stopped({ providers: [{ provide: 'POOL', useFactory: () => client }, writer(client)] });
    expect(journal.begun).toEqual(['written in onApplicationShutdown']);
    expect(client.isOpen).toBe(true);
  });

  it('may be frozen, or one that throws whatever it is asked', async () => {
    const evil = new Proxy(
      {},
      {
        get(_target, key): unknown {
          if (key === 'then' || String(key).startsWith('on')) return undefined;
          throw new Error(`no ${String(key)}`);
        },
      },
    );
    const frozen = Object.freeze({ query: () => undefined, end: () => journal.step('frozen') });
    const app = await stopped({
      providers: [
        { provide: 'HOLDER', useValue: { evil } },
        { provide: 'FROZEN', useValue: frozen },
        { provide: 'CLOSER', useValue: { onModuleDestroy: () => frozen.end() } },
      ],
    });
    expect(journal.begun).toEqual(['frozen']);
    expect(app.report.outcome).toBe('clean');
  });
});
