import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import {
  checkMark,
  LivenessCheck,
  ReadinessCheck,
  StartupCheck,
} from '../../../lib/decorators/check.decorators.js';
import {
  OnAnnounce,
  OnClose,
  OnDrain,
  OnFlush,
  OnShutdown,
  shutdownMark,
} from '../../../lib/decorators/shutdown.decorators.js';
import { InvalidDecoratorError } from '../../../lib/errors/invalid-decorator.error.js';
import { InvalidOptionError } from '../../../lib/errors/invalid-option.error.js';

type Options = { timeoutMs?: number; name?: string };
type Decorator = (options?: Options) => MethodDecorator;

const decorators: [string, Decorator][] = [
  ['OnShutdown', (options) => OnShutdown('drain', options)],
  ['OnAnnounce', OnAnnounce],
  ['OnDrain', OnDrain],
  ['OnFlush', OnFlush],
  ['OnClose', OnClose],
  ['ReadinessCheck', ReadinessCheck],
  ['LivenessCheck', LivenessCheck],
  ['StartupCheck', StartupCheck],
];

/** The marks of a method, without their place in this file. */
function marksOf(target: object, method: string): object[] {
  return shutdownMark.of(target, method).map(({ site, ...mark }) => {
    expect(site).toMatch(/^test\/unit\/decorators\/decorators\.spec\.ts:\d+$/);
    return mark;
  });
}

/** What a decorator sees where TypeScript would not let it stand. */
function place(decorator: MethodDecorator, ...args: unknown[]): () => unknown {
  return () => Reflect.apply(decorator, undefined, args);
}

describe('a mark', () => {
  it('is what the decorator says', () => {
    class Cache {
      @OnShutdown('flush', { timeoutMs: 100, critical: true, name: 'save' })
      save(): void {}
      @OnAnnounce()
      leave(): void {}
      @OnDrain()
      wait(): void {}
      @OnFlush()
      write(): void {}
      @OnClose()
      end(): void {}
      @ReadinessCheck({ timeoutMs: 50, name: 'cache' })
      ready(): void {}
      @LivenessCheck()
      live(): void {}
      @StartupCheck()
      started(): void {}
      plain(): void {}
    }
    const marks = (method: string) => [
      ...marksOf(Cache.prototype, method),
      ...checkMark.of(Cache.prototype, method),
    ];
    expect(marks('save')).toEqual([
      { phase: 'flush', timeoutMs: 100, critical: true, name: 'save' },
    ]);
    expect(['leave', 'wait', 'write', 'end'].map((name) => marks(name))).toEqual([
      [{ phase: 'announce' }],
      [{ phase: 'drain' }],
      [{ phase: 'flush' }],
      [{ phase: 'close' }],
    ]);
    expect(marks('ready')).toEqual([{ kind: 'readiness', timeoutMs: 50, name: 'cache' }]);
    expect(marks('live')).toEqual([{ kind: 'liveness' }]);
    expect(marks('started')).toEqual([{ kind: 'startup' }]);
    expect(marks('plain')).toEqual([]);
  });

  it('stacks on others, the lowest first', () => {
    class Cache {
      @OnClose()
      @OnFlush()
      @ReadinessCheck()
      @LivenessCheck()
      save(): void {}
    }
    expect(shutdownMark.of(Cache.prototype, 'save').map(({ phase }) => phase)).toEqual([
      'flush',
      'close',
    ]);
    expect(checkMark.of(Cache.prototype, 'save').map(({ kind }) => kind)).toEqual([
      'liveness',
      'readiness',
    ]);
  });

  it('is kept by a decorator above it that replaces the method', () => {
    const traced: MethodDecorator = (_target, _name, descriptor) => ({
      ...descriptor,
      value: (() => 'traced') as never,
    });
    class Cache {
      @traced
      @OnFlush()
      save(): string {
        return 'saved';
      }
    }
    expect(new Cache().save()).toBe('traced');
    expect(marksOf(Cache.prototype, 'save')).toEqual([{ phase: 'flush' }]);
  });

  it('leaves the method alone', () => {
    class Cache {
      @OnFlush()
      save(): string {
        return 'saved';
      }
    }
    expect(new Cache().save()).toBe('saved');
    expect(Reflect.getMetadataKeys(Reflect.get(Cache.prototype, 'save'))).toEqual([]);
  });
});

describe('a subclass', () => {
  class Base {
    @OnFlush()
    save(): string {
      return 'base';
    }
    @OnFlush()
    other(): void {}
  }

  it('has the marks of its base, also on a method it overrides', () => {
    class Sub extends Base {
      override save(): string {
        return 'sub';
      }
    }
    expect(marksOf(Sub.prototype, 'save')).toEqual([{ phase: 'flush' }]);
    expect(marksOf(Sub.prototype, 'other')).toEqual([{ phase: 'flush' }]);
  });

  it('replaces the marks of a method that it marks itself', () => {
    class Sub extends Base {
      @OnClose({ timeoutMs: 10 })
      override save(): string {
        return 'sub';
      }
    }
    expect(marksOf(Sub.prototype, 'save')).toEqual([{ phase: 'close', timeoutMs: 10 }]);
    expect(marksOf(Base.prototype, 'save')).toEqual([{ phase: 'flush' }]);
  });
});

describe.each(decorators)('@%s()', (name, decorator) => {
  class Cache {
    declare entries: object;
    get size(): number {
      return 0;
    }
    static create(): Cache {
      return new Cache();
    }
    save(): void {}
  }
  const remedy = 'Put it on an instance method of a provider, controller or module class.';

  it.each<[string, unknown[], string]>([
    ['a class', [Cache], `@${name}() on class Cache: a class is no method. ${remedy}`],
    [
      'a property',
      [Cache.prototype, 'entries', undefined],
      `@${name}() on Cache.entries: it is not a method. ${remedy}`,
    ],
    [
      'a getter',
      [Cache.prototype, 'size', Object.getOwnPropertyDescriptor(Cache.prototype, 'size')],
      `@${name}() on Cache.size: it is not a method. ${remedy}`,
    ],
    [
      'a static method',
      [Cache, 'create', Object.getOwnPropertyDescriptor(Cache, 'create')],
      `@${name}() on Cache.create: it is static. ${remedy}`,
    ],
    [
      'a parameter',
      [Cache.prototype, 'save', 0],
      `@${name}() on Cache.save: it is not a method. ${remedy}`,
    ],
    [
      'a method named by a symbol',
      [Cache.prototype, Symbol('save'), { value: () => undefined }],
      `@${name}() on Cache.Symbol(save): its name is a symbol, so it is not found. ${remedy}`,
    ],
  ])('on %s is an error that names the place', (_name, args, message) => {
    const decorate = place(decorator(), ...args);
    expect(decorate).toThrow(InvalidDecoratorError);
    expect(decorate).toThrow(message);
  });

  it.each([0, -1, NaN, Infinity, 2_147_483_648, '100', null, 5n])(
    'takes no timeoutMs of %p',
    (timeoutMs) => {
      const decorate = () => decorator({ timeoutMs: timeoutMs as number });
      expect(decorate).toThrow(InvalidOptionError);
      expect(decorate).toThrow(
        new RegExp(
          `^Expected \`timeoutMs of @${name}\\(\\)\` to be a positive number of milliseconds, got .+\\. ` +
            'Pass a number such as 2000, or leave it out\\.$',
        ),
      );
    },
  );

  it.each([undefined, 1, 0.5, 2_147_483_647])('takes a timeoutMs of %p', (timeoutMs) => {
    expect(() => decorator({ timeoutMs })).not.toThrow();
  });
});
