import {
  Controller,
  forwardRef,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, DiscoveryModule, DiscoveryService, ModuleRef } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { Journal, stopped, TeardownApp } from '../support/teardown-app.js';

// Hooks of providers that know nothing of this package.

const journal = new Journal();
const { expectOneByOne, expectTogether } = journal;

@Injectable()
class Pool {
  onModuleDestroy(): Promise<void> {
    return journal.step('Pool');
  }
}

@Module({ providers: [Pool], exports: [Pool] })
class PoolModule {}

/** Writes into the pool in the same hook, for within a stage dependents come first. */
class Repository {
  onModuleDestroy(): Promise<void> {
    return journal.step('Repository');
  }
}

describe('a provider comes before what it uses', () => {
  it('when it injects it', async () => {
    @Injectable()
    class Orders extends Repository {
      constructor(readonly pool: Pool) {
        super();
      }
    }
    await stopped({ providers: [Pool, Orders] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it injects a provider without hooks that does', async () => {
    @Injectable()
    class Connection {
      constructor(readonly pool: Pool) {}
    }
    @Injectable()
    class Orders extends Repository {
      constructor(readonly connection: Connection) {
        super();
      }
    }
    await stopped({ providers: [Pool, Orders, Connection] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it injects one that is made for each request', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Connection {
      constructor(readonly pool: Pool) {}
    }
    @Injectable()
    class Orders extends Repository {
      constructor(readonly connection: Connection) {
        super();
      }
    }
    await stopped({ providers: [Pool, Orders, Connection] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it injects it into a property', async () => {
    @Injectable()
    class Orders extends Repository {
      @Inject(Pool)
      readonly pool!: Pool;
    }
    await stopped({ providers: [Pool, Orders] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it injects it into a property of the class it extends', async () => {
    @Injectable()
    class Base extends Repository {
      @Inject(Pool)
      readonly pool!: Pool;
    }
    @Injectable()
    class Orders extends Base {}
    await stopped({ providers: [Pool, Orders] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when a factory injects it', async () => {
    const orders = { provide: 'ORDERS', inject: [Pool], useFactory: () => new Repository() };
    await stopped({ providers: [orders, Pool] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when an asynchronous factory injects it, if it is there', async () => {
    const orders = {
      provide: 'ORDERS',
      inject: [{ token: Pool, optional: true }],
      useFactory: async () => new Repository(),
    };
    await stopped({ providers: [orders, Pool] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it injects an alias of it', async () => {
    const alias = { provide: 'POOL', useExisting: Pool };
    const orders = { provide: 'ORDERS', inject: ['POOL'], useFactory: () => new Repository() };
    await stopped({ providers: [alias, orders, Pool] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it injects what a factory hands on', async () => {
    const same = { provide: 'POOL', inject: [Pool], useFactory: (pool: Pool) => pool };
    const orders = { provide: 'ORDERS', inject: ['POOL'], useFactory: () => new Repository() };
    await stopped({ providers: [same, orders, Pool] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it is in another module, in whatever direction the imports go', async () => {
    @Injectable()
    class Orders extends Repository {
      constructor(readonly pool: Pool) {
        super();
      }
    }
    @Module({ providers: [Orders], imports: [PoolModule] })
    class OrdersModule {}
    await stopped({ imports: [PoolModule, OrdersModule] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when it is a global module that provides it', async () => {
    @Injectable()
    class Orders extends Repository {
      constructor(readonly pool: Pool) {
        super();
      }
    }
    @Module({ providers: [Orders] })
    class OrdersModule {}
    const globalPool: DynamicModule = { module: PoolModule, global: true };
    await stopped({ imports: [globalPool, OrdersModule] });
    expectOneByOne('Repository', 'Pool');
  });

  it('when the class of the module owns it', async () => {
    const DATA_SOURCE = Symbol('DATA_SOURCE');
    @Module({
      providers: [{ provide: DATA_SOURCE, useValue: { query: () => undefined } }],
      exports: [DATA_SOURCE],
    })
    class DataSourceModule {
      constructor(private readonly moduleRef: ModuleRef) {}

      onModuleDestroy(): Promise<void> {
        this.moduleRef.get(DATA_SOURCE); // as TypeOrmCoreModule does: injected nowhere
        return journal.step('DataSourceModule');
      }
    }
    const orders = { provide: 'ORDERS', inject: [DATA_SOURCE], useFactory: () => new Repository() };
    await stopped({ imports: [{ module: DataSourceModule, global: true }], providers: [orders] });
    expectOneByOne('Repository', 'DataSourceModule');
  });

  it('when its controller, guard, interceptor or middleware does', async () => {
    const user = (name: string): Type<CanActivate & NestInterceptor> => {
      @Injectable()
      class User {
        constructor(readonly pool: Pool) {}
        canActivate = () => true;
        intercept = (_context: unknown, next: CallHandler) => next.handle();
        use = () => undefined;
        onModuleDestroy = () => journal.step(name);
      }
      return User;
    };
    @UseGuards(user('guard'))
    @UseInterceptors(user('interceptor'))
    @Controller()
    class OrdersController {
      constructor(readonly pool: Pool) {}
      onModuleDestroy = () => journal.step('controller');
    }
    const middleware = user('middleware');
    @Module({ imports: [PoolModule], controllers: [OrdersController] })
    class OrdersModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(middleware as never).forRoutes(OrdersController);
      }
    }
    const globalGuard = { provide: APP_GUARD, useClass: user('global guard') };
    await stopped({ http: true, imports: [PoolModule, OrdersModule], providers: [globalGuard] });

    for (const name of ['controller', 'guard', 'interceptor', 'middleware', 'global guard']) {
      expectOneByOne(name, 'Pool');
    }
  });

  it('through a long chain, all of it at the same hook', async () => {
    @Injectable()
    class Third {
      onModuleDestroy = () => journal.step('third');
    }
    @Injectable()
    class Second {
      constructor(readonly third: Third) {}
      onModuleDestroy = () => journal.step('second');
    }
    @Injectable()
    class First {
      constructor(readonly second: Second) {}
      onModuleDestroy = () => journal.step('first');
    }
    await stopped({ providers: [Third, First, Second] });
    expectOneByOne('first', 'second', 'third');
  });
});

describe('kinds of hooks', () => {
  const kinds = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'] as const;

  class Hooked {
    constructor(private readonly name: string) {}
    onModuleDestroy = () => journal.step(`${this.name} onModuleDestroy`);
    beforeApplicationShutdown = () => journal.step(`${this.name} beforeApplicationShutdown`);
    onApplicationShutdown = () => journal.step(`${this.name} onApplicationShutdown`);
  }

  it('of one provider run one after the other', async () => {
    await stopped({ providers: [{ provide: 'A', useValue: new Hooked('a') }] });
    expectOneByOne(...kinds.map((kind) => `a ${kind}`));
  });

  it('of unrelated providers run in stages: everybody has ended one before the next begins', async () => {
    class Slow {
      async onModuleDestroy(): Promise<void> {
        await journal.step('half of slow');
        await journal.step('slow');
      }
    }
    await stopped({
      providers: [
        { provide: 'SLOW', useClass: Slow },
        { provide: 'A', useValue: new Hooked('a') },
        { provide: 'B', useValue: new Hooked('b') },
      ],
    });
    for (const kind of kinds) expectTogether(`a ${kind}`, `b ${kind}`);
    expectOneByOne('slow', 'a beforeApplicationShutdown', 'b onApplicationShutdown');
  });

  it('have the servers closed between the last two', async () => {
    const { app } = await stopped({
      http: true,
      providers: [{ provide: 'A', useValue: new Hooked('a') }],
      configure: (application) => {
        const adapter = (application as { getHttpAdapter?(): object }).getHttpAdapter?.();
        const target = adapter as { close(): Promise<void> };
        const close = target.close.bind(target);
        target.close = async () => {
          await close();
          await journal.step('servers');
        };
      },
    });
    expect(app).toBeDefined();
    expectOneByOne(
      ...['a onModuleDestroy', 'a beforeApplicationShutdown'],
      ...['servers', 'a onApplicationShutdown'],
    );
  });

  it('hold against the graph: one that is used may end before its user, as on plain Nest', async () => {
    @Injectable()
    class Orders {
      constructor(readonly pool: Pool) {}
      onApplicationShutdown = () => journal.step('Orders');
    }
    await stopped({ providers: [{ provide: 'A', useValue: new Hooked('a') }, Pool, Orders] });
    expectOneByOne('Pool', 'a beforeApplicationShutdown', 'Orders');
  });

  it('hold against the imports of modules, and against what calls others by discovery', async () => {
    @Module({ providers: [{ provide: 'OUTBOX', useValue: new Hooked('outbox') }] })
    class OrdersModule {}
    @Injectable()
    class Explorer {
      constructor(readonly discovery: DiscoveryService) {}
      onApplicationShutdown = () => journal.step('explorer');
    }
    @Module({ imports: [OrdersModule, DiscoveryModule], providers: [Explorer] })
    class AppModule {
      onApplicationShutdown = () => journal.step('root');
    }
    await stopped({ imports: [AppModule] });
    for (const last of ['root', 'explorer']) {
      expectOneByOne('outbox onModuleDestroy', 'outbox beforeApplicationShutdown', last);
    }
  });
});

describe('what has nothing to do with one another', () => {
  it('runs side by side', async () => {
    let meet!: () => void;
    const met = new Promise<void>((resolve) => (meet = resolve));
    let waiting = 0;
    class Meeting {
      onModuleDestroy(): Promise<void> {
        waiting += 1;
        if (waiting === 2) meet();
        return met;
      }
    }
    const { outcomes } = await stopped({
      providers: [
        { provide: 'A', useClass: Meeting },
        { provide: 'B', useClass: Meeting },
      ],
    });
    expect(outcomes).toEqual({ 'Meeting.onModuleDestroy': 'done' });
  });

  it('runs side by side where both use the same', async () => {
    @Injectable()
    class Orders {
      constructor(readonly pool: Pool) {}
      onModuleDestroy = () => journal.step('Orders');
    }
    @Injectable()
    class Invoices {
      constructor(readonly pool: Pool) {}
      onModuleDestroy = () => journal.step('Invoices');
    }
    await stopped({ providers: [Orders, Invoices, Pool] });
    expectTogether('Orders', 'Invoices');
    expectOneByOne('Orders', 'Pool');
    expectOneByOne('Invoices', 'Pool');
  });

  it('runs side by side in modules that do not import one another', async () => {
    const feature = (name: string): Type => {
      @Module({
        providers: [{ provide: name, useValue: { onModuleDestroy: () => journal.step(name) } }],
      })
      class FeatureModule {}
      return FeatureModule;
    };
    await stopped({ imports: [feature('A'), feature('B')] });
    expectTogether('A', 'B');
  });
});

describe('modules whose providers share a user', () => {
  it.each([
    ['first', true],
    ['last', false],
  ])('end in the order of Nest, the one imported %s included', async (_when, turned) => {
    const end = (name: string): Type => {
      class Ending {
        onModuleDestroy = () => journal.step(name);
      }
      return Ending;
    };
    const [Database, Queue] = [end('database'), end('queue')];
    @Module({ providers: [Database], exports: [Database] })
    class DatabaseModule {}
    @Module({ providers: [Queue], exports: [Queue] })
    class QueueModule {}
    /** Hands the queue handlers that use the database, which neither of the two shows. */
    const orders = { provide: 'ORDERS', inject: [Database, Queue], useFactory: () => ({}) };
    const imports = [DatabaseModule, QueueModule];
    await stopped({ imports: turned ? imports.toReversed() : imports, providers: [orders] });
    expectOneByOne(...(turned ? ['database', 'queue'] : ['queue', 'database']));
  });
});

describe('a circle of forwardRef', () => {
  it('ends side by side, before what both of them use and after what uses one of them', async () => {
    @Injectable()
    class Chicken {
      constructor(
        @Inject(forwardRef(() => Egg)) readonly egg: unknown,
        readonly pool: Pool,
      ) {}
      onModuleDestroy = () => journal.step('Chicken');
    }
    @Injectable()
    class Egg {
      constructor(@Inject(forwardRef(() => Chicken)) readonly chicken: unknown) {}
      onModuleDestroy = () => journal.step('Egg');
    }
    @Injectable()
    class Farm {
      constructor(readonly egg: Egg) {}
      onModuleDestroy = () => journal.step('Farm');
    }
    await stopped({ providers: [Pool, Egg, Chicken, Farm] });
    expectTogether('Chicken', 'Egg');
    for (const name of ['Chicken', 'Egg']) expectOneByOne('Farm', name, 'Pool');
  });

  it('of modules ends side by side', async () => {
    @Module({
      imports: [forwardRef(() => RightModule)],
      providers: [{ provide: 'L', useValue: { onModuleDestroy: () => journal.step('left') } }],
    })
    class LeftModule {}
    @Module({
      imports: [forwardRef(() => LeftModule)],
      providers: [{ provide: 'R', useValue: { onModuleDestroy: () => journal.step('right') } }],
    })
    class RightModule {}
    await stopped({ imports: [LeftModule] });
    expectTogether('left', 'right');
  });
});

describe('modules', () => {
  const hooked = (name: string) => ({
    provide: name,
    useValue: { onModuleDestroy: () => journal.step(name) },
  });
  @Module({ providers: [hooked('imported')] })
  class ImportedModule {}
  @Module({ imports: [ImportedModule] })
  class PlainModule {}
  @Module({ imports: [PlainModule], providers: [hooked('importing')] })
  class ImportingModule {}

  it.each([
    ['first', [ImportingModule, ImportedModule]],
    ['last', [ImportedModule, ImportingModule]],
  ])('end before what they import, also when that is imported %s', async (_when, imports) => {
    await stopped({ imports });
    expectOneByOne('importing', 'imported');
  });

  it('end before what is global', async () => {
    @Module({ providers: [hooked('global')] })
    class CoreModule {}
    const core: DynamicModule = { module: CoreModule, global: true };
    await stopped({ imports: [core, ImportedModule] });
    expectOneByOne('imported', 'global');
  });

  it.each([
    ['as they are', false],
    ['turned around', true],
  ])('give the same order with their imports %s', async (_how, turned) => {
    @Injectable()
    class Orders extends Repository {
      constructor(readonly pool: Pool) {
        super();
      }
    }
    @Module({ imports: [PoolModule], providers: [Orders, hooked('orders')], exports: [Orders] })
    class OrdersModule {
      onModuleDestroy = () => journal.step('OrdersModule');
    }
    @Module({ imports: [OrdersModule], providers: [hooked('shipping')] })
    class ShippingModule {
      constructor(readonly orders: Orders) {}
      onModuleDestroy = () => journal.step('ShippingModule');
    }
    const imports = [PoolModule, OrdersModule, ShippingModule];
    await stopped({ imports: turned ? imports.toReversed() : imports });
    expectOneByOne('ShippingModule', 'Repository', 'Pool');
    expectOneByOne('shipping', 'orders');
    expectOneByOne('Repository', 'OrdersModule');
  });

  it('have the hooks of their class after those of what they provide', async () => {
    @Module({ providers: [{ provide: 'A', useClass: Repository }, hooked('a')] })
    class FeatureModule {
      onModuleDestroy = () => journal.step('class');
    }
    await stopped({ imports: [FeatureModule] });
    expectOneByOne('a', 'class');
    expectOneByOne('Repository', 'class');
  });

  it.each([
    ['an alias', { provide: 'POOL', useExisting: Pool }],
    ['a factory that hands it on', { provide: 'POOL', inject: [Pool], useFactory: (x: Pool) => x }],
  ])('own what they provide, not what they give another name by %s', async (_how, alias) => {
    @Module({ providers: [Pool], exports: [Pool] })
    class OwningModule {
      onModuleDestroy = () => journal.step('OwningModule');
    }
    const { graceful } = await stopped({ imports: [OwningModule], providers: [alias] });
    expectOneByOne('Pool', 'OwningModule');
    const close = graceful.plan().phases.find(({ name }) => name === 'close');
    expect(close?.tasks.find(({ name }) => name === 'Pool.onModuleDestroy')?.site).toBe(
      'OwningModule',
    );
  });
});

describe('what finds others by discovery', () => {
  @Injectable()
  class Worker {
    constructor(readonly discovery: DiscoveryService) {}
    onModuleDestroy = () => journal.step('Worker');
  }
  @Module({ imports: [DiscoveryModule], providers: [Worker], exports: [Worker] })
  class WorkerModule {}

  it('ends first of its stage, whatever it may call', async () => {
    @Injectable()
    class Handler {
      onModuleDestroy = () => journal.step('Handler');
    }
    await stopped({ imports: [WorkerModule], providers: [Handler, Pool] });
    expectOneByOne('Worker', 'Handler');
    expectOneByOne('Worker', 'Pool');
  });

  it('ends before those that it calls in its own module, although they use the same', async () => {
    @Injectable()
    class Explorer {
      constructor(
        readonly discovery: DiscoveryService,
        readonly pool: Pool,
      ) {}
      onModuleDestroy = () => journal.step('Explorer');
    }
    @Injectable()
    class Handler {
      constructor(readonly pool: Pool) {}
      onModuleDestroy = () => journal.step('Handler');
    }
    await stopped({ imports: [DiscoveryModule], providers: [Handler, Explorer, Pool] });
    expectOneByOne('Explorer', 'Handler', 'Pool');
  });

  it('ends after those who use it', async () => {
    @Injectable()
    class Producer {
      constructor(readonly worker: Worker) {}
      onModuleDestroy = () => journal.step('Producer');
    }
    await stopped({ imports: [WorkerModule], providers: [Producer] });
    expectOneByOne('Producer', 'Worker');
  });

  it('ends after those who use what it drives, as an event emitter', async () => {
    @Injectable()
    class Emitter {}
    @Injectable()
    class Subscribers {
      constructor(
        readonly discovery: DiscoveryService,
        readonly emitter: Emitter,
      ) {}
      onModuleDestroy = () => journal.step('Subscribers');
    }
    @Module({ imports: [DiscoveryModule], providers: [Emitter, Subscribers], exports: [Emitter] })
    class EmitterModule {}
    @Injectable()
    class Orders extends Repository {
      constructor(readonly emitter: Emitter) {
        super();
      }
    }
    @Injectable()
    class Handler {
      onModuleDestroy = () => journal.step('Handler');
    }
    const emitter: DynamicModule = { module: EmitterModule, global: true };
    await stopped({ imports: [emitter], providers: [Orders, Handler] });
    expectOneByOne('Repository', 'Subscribers', 'Handler');
  });
});

describe('each hook runs once', () => {
  const counted = () => {
    const calls: string[] = [];
    class Counted {
      onModuleDestroy = () => void calls.push('onModuleDestroy');
      beforeApplicationShutdown = () => void calls.push('beforeApplicationShutdown');
      onApplicationShutdown = () => void calls.push('onApplicationShutdown');
    }
    return { calls, Counted };
  };
  const all = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'];

  it('of an object with an alias', async () => {
    const { calls, Counted } = counted();
    await stopped({ providers: [Counted, { provide: 'ALIAS', useExisting: Counted }] });
    expect(calls).toEqual(all);
  });

  it('of one object under two tokens, in two modules', async () => {
    const { calls, Counted } = counted();
    const value = new Counted();
    @Module({ providers: [{ provide: 'C', useValue: value }] })
    class OtherModule {}
    const providers = [
      { provide: 'A', useValue: value },
      { provide: 'B', useFactory: () => value },
    ];
    await stopped({ imports: [OtherModule], providers });
    expect(calls).toEqual(all);
  });

  it('of each of two objects, of one class in two modules', async () => {
    const { calls, Counted } = counted();
    @Module({ providers: [Counted] })
    class OtherModule {}
    await stopped({ imports: [OtherModule], providers: [Counted] });
    expect(calls.toSorted()).toEqual([...all, ...all].toSorted());
  });

  it('of each object of a transient provider', async () => {
    const calls: number[] = [];
    let made = 0;
    @Injectable({ scope: Scope.TRANSIENT })
    class Buffer {
      readonly id = (made += 1);
      onModuleDestroy = () => void calls.push(this.id);
    }
    @Injectable()
    class Orders {
      constructor(readonly buffer: Buffer) {}
    }
    @Injectable()
    class Invoices {
      constructor(readonly buffer: Buffer) {}
    }
    const { app } = await stopped({ providers: [Buffer, Orders, Invoices] });
    const held = [app.get(Orders).buffer.id, app.get(Invoices).buffer.id];
    expect(new Set(calls)).toEqual(new Set(held));
    expect(calls).toHaveLength(2);
  });

  it('of a transient provider after that of each one that holds it', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class Buffer {
      onModuleDestroy = () => journal.step(`buffer of ${this.owner}`);
      owner = '';
    }
    const holder = (name: string): Type => {
      @Injectable()
      class Holder {
        constructor(readonly buffer: Buffer) {
          buffer.owner = name;
        }
        onModuleDestroy = () => journal.step(name);
      }
      return Holder;
    };
    await stopped({ providers: [Buffer, holder('a'), holder('b')] });
    expectOneByOne('a', 'buffer of a');
    expectOneByOne('b', 'buffer of b');
  });

  it('when it was called by hand before it was its turn', async () => {
    const { calls, Counted } = counted();
    @Injectable()
    class Early {
      constructor(readonly counted: InstanceType<typeof Counted>) {}
      onModuleDestroy(): void {
        this.counted.onApplicationShutdown();
        calls.push('by hand');
      }
    }
    Reflect.defineMetadata('design:paramtypes', [Counted], Early);
    await stopped({ providers: [Counted, Early] });
    expect(calls).toEqual([
      ...['onApplicationShutdown', 'by hand'],
      ...['onModuleDestroy', 'beforeApplicationShutdown'],
    ]);
  });

  it('when a later hook of the same object calls it', async () => {
    const { calls, Counted } = counted();
    class Twice extends Counted {
      override beforeApplicationShutdown = (): undefined => {
        this.onModuleDestroy();
        calls.push('beforeApplicationShutdown');
      };
    }
    await stopped({ providers: [Twice] });
    expect(calls).toEqual(all);
  });

  it('when another one that comes late calls it, and waits for it', async () => {
    class Facade {
      constructor(private readonly pool: Pool) {}
      async onApplicationShutdown(): Promise<void> {
        await this.pool.onModuleDestroy();
        await journal.step('Facade');
      }
    }
    Reflect.defineMetadata('design:paramtypes', [Pool], Facade);
    await stopped({ providers: [Pool, Facade] });
    expectOneByOne('Pool', 'Facade');
  });

  it('of a controller, a module class, a value, a factory and a class', async () => {
    const calls: string[] = [];
    const hooks = (name: string) => ({ onModuleDestroy: () => void calls.push(name) });
    @Injectable()
    class Service {
      onModuleDestroy = () => void calls.push('class');
    }
    @Controller()
    class OrdersController {
      onModuleDestroy = () => void calls.push('controller');
    }
    @Module({ controllers: [OrdersController] })
    class OrdersModule {
      onModuleDestroy = () => void calls.push('module');
    }
    await stopped({
      http: true,
      imports: [OrdersModule],
      providers: [
        Service,
        { provide: 'V', useValue: hooks('value') },
        { provide: 'F', useFactory: () => Promise.resolve(hooks('factory')) },
        { provide: 'FUNCTION', useValue: Object.assign(() => 1, hooks('function')) },
      ],
    });
    expect(calls.toSorted()).toEqual(
      ['class', 'controller', 'module', 'value', 'factory', 'function'].toSorted(),
    );
  });

  it('never, when it is request-scoped, or uses what is', async () => {
    const calls: string[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class User {
      onModuleDestroy = () => void calls.push('User');
    }
    @Injectable()
    class Basket {
      constructor(readonly user: User) {}
      onModuleDestroy = () => void calls.push('Basket');
    }
    const app = await TeardownApp.start({ providers: [User, Basket] });
    await app.app.resolve(Basket);
    await app.close();
    expect(calls).toEqual([]);
  });

  it('in each of two applications that share an object', async () => {
    const { calls, Counted } = counted();
    const providers = [{ provide: 'SHARED', useValue: new Counted() }];
    await stopped({ providers });
    await stopped({ providers });
    expect(calls).toEqual([...all, ...all]);
  });
});

describe('an object that does not let its hooks be taken over', () => {
  const frozen = (name: string) => Object.freeze({ onModuleDestroy: () => journal.step(name) });
  const stubborn = (name: string) =>
    new Proxy({ onModuleDestroy: () => journal.step(name) }, { defineProperty: () => false });

  it.each([
    ['frozen', frozen],
    ['sealed', (name: string) => Object.seal(Object.create(frozen(name)) as object)],
    [
      'with a hook that can not be configured',
      (name: string) =>
        Object.defineProperty({}, 'onModuleDestroy', { value: () => journal.step(name) }),
    ],
  ])(
    '(%s) has them called by Nest, once, and is listed in the plan and the report',
    async (_how, make) => {
      class Other {
        onModuleDestroy = () => journal.step('other');
        onApplicationShutdown = () => journal.step('last');
      }
      const app = await stopped({
        providers: [{ provide: 'KEPT', useValue: make('kept') }, Other],
      });
      expectOneByOne('other', 'kept');
      expect(app.graceful.plan().leftToNest).toEqual(['KEPT.onModuleDestroy']);
      expect(app.outcomes).toMatchObject({
        'KEPT.onModuleDestroy': 'left-to-nest',
        'Other.onModuleDestroy': 'done',
      });
      expect(app.report.outcome).toBe('clean');
    },
  );

  it('is found out at the last moment, when it is a proxy', async () => {
    const app = await stopped({ providers: [{ provide: 'PROXY', useValue: stubborn('proxy') }] });
    expectOneByOne('proxy');
    expect(app.outcomes).toEqual({ 'PROXY.onModuleDestroy': 'left-to-nest' });
  });

  it('does not come between those that it stands between', async () => {
    const middle = { provide: 'MIDDLE', inject: [Pool], useFactory: () => stubborn('middle') };
    const first = { provide: 'FIRST', inject: ['MIDDLE'], useFactory: () => new Repository() };
    await stopped({ providers: [Pool, middle, first] });
    expectOneByOne('Repository', 'Pool');
  });

  it('is waited for by app.close()', async () => {
    let over = false;
    const slow = Object.freeze({
      onApplicationShutdown: async () => {
        await journal.step('slow');
        over = true;
      },
    });
    await stopped({ providers: [{ provide: 'SLOW', useValue: slow }] });
    expect(over).toBe(true);
  });

  it('may be one that throws whatever it is asked', async () => {
    let revoked = false;
    const evil = new Proxy(
      { onModuleInit: () => undefined },
      {
        get(target, key): unknown {
          if (key === 'then' || key === 'onModuleInit' || !revoked) return Reflect.get(target, key);
          throw new Error(`no ${String(key)}`);
        },
      },
    );
    const app = await TeardownApp.start({
      providers: [{ provide: 'EVIL', useValue: evil }, Pool],
    });
    revoked = true;
    await app.close().catch(() => undefined); // it is Nest that asks, and core 11 that rejects
    expectOneByOne('Pool');
    expect(app.outcomes).toEqual({ 'Pool.onModuleDestroy': 'done' });
  });
});

describe('a hook that fails', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('lost');
      },
    ],
    ['rejects', () => Promise.reject(new Error('lost'))],
  ])('because it %s keeps nobody else from ending, and is in the report', async (_how, fail) => {
    class Failing {
      onModuleDestroy = fail;
    }
    class After {
      onModuleDestroy = () => journal.step('beside');
      onApplicationShutdown = () => journal.step('after');
    }
    @Injectable()
    class Used {
      onModuleDestroy = () => journal.step('used');
    }
    const user = { provide: 'USER', inject: [Used], useFactory: () => new Failing() };
    const app = await stopped({ providers: [user, After, Used] });
    expectOneByOne('beside', 'after');
    expectOneByOne('used');
    expect(app.tasks('Failing.onModuleDestroy')).toEqual([
      expect.objectContaining({ outcome: 'failed', error: 'Error: lost' }),
    ]);
    expect(app.report.outcome).toBe('clean'); // it is not critical
  });

  it('leaves its own later hooks their turn', async () => {
    class Failing {
      onModuleDestroy(): void {
        throw new Error('lost');
      }
      onApplicationShutdown = () => journal.step('last');
    }
    await stopped({ providers: [Failing] });
    expectOneByOne('last');
  });
});

describe('a hook that hangs', () => {
  const never = () => new Promise<void>(() => undefined);

  it('leaves those after it their time, and app.close() ends', async () => {
    class Hung {
      onModuleDestroy = never;
    }
    @Injectable()
    class Used {
      onModuleDestroy = () => journal.step('used');
    }
    class Beside {
      onApplicationShutdown = () => journal.step('beside');
    }
    const user = { provide: 'USER', inject: [Used], useFactory: () => new Hung() };
    const app = await stopped({
      options: { gracePeriodMs: 1_500 },
      providers: [user, Used, Beside],
    });
    expectOneByOne('used');
    expectOneByOne('beside');
    expect(app.outcomes).toEqual({
      'Hung.onModuleDestroy': 'timed-out',
      'Used.onModuleDestroy': 'done',
      'Beside.onApplicationShutdown': 'done',
    });
    expect(app.report.outcome).toBe('forced');
  });

  it('is given up at its own timeout', async () => {
    const HUNG = Symbol('HUNG');
    const app = await stopped({
      options: { order: [{ provider: HUNG, timeoutMs: 20 }] },
      providers: [{ provide: HUNG, useValue: { onModuleDestroy: never } }, Pool],
    });
    expectOneByOne('Pool');
    expect(app.outcomes).toMatchObject({ 'HUNG.onModuleDestroy': 'timed-out' });
    expect(app.report.durationMs).toBeLessThan(20_000); // of 60 s
  });
});

describe('a hook', () => {
  class Listening {
    readonly told: unknown[][] = [];
    onModuleDestroy = (...args: unknown[]) => void this.told.push(args);
    beforeApplicationShutdown = (...args: unknown[]) => void this.told.push(args);
    onApplicationShutdown = (...args: unknown[]) => void this.told.push(args);
  }

  const told = ({ app }: TeardownApp) => app.get(Listening).told;

  it.each<[string, (app: TeardownApp) => unknown, string | undefined]>([
    ['the signal', (app) => app.process.send('SIGTERM'), 'SIGTERM'],
    ['what app.close() was told', (app) => app.close('SIGUSR2'), 'SIGUSR2'],
    ['nothing by app.close()', (app) => app.close(), undefined],
  ])('is told %s, as by Nest', async (_what, stop, signal) => {
    const app = await TeardownApp.start({ providers: [Listening] });
    void stop(app);
    await app.log.until(/: clean in /);
    expect(told(app)).toEqual([[], [signal], [signal]]);
  });

  it('is found on what a library puts it on, in a factory or while the application starts', async () => {
    @Injectable()
    class Library {
      constructor(@Inject('CLIENT') readonly client: object) {}
      onModuleInit(): void {
        Object.assign(this, { onModuleDestroy: () => journal.step('library') });
      }
      onApplicationBootstrap(): void {
        Object.assign(this.client, { onApplicationShutdown: () => journal.step('at bootstrap') });
      }
    }
    const client = {
      provide: 'CLIENT',
      useFactory: () => Object.assign(new Map(), { onModuleDestroy: () => journal.step('client') }),
    };
    await stopped({ providers: [client, Library] });
    expectOneByOne('library', 'client');
    expectOneByOne('at bootstrap');
  });

  it('is found on what main.ts puts it on once the application runs, and Nest calls it', async () => {
    @Injectable()
    class Plain {}
    const app = await TeardownApp.start({ providers: [Plain, Pool] });
    Object.assign(app.app.get(Plain), { onApplicationShutdown: () => journal.step('late') });
    await app.close();
    expectOneByOne('Pool', 'late');
    expect(app.outcomes).toMatchObject({ 'Plain.onApplicationShutdown': 'done' });
  });

  it('comes before what its object uses, also when it is put on once the application runs', async () => {
    @Injectable()
    class Plain {
      constructor(readonly pool: Pool) {}
    }
    const app = await TeardownApp.start({ providers: [Pool, Plain] });
    expect(tasksOfClose(app)).toEqual(['Pool.onModuleDestroy']);
    Object.assign(app.app.get(Plain), { onModuleDestroy: () => journal.step('late') });
    expect(tasksOfClose(app)).toEqual(['Plain.onModuleDestroy', 'Pool.onModuleDestroy']);
    await app.close();
    expectOneByOne('late', 'Pool');
  });

  it('may be replaced at any time before: the one that is there is called', async () => {
    const app = await TeardownApp.start({ providers: [Pool] });
    app.app.get(Pool).onModuleDestroy = () => journal.step('replaced');
    await app.close();
    expect(journal.begun).toEqual(['replaced']);
  });

  it('may be taken away', async () => {
    const app = await TeardownApp.start({ providers: [Listening] });
    Object.assign(app.app.get(Listening), { onModuleDestroy: undefined });
    await app.close();
    expect(told(app)).toHaveLength(2);
    expect(Object.values(app.outcomes)).not.toContain('left-to-nest');
  });

  it('is there again as it was, once all is over', async () => {
    const own = { onModuleDestroy: () => journal.step('own') };
    const { onModuleDestroy } = own;
    const { app } = await stopped({ providers: [{ provide: 'OWN', useValue: own }, Pool] });
    expect(own.onModuleDestroy).toBe(onModuleDestroy);
    expect(Object.keys(own)).toEqual(['onModuleDestroy']);
    expect(Object.getOwnPropertyNames(app.get(Pool))).toEqual([]);
  });
});

/** The hooks in the plan of `close`. */
function tasksOfClose(app: TeardownApp): string[] {
  const { phases } = app.graceful.plan();
  const tasks = phases.find(({ name }) => name === 'close')?.tasks ?? [];
  return tasks.map(({ name }) => name).filter((name) => name.includes('.on'));
}

describe('app.close()', () => {
  it('runs everything once for two callers', async () => {
    const app = await TeardownApp.start({ http: true, providers: [Pool] });
    await Promise.all([app.close(), app.close()]);
    await app.close();
    expectOneByOne('Pool');
  });

  it.each([
    ['before', (app: TeardownApp) => [() => app.close(), () => app.process.send('SIGTERM')]],
    ['after', (app: TeardownApp) => [() => app.process.send('SIGTERM'), () => app.close()]],
  ])('%s a signal joins the one teardown there is', async (_when, steps) => {
    const app = await TeardownApp.start({ http: true, providers: [Pool] });
    for (const step of steps(app)) void step();
    await app.log.until(/: clean in /);
    expectOneByOne('Pool');
    expect(app.outcomes).toEqual({ 'Pool.onModuleDestroy': 'done' });
  });

  it('may be called by a hook, which does not make Nest call the others', async () => {
    let app: TeardownApp | undefined;
    class Impatient {
      onModuleDestroy(): void {
        void app?.close();
      }
    }
    const orders = { provide: 'ORDERS', inject: [Pool], useFactory: () => new Repository() };
    app = await TeardownApp.start({ http: true, providers: [Pool, orders, Impatient] });
    app.process.send('SIGTERM');
    await app.log.until(/: clean in /);
    expectOneByOne('Repository', 'Pool');
  });

  it('runs the hooks of an application that was never started', async () => {
    const app = await TeardownApp.create({ providers: [Pool] });
    await app.close();
    expectOneByOne('Pool');
  });

  it('runs the hooks of an application that has failed to start', async () => {
    class Failing {
      onModuleInit(): void {
        throw new Error('no');
      }
    }
    const app = await TeardownApp.create({ providers: [Pool, Failing] });
    await expect(app.app.init()).rejects.toThrow('no');
    await app.close().catch(() => undefined); // core 11 rejects with the same error again
    expect(journal.begun).toEqual(['Pool']);
  });
});
