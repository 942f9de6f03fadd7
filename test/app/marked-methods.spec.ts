import 'reflect-metadata';
import { Controller, Injectable, Module, Scope, type ModuleMetadata } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import {
  MarkedMethodExplorer,
  type MarkedMethod,
} from '../../lib/decorators/marked-method.explorer.js';
import { Log } from '../../lib/log/log.js';
import { NestLog } from '../../lib/nest/nest-log.js';
import {
  OnClose,
  OnFlush,
  shutdownMark,
  type ShutdownMark,
} from '../../lib/decorators/shutdown.decorators.js';
import { RecordingLogger } from '../support/recording-logger.js';

@Injectable()
class Cache {
  readonly calls: unknown[][] = [];

  @OnFlush({ name: 'save the cache' })
  save(...args: unknown[]): string {
    this.calls.push(args);
    return 'saved';
  }
}

/** What is found in a module, and what is logged about it. */
async function explore(metadata: ModuleMetadata) {
  const log = new RecordingLogger();
  const compiled = await Test.createTestingModule({
    ...metadata,
    imports: [DiscoveryModule, ...(metadata.imports ?? [])],
    providers: [
      MarkedMethodExplorer,
      { provide: Log, useClass: NestLog },
      ...(metadata.providers ?? []),
    ],
  })
    .setLogger(log)
    .compile();
  log.lines.length = 0;
  const found = compiled.get(MarkedMethodExplorer).explore(shutdownMark);
  return { found, places: found.map(({ place }) => place), warnings: log.lines, app: compiled };
}

const only = (found: MarkedMethod<ShutdownMark>[]) => {
  expect(found).toHaveLength(1);
  return found[0];
};

const requestScoped = (place: string) =>
  `${place} is request-scoped: outside a request there is no instance to call it on, so it is left out. ` +
  '[request-scoped-method]';

describe('a marked method', () => {
  it('of a provider is found, with its mark and its place, and called on its object', async () => {
    const { found, app } = await explore({ providers: [Cache] });
    const one = only(found);
    expect(one).toMatchObject({
      mark: { phase: 'flush', name: 'save the cache' },
      place: 'Cache@save',
      method: 'save',
    });
    expect(one.call('context', 2)).toBe('saved');
    expect(app.get(Cache).calls).toEqual([['context', 2]]);
  });

  it('of a controller and of a module class is found', async () => {
    @Controller()
    class OrdersController {
      @OnFlush()
      flush(): void {}
    }
    @Module({ controllers: [OrdersController] })
    class OrdersModule {
      @OnClose()
      close(): void {}
    }
    const { places } = await explore({ imports: [OrdersModule] });
    expect(places.sort()).toEqual(['OrdersController@flush', 'OrdersModule@close']);
  });

  it('with two marks is found twice', async () => {
    @Injectable()
    class Twice {
      @OnClose()
      @OnFlush()
      end(): void {}
    }
    const { found } = await explore({ providers: [Twice] });
    expect(found.map(({ mark, place }) => `${place} ${mark.phase}`)).toEqual([
      'Twice@end flush',
      'Twice@end close',
    ]);
  });

  it('of a base class is found under the name of the class that is there', async () => {
    @Injectable()
    class Sub extends Cache {
      override save(): string {
        return 'sub saved';
      }
    }
    const one = only((await explore({ providers: [Sub] })).found);
    expect(one.place).toBe('Sub@save');
    expect(one.call()).toBe('sub saved');
  });

  it('is called as it is at that time, also when something has replaced it', async () => {
    const { found, app } = await explore({ providers: [Cache] });
    app.get(Cache).save = () => 'patched';
    expect(only(found).call()).toBe('patched');
  });

  it('of a class without a name is found under its token', async () => {
    const provide = 'CACHE';
    const { places } = await explore({
      providers: [{ provide, useFactory: () => new (class extends Cache {})() }],
    });
    expect(places).toEqual(['CACHE@save']);
  });
});

describe('an object', () => {
  it('under an alias counts once', async () => {
    const { places } = await explore({
      providers: [Cache, { provide: 'ALIAS', useExisting: Cache }],
    });
    expect(places).toEqual(['Cache@save']);
  });

  it('under two tokens counts once, in two modules too', async () => {
    const value = new Cache();
    @Module({ providers: [{ provide: 'C', useValue: value }] })
    class Other {}
    const { places } = await explore({
      imports: [Other],
      providers: [
        { provide: 'A', useValue: value },
        { provide: 'B', useFactory: () => value },
      ],
    });
    expect(places).toEqual(['Cache@save']);
  });

  it('that is one of two of its class counts on its own', async () => {
    const { places } = await explore({
      providers: [
        { provide: 'A', useValue: new Cache() },
        { provide: 'B', useValue: new Cache() },
      ],
    });
    expect(places).toEqual(['Cache@save', 'Cache@save']);
  });

  it('of a factory is found, of an asynchronous one too', async () => {
    const { places } = await explore({
      providers: [{ provide: 'A', useFactory: () => Promise.resolve(new Cache()) }],
    });
    expect(places).toEqual(['Cache@save']);
  });

  it.each<[string, unknown]>([
    ['without a prototype', Object.assign(Object.create(null) as object, { save: () => 1 })],
    ['that is plain', { save: () => 1 }],
    ['that is a function', () => 1],
    ['that is a class', Cache],
    ['that is null', null],
    ['that is undefined', undefined],
    ['that is a text', 'text'],
    ['that is an array', [new Cache()]],
  ])('%s is passed over', async (_name, useValue) => {
    const { places, warnings } = await explore({ providers: [{ provide: 'VALUE', useValue }] });
    expect(places).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('has its getters left alone', async () => {
    @Injectable()
    class Lazy {
      get connection(): never {
        throw new Error('opened too early');
      }
      @OnFlush()
      save(): void {}
    }
    expect((await explore({ providers: [Lazy] })).places).toEqual(['Lazy@save']);
  });
});

describe('a transient provider', () => {
  @Injectable({ scope: Scope.TRANSIENT })
  class Buffer {
    static made = 0;
    readonly id = (Buffer.made += 1);
    @OnFlush()
    save(): number {
      return this.id;
    }
  }
  @Injectable()
  class Orders {
    constructor(readonly buffer: Buffer) {}
  }
  @Injectable()
  class Invoices {
    constructor(readonly buffer: Buffer) {}
  }

  it('is found once for each that holds one, with the object that it holds', async () => {
    const { found, places, app } = await explore({ providers: [Buffer, Orders, Invoices] });
    expect(places).toEqual(['Buffer@save', 'Buffer@save']);
    const ids = [app.get(Orders).buffer.id, app.get(Invoices).buffer.id];
    expect(new Set(found.map(({ call }) => call()))).toEqual(new Set(ids));
  });

  it('that nobody holds is not there', async () => {
    expect((await explore({ providers: [Buffer] })).places).toEqual([]);
  });
});

describe('what is request-scoped', () => {
  it('is left out, with one warning that names the place, however many marks it has', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Basket {
      @OnClose()
      @OnFlush()
      save(): void {}
      @OnFlush()
      other(): void {}
      plain(): void {}
    }
    const { places, warnings } = await explore({ providers: [Basket] });
    expect(places).toEqual([]);
    expect(warnings).toEqual([requestScoped('Basket@save'), requestScoped('Basket@other')]);
  });

  it('by what it depends on is, too; controllers as well', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class User {}
    @Injectable()
    class Basket {
      constructor(readonly user: User) {}
      @OnFlush()
      save(): void {}
    }
    @Controller()
    class BasketController {
      constructor(readonly user: User) {}
      @OnFlush()
      save(): void {}
    }
    const { places, warnings } = await explore({
      providers: [User, Basket],
      controllers: [BasketController],
    });
    expect(places).toEqual([]);
    expect(warnings).toEqual([
      requestScoped('Basket@save'),
      requestScoped('BasketController@save'),
    ]);
  });

  it('without any mark is nothing to speak of', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Basket {
      save(): void {}
    }
    expect((await explore({ providers: [Basket] })).warnings).toEqual([]);
  });
});
