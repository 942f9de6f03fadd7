import {
  All,
  Controller,
  forwardRef,
  Get,
  Global,
  Inject,
  Injectable,
  Module,
  Scope,
  UseGuards,
  type MiddlewareConsumer,
  type Type,
} from '@nestjs/common';
import {
  APP_GUARD,
  DiscoveryModule,
  DiscoveryService,
  LazyModuleLoader,
  ModulesContainer,
  NestFactory,
} from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import {
  hasShutdownHooks,
  observeApplication,
  wrapClose,
  type Application,
} from '../../lib/nest/application.js';
import { holdBeforeClose, wrapServerClose } from '../../lib/nest/before-close.js';
import { holdClientProxies } from '../../lib/nest/client-proxies.js';
import { placeFirst, placeLast } from '../../lib/nest/hook-position.js';
import { httpServerOf, onFurtherServers } from '../../lib/nest/http-servers.js';
import { onLazyModule } from '../../lib/nest/lazy-modules.js';
import { ProviderGraph } from '../../lib/nest/provider-graph.js';
import { ProviderPairs } from '../../lib/nest/provider-pairs.js';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestHandlers } from '../../lib/nest/request-handlers.js';
import { ApplicationRoutes } from '../../lib/nest/application-routes.js';
import { registrationsOf } from '../../lib/nest/module-registrations.js';
import {
  canTakeOver,
  SHUTDOWN_HOOKS,
  shutdownHooksOf,
  takeOver,
} from '../../lib/nest/shutdown-hooks.js';
import { failTerminusChecks, removeTerminusDelay } from '../../lib/nest/terminus.js';

// Everything that lib/nest takes from Nest without a document that promises it, on both majors. When Nest changes one of
// these, this file says which.

const silent = { logger: false } as const;

describe(`Nest ${NEST_MAJOR}`, () => {
  describe('first-in-line', () => {
    it('calls hooks in the order of Module.distance, also against global modules', async () => {
      const calls: string[] = [];
      const recorder = (name: string): Type => {
        @Injectable()
        class Recorder {
          onModuleInit = () => void calls.push(`${name} init`);
          onModuleDestroy = () => void calls.push(`${name} destroy`);
          onApplicationShutdown = () => void calls.push(`${name} shutdown`);
        }
        return Recorder;
      };
      @Module({ providers: [recorder('last')] })
      class LastModule {}
      @Module({ providers: [recorder('first')], imports: [LastModule] })
      class FirstModule {
        constructor(modules: ModulesContainer) {
          placeFirst(modules, FirstModule);
          placeLast(modules, LastModule);
        }
      }
      @Global()
      @Module({ providers: [recorder('global')] })
      class GlobalModule {}
      @Module({ imports: [FirstModule, GlobalModule], providers: [recorder('app')] })
      class AppModule {}

      const app = await NestFactory.createApplicationContext(AppModule, silent);
      await app.close();

      expect(calls).toEqual([
        ...['last init', 'global init', 'app init', 'first init'],
        ...['first destroy', 'app destroy', 'global destroy', 'last destroy'],
        ...['first shutdown', 'app shutdown', 'global shutdown', 'last shutdown'],
      ]);
    });
  });

  describe('application', () => {
    @Module({})
    class EmptyModule {}

    const kinds = {
      'NestFactory.create': async () => {
        const app = await NestFactory.create(EmptyModule, silent);
        return { app, modules: app.get(ModulesContainer), start: () => app.init() };
      },
      'createNestApplication of a testing module': async () => {
        const compiled = await Test.createTestingModule({ imports: [EmptyModule] }).compile();
        const app = compiled.createNestApplication(silent);
        return { app, modules: app.get(ModulesContainer), start: () => app.init() };
      },
      'a testing module itself': async () => {
        const app = await Test.createTestingModule({ imports: [EmptyModule] }).compile();
        return { app, modules: app.get(ModulesContainer), start: () => app.init() };
      },
    };

    it.each(Object.entries(kinds))('is seen as it starts: %s', async (_kind, create) => {
      const { app, modules, start } = await create();
      const seen: Application[] = [];
      observeApplication(modules, {
        initStarting: (application) => void seen.push(application),
        initFailed: () => Promise.resolve(),
      });
      await start();

      expect(seen).toHaveLength(1);
      const closes: string[] = [];
      wrapClose(seen[0], (close) => {
        closes.push('wrapped');
        return close();
      });
      await app.close(); // through the proxy that NestFactory puts around it
      expect(closes).toEqual(['wrapped']);
    });

    it('is seen as a context, which has started before anybody gets it', async () => {
      const seen: Application[] = [];
      @Module({})
      class WatchingModule {
        constructor(modules: ModulesContainer) {
          observeApplication(modules, {
            initStarting: (application) => void seen.push(application),
            initFailed: () => Promise.resolve(),
          });
        }
      }
      const app = await NestFactory.createApplicationContext(WatchingModule, silent);
      expect(seen).toHaveLength(1);
      await app.close();
    });

    it('tells when an init hook fails', async () => {
      let failed = 0;
      @Module({})
      class FailingModule {
        onModuleInit(): void {
          throw new Error('init failed');
        }
      }
      const app = await Test.createTestingModule({ imports: [FailingModule] }).compile();
      observeApplication(app.get(ModulesContainer), {
        initStarting: () => undefined,
        initFailed: async () => void (failed += 1),
      });

      await expect(app.init()).rejects.toThrow('init failed');
      expect(failed).toBe(1);
    });

    it('is torn down once for two callers on 12 and twice on 11, which is why there is wrapClose()', async () => {
      let destroyed = 0;
      @Module({})
      class CountingModule {
        onModuleDestroy = () => void (destroyed += 1);
      }
      const app = await NestFactory.createApplicationContext(CountingModule, silent);
      await Promise.all([app.close(), app.close()]);

      expect(destroyed).toBe(NEST_MAJOR === 11 ? 2 : 1);
    });

    it('knows whether enableShutdownHooks() was called', async () => {
      const app = await NestFactory.createApplicationContext(EmptyModule, silent);
      expect(hasShutdownHooks(app)).toBe(false);
      app.enableShutdownHooks(['SIGUSR2']);
      expect(hasShutdownHooks(app)).toBe(true);
      await app.close();
    });
  });

  describe('registrations', () => {
    it('tells a dynamic module registered twice, and who did', async () => {
      @Module({})
      class Dynamic {
        static register(mark: string) {
          return {
            module: Dynamic,
            global: true,
            providers: [{ provide: 'MARK', useValue: mark }],
          };
        }
      }
      @Module({ imports: [Dynamic.register('b')] })
      class FeatureModule {}
      @Module({ imports: [FeatureModule, Dynamic.register('a')] })
      class AppModule {}
      const app = await NestFactory.createApplicationContext(AppModule, silent);

      const { count, importers } = registrationsOf(
        app.get(ModulesContainer),
        (metatype) => metatype === Dynamic,
      );
      expect(count).toBe(2);
      expect(importers.toSorted()).toEqual(['AppModule', 'FeatureModule']);
      await app.close();
    });
  });

  describe('terminus', () => {
    it('answers as shutting down once the flag of its executor is set', async () => {
      const app = await Test.createTestingModule({ imports: [TerminusModule] }).compile();
      const health = app.get(HealthCheckService);
      const up = () => health.check([() => ({ it: { status: 'up' } })]);
      await expect(up()).resolves.toMatchObject({ status: 'ok' });

      failTerminusChecks(app.get(ModulesContainer));

      await expect(up()).rejects.toMatchObject({ response: { status: 'shutting_down' } });
    });

    it('does not wait any more once its delay is taken out', async () => {
      const app = await Test.createTestingModule({
        imports: [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 3_600_000, logger: false })],
      }).compile();
      await app.init();

      expect(removeTerminusDelay(app.get(ModulesContainer))).toBe(3_600_000);
      await app.close('SIGTERM'); // an hour otherwise
    });
  });

  describe('shutdown-hooks', () => {
    it('are called by Nest as methods of the object, so that an own property is in front', async () => {
      const calls: string[] = [];
      class Pool {
        onModuleDestroy(): void {
          calls.push('destroyed');
        }
        beforeApplicationShutdown(signal?: string): void {
          calls.push(`before ${signal}`);
        }
        onApplicationShutdown(signal?: string): void {
          calls.push(`after ${signal}`);
        }
      }
      @Module({ providers: [Pool] })
      class AppModule {}
      const app = await NestFactory.createApplicationContext(AppModule, silent);
      const pool = app.get(Pool);
      let over = false;
      const taken = SHUTDOWN_HOOKS.map((hook) => takeOver(pool, hook, () => over));
      expect(taken).toHaveLength(3);
      await taken[0]?.run();
      over = true;
      await (app as Application).close('SIGTERM');
      expect(calls).toEqual(['destroyed']); // neither again nor for the first time

      await taken[1]?.run('SIGHUP');
      expect(calls).toEqual(['destroyed', 'before SIGHUP']);
      for (const one of taken) one?.giveBack();
      expect(Object.getOwnPropertyNames(pool)).toEqual([]);
    });

    it('are called by Nest before they are over with what Nest passes, and run once', async () => {
      const calls: unknown[][] = [];
      const pool = {
        onModuleDestroy: (...args: unknown[]) => void calls.push(args),
        onApplicationShutdown: (...args: unknown[]) => void calls.push(args),
      };
      @Module({ providers: [{ provide: 'POOL', useValue: pool }] })
      class AppModule {}
      const app = await NestFactory.createApplicationContext(AppModule, silent);
      const taken = shutdownHooksOf(pool).map((hook) => takeOver(pool, hook, () => false));
      await (app as Application).close('SIGTERM');
      for (const one of taken) await one?.run('SIGHUP');
      expect(calls).toEqual([[], ['SIGTERM']]);
    });

    it('are given back by the first application while a second one has them', async () => {
      let calls = 0;
      const pool = { onModuleDestroy: () => void (calls += 1) };
      const { onModuleDestroy } = pool;
      const first = takeOver(pool, 'onModuleDestroy', () => true);
      const second = takeOver(pool, 'onModuleDestroy', () => true);
      first?.giveBack();
      pool.onModuleDestroy();
      expect(calls).toBe(0); // it is the second one's
      await first?.run();
      await second?.run();
      expect(calls).toBe(2);
      second?.giveBack();
      expect(pool.onModuleDestroy).toBe(onModuleDestroy);
    });

    it('start a lazy thenable once: the query of a query builder runs each time it is awaited', async () => {
      let queries = 0;
      const lazy = {
        onModuleDestroy() {
          const then = (done: () => void) => {
            queries += 1;
            done();
          };
          return { then }; // oxlint-disable-line unicorn/no-thenable -- as query builders are
        },
      };
      const taken = takeOver(lazy, 'onModuleDestroy', () => false);
      await Promise.all([taken?.run(), taken?.run(), lazy.onModuleDestroy()]);
      expect(queries).toBe(1);
    });

    it.each<[string, object]>([
      ['frozen', Object.freeze({ onModuleDestroy: () => undefined })],
      ['sealed', Object.seal(Object.create({ onModuleDestroy: () => undefined }) as object)],
      [
        'with a hook that can not be configured',
        Object.defineProperty({}, 'onModuleDestroy', { value: () => undefined }),
      ],
    ])('can not be taken over on an object that is %s', (_how, object) => {
      expect(shutdownHooksOf(object)).toEqual(['onModuleDestroy']);
      expect(canTakeOver(object, 'onModuleDestroy')).toBe(false);
      expect(takeOver(object, 'onModuleDestroy', () => true)).toBeUndefined();
    });

    it.each<[string, ProxyHandler<{ onModuleDestroy(): unknown }>]>([
      ['refuses', { defineProperty: () => false }],
      ['pretends', { defineProperty: () => true }],
      [
        'throws',
        {
          defineProperty: () => {
            throw new Error('no');
          },
        },
      ],
    ])('can not be taken over on a proxy that %s', (_how, handler) => {
      const target = { onModuleDestroy: () => 'Nest has called it' };
      const proxy = new Proxy(target, handler);
      expect(takeOver(proxy, 'onModuleDestroy', () => true)).toBeUndefined();
      expect(proxy.onModuleDestroy()).toBe('Nest has called it');
    });

    it('are none on an object that throws when it is asked', () => {
      const evil = new Proxy({}, { get: () => { throw new Error('no'); } }); // prettier-ignore
      expect(shutdownHooksOf(evil)).toEqual([]);
      expect(takeOver(evil, 'onModuleDestroy', () => true)).toBeUndefined();
    });
  });

  describe('provider-graph', () => {
    it('holds exactly the objects whose hooks Nest calls', async () => {
      const called = new Set<object>();
      class Hooked {
        onModuleDestroy(): void {
          called.add(this);
        }
      }
      @Injectable({ scope: Scope.TRANSIENT })
      class Transient extends Hooked {}
      @Injectable({ scope: Scope.REQUEST })
      class PerRequest extends Hooked {}
      @Injectable()
      class UsesRequest extends Hooked {
        constructor(readonly request: PerRequest) {
          super();
        }
      }
      @Injectable()
      class One extends Hooked {
        constructor(readonly transient: Transient) {
          super();
        }
      }
      @Injectable()
      class Two extends Hooked {
        constructor(readonly transient: Transient) {
          super();
        }
      }
      @Injectable()
      class Guard extends Hooked {
        canActivate = () => true;
      }
      @Injectable()
      class Middleware extends Hooked {
        use = (_request: unknown, _response: unknown, next: () => void) => next();
      }
      @UseGuards(Guard)
      @Controller()
      class AppController extends Hooked {}
      const value = new Hooked();
      const callable = Object.assign(() => 1, {
        onModuleDestroy: () => void called.add(callable),
      });
      @Module({
        controllers: [AppController],
        providers: [
          ...[One, Two, Transient, PerRequest, UsesRequest],
          { provide: 'VALUE', useValue: value },
          { provide: 'SAME', useValue: value },
          { provide: 'ALIAS', useExisting: One },
          { provide: 'FACTORY', useFactory: () => Promise.resolve(new Hooked()) },
          { provide: 'FUNCTION', useValue: callable },
          { provide: APP_GUARD, useClass: Guard },
        ],
      })
      class AppModule extends Hooked {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(Middleware).forRoutes(AppController);
        }
      }
      const app = await NestFactory.create(AppModule, silent);
      await app.init();
      const graph = new ProviderGraph(app.get(ModulesContainer));
      const known = [...graph.objects()].filter((object) => shutdownHooksOf(object).length > 0);
      await app.close();

      expect(new Set(known)).toEqual(called);
      expect(known).toHaveLength(called.size);
      expect(called.size).toBe(12);
    });

    /** The pairs of names that are told, as `first > second`. */
    async function relations(root: Type): Promise<string[]> {
      const app = await NestFactory.create(root, silent);
      await app.init();
      const graph = new ProviderGraph(app.get(ModulesContainer));
      const named = [...graph.objects()].filter((object) => 'onModuleDestroy' in object);
      const nodes = named
        .map((object) => graph.nodeOf(object))
        .filter((node) => node !== undefined);
      const told = [...new ProviderPairs(graph, nodes).all()];
      await app.close();
      return told.map(([first, second, why]) => `${first.name} ${why} ${second.name}`).toSorted();
    }

    class Hooked {
      onModuleDestroy(): void {}
    }
    @Injectable()
    class Pool extends Hooked {}
    @Module({ providers: [Pool], exports: [Pool] })
    class PoolModule {}

    it('finds injections of all kinds in what Nest has recorded', async () => {
      @Injectable()
      class ByConstructor extends Hooked {
        constructor(readonly pool: Pool) {
          super();
        }
      }
      @Injectable()
      class ByProperty extends Hooked {
        @Inject(Pool) readonly pool!: Pool;
      }
      class ByFactory extends Hooked {}
      class ByOptionalFactory extends Hooked {}
      @Injectable()
      class Guard extends Hooked {
        constructor(readonly pool: Pool) {
          super();
        }
        canActivate = () => true;
      }
      @Controller()
      class Guarded extends Hooked {
        @UseGuards(Guard)
        @Get()
        get(): void {}
      }
      @Module({
        imports: [PoolModule],
        controllers: [Guarded],
        providers: [
          ByConstructor,
          ByProperty,
          { provide: 'F', inject: [Pool], useFactory: () => new ByFactory() },
          {
            provide: 'O',
            inject: [{ token: Pool, optional: true }],
            useFactory: () => new ByOptionalFactory(),
          },
        ],
      })
      class AppModule {}
      const found = (await relations(AppModule)).filter((line) => line.includes('injects'));
      expect(found).toEqual([
        'ByConstructor injects Pool',
        'ByFactory injects Pool',
        'ByOptionalFactory injects Pool',
        'ByProperty injects Pool',
        'Guard injects Pool',
        'Guarded injects Guard',
        'Guarded injects Pool',
      ]);
    });

    it('gives no order to a circle of forwardRef', async () => {
      @Injectable()
      class Left extends Hooked {
        constructor(@Inject(forwardRef(() => Right)) readonly other: unknown) {
          super();
        }
      }
      @Injectable()
      class Right extends Hooked {
        constructor(@Inject(forwardRef(() => Left)) readonly other: unknown) {
          super();
        }
      }
      @Module({ providers: [Left, Right] })
      class AppModule {}
      expect(await relations(AppModule)).toEqual([]);
    });

    it('sees imports of modules, those of global ones in one direction', async () => {
      @Injectable()
      class Feature extends Hooked {}
      @Module({ imports: [PoolModule], providers: [Feature] })
      class FeatureModule {}
      @Injectable()
      class Everywhere extends Hooked {}
      @Global()
      @Module({ providers: [Everywhere] })
      class CoreModule {}
      @Module({ imports: [CoreModule, FeatureModule] })
      class AppModule {}
      expect(await relations(AppModule)).toEqual([
        'Feature imports Everywhere',
        'Feature imports Pool',
        'Pool imports Everywhere',
      ]);
    });

    it.each([
      ['DiscoveryService', DiscoveryService],
      ['ModulesContainer', ModulesContainer],
    ])('knows who finds others by %s', async (_name, token) => {
      @Injectable()
      class Explorer extends Hooked {
        constructor(@Inject(token) readonly found: unknown) {
          super();
        }
      }
      @Module({ imports: [DiscoveryModule], providers: [Explorer] })
      class ExplorerModule {}
      @Module({ imports: [PoolModule, ExplorerModule] })
      class AppModule {}
      expect(await relations(AppModule)).toEqual(['Explorer dispatches Pool']);
    });

    it('has each object of a transient provider after its own host at least', async () => {
      @Injectable({ scope: Scope.TRANSIENT })
      class Buffer extends Hooked {
        constructor(readonly pool: Pool) {
          super();
        }
      }
      @Injectable()
      class One extends Hooked {
        constructor(readonly buffer: Buffer) {
          super();
        }
      }
      @Module({ imports: [PoolModule], providers: [Buffer, One] })
      class AppModule {}
      expect((await relations(AppModule)).filter((line) => line.includes('injects'))).toEqual([
        'Buffer injects Pool',
        'One injects Buffer',
        'One injects Pool',
      ]);
    });
  });

  describe('lazy-modules', () => {
    it('are told when they are loaded, and Nest calls no hook of theirs', async () => {
      const calls: string[] = [];
      class Late {
        onModuleDestroy = () => void calls.push('late');
      }
      @Module({ providers: [Late] })
      class LateModule {}
      @Module({})
      class AppModule {
        onModuleDestroy = () => void calls.push('app');
      }
      const app = await NestFactory.createApplicationContext(AppModule, silent);
      let loaded = 0;
      onLazyModule(app.get(ModulesContainer), () => (loaded += 1));
      const other = await NestFactory.createApplicationContext(AppModule, silent);
      await other.get(LazyModuleLoader).load(() => LateModule);
      expect(loaded).toBe(0); // another application's
      await app.get(LazyModuleLoader).load(() => LateModule);
      expect(loaded).toBe(1);

      const graph = new ProviderGraph(app.get(ModulesContainer));
      expect(graph.knows(Late)).toBe(true);
      await app.close();
      expect(calls).toEqual(['app']);
      await other.close();
    });
  });

  describe('client-proxies', () => {
    it('are in a container of the application, which has none here', async () => {
      @Module({})
      class AppModule {}
      const app = await NestFactory.create(AppModule, silent);
      await app.init();
      expect(holdClientProxies(app)).toBeUndefined();
      const { microservicesModule } = app as unknown as {
        microservicesModule?: { clientsContainer: { getAllClients(): unknown[] } } | null;
      };
      // Where @nestjs/microservices is installed; with clients it is tested in test/services.
      if (microservicesModule) {
        // oxlint-disable-next-line jest/no-conditional-expect
        expect(microservicesModule.clientsContainer.getAllClients()).toEqual([]);
      }
      await app.close();
    });

    it('are closed by the function that is given back, not by the module', async () => {
      const closed: string[] = [];
      const microservicesModule = {
        clientsContainer: { getAllClients: () => [{}] },
        close: () => void closed.push('clients'),
      };
      const close = holdClientProxies({ microservicesModule });
      microservicesModule.close();
      expect(closed).toEqual([]);
      await close?.();
      expect(closed).toEqual(['clients']);
    });
  });

  describe.each([
    ['Express', () => new ExpressAdapter()],
    ['Fastify', () => new FastifyAdapter()],
  ] as const)('%s', (platform, adapterOf) => {
    @Controller()
    class HealthController {
      @Get('health/ready')
      ready(): string {
        return 'mine';
      }

      @All('health/live')
      live(): string {
        return 'mine';
      }
    }
    @Module({ controllers: [HealthController] })
    class AppModule {}

    it('has its server before it listens, and tells the paths it answers', async () => {
      const adapter = adapterOf();
      const routes = new ApplicationRoutes(adapter);
      const app = await NestFactory.create(AppModule, adapter, silent);
      await app.init();

      expect(httpServerOf(adapter)).toBe(app.getHttpServer());
      const paths = ['/health/ready', '/health/live', '/health/startup', '/health'];
      const matching = paths.map((path) =>
        routes.matching({ method: 'GET', path, elsewhere: '/else' }).map(({ exact }) => exact),
      );
      expect(matching).toEqual([[true], [true], [], []]);
      await app.close();
    });

    it('has one entrance, which a request takes whoever brings it', async () => {
      const adapter = adapterOf();
      const app = await NestFactory.create(AppModule, adapter, silent);
      const handlers = new RequestHandlers(adapter, httpServerOf(adapter));
      const seen: string[] = [];
      expect(
        handlers.intercept((request) => {
          seen.push(String(request.url));
          return false;
        }),
      ).toBe(true);
      await app.listen(0, '127.0.0.1');
      const instance: RequestListener & { routing?: RequestListener } = adapter.getInstance();
      const own = createServer((request, response) =>
        (instance.routing ?? instance)(request, response),
      );
      await new Promise<void>((resolve) => void own.listen(0, '127.0.0.1', resolve));
      const { port } = own.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
      expect(await answer.text()).toBe('mine');
      expect(seen).toEqual(['/health/ready']);
      own.closeAllConnections();
      own.close();
      await app.close();
    });

    it('closes through close(), and on 12 asks beforeClose() first', async () => {
      const calls: string[] = [];
      const adapter = adapterOf();
      const app = await NestFactory.create(AppModule, adapter, silent);
      holdBeforeClose(adapter, async () => void calls.push('beforeClose'));
      wrapServerClose(adapter, (close) => {
        calls.push('close');
        return close();
      });
      await app.listen(0, '127.0.0.1');
      await app.close();

      expect(calls).toEqual(NEST_MAJOR === 12 ? ['beforeClose', 'close'] : ['close']);
    });

    it('shows its further servers, if it opens any', async () => {
      const further: unknown[] = [];
      const adapter = adapterOf();
      const app = await NestFactory.create(AppModule, adapter, silent);
      onFurtherServers(adapter, (server) => void further.push(server));
      await app.listen(0, 'localhost');

      const addresses =
        platform === 'Fastify' ? (adapter as FastifyAdapter).getInstance().addresses().length : 1;
      expect(further).toHaveLength(addresses - 1);
      await app.close();
    });
  });
});
