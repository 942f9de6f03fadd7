/* oxlint-disable unicorn/no-thenable -- queries are thenables */
import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SetMetadata } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { InvalidDecoratorError } from '../../../lib/errors/invalid-decorator.error.js';
import { InvalidOptionError } from '../../../lib/errors/invalid-option.error.js';
import {
  activateRegister,
  assignRegister,
  deactivateRegister,
  hasTrackedMethods,
  Tracked,
} from '../../../lib/sources/tracked.decorator.js';
import { WorkRegister } from '../../../lib/sources/work-register.js';
import { runBesideSources } from '../../support/source-program.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let one: WorkRegister;
let two: WorkRegister;

beforeEach(() => {
  one = new WorkRegister(new VirtualClock());
  two = new WorkRegister(new VirtualClock());
  activateRegister(one);
});
afterEach(() => [one, two].forEach(deactivateRegister));

const counts = () => [one.count, two.count];

function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}

/** Runs that end when the test says so. */
class Mailer {
  constructor(readonly sent = deferred<string>()) {}

  @Tracked()
  async send(to: string): Promise<string> {
    return `${await this.sent.promise} to ${to}`;
  }
  @Tracked('the newsletter')
  newsletter(): Promise<string> {
    return this.sent.promise;
  }
}

describe('a run of a tracked method', () => {
  it('counts until its promise resolves', async () => {
    const mailer = new Mailer();
    const run = mailer.send('Ada');
    expect(one.unfinished()).toEqual([{ name: 'Mailer@send', ageMs: 0 }]);
    mailer.sent.resolve('sent');
    await expect(run).resolves.toBe('sent to Ada');
    expect(one.count).toBe(0);
  });

  it('counts until its promise rejects', async () => {
    const mailer = new Mailer();
    const run = mailer.send('Ada');
    const error = new Error('boom');
    mailer.sent.reject(error);
    await expect(run).rejects.toBe(error);
    expect(one.count).toBe(0);
  });

  it('counts each time, under the name that was given', () => {
    const mailer = new Mailer();
    void mailer.newsletter();
    void mailer.newsletter();
    expect(one.unfinished().map(({ name }) => name)).toEqual(['the newsletter', 'the newsletter']);
  });

  it('counts while it runs when it is synchronous, and returns no promise', () => {
    class Sums {
      readonly seen: number[] = [];
      @Tracked()
      add(a: number, b: number): number {
        this.seen.push(one.count);
        return a + b;
      }
    }
    const sums = new Sums();
    expect([sums.add(2, 3), sums.seen, one.count]).toEqual([5, [1], 0]);
  });

  it('counts no longer when it has thrown', () => {
    const error = new Error('boom');
    class Sums {
      @Tracked()
      fail(): never {
        throw error;
      }
    }
    expect(() => new Sums().fail()).toThrow(error);
    expect(one.count).toBe(0);
  });

  it('counts with promises of Node itself and of subclasses, which stay what they are', async () => {
    class Slow<T> extends Promise<T> {
      slow = true;
    }
    class Files {
      @Tracked()
      read(): Promise<string> {
        return readFile(new URL(import.meta.url), 'utf8');
      }
      @Tracked()
      subclass(): Slow<number> {
        return new Slow((resolve) => setImmediate(resolve, 1));
      }
    }
    const files = new Files();
    const runs = [files.read(), files.subclass()] as const;
    expect([one.count, runs[1] instanceof Slow]).toEqual([2, true]);
    await Promise.all(runs);
    expect(one.count).toBe(0);
  });

  it('hides no rejection that nobody handles', async () => {
    // In a process of its own: Jest keeps unhandled rejections for itself.
    const { stdout, stderr } = await runBesideSources(
      ['sources', 'process', 'errors'],
      `import { systemClock } from './lib/time/system-clock.js';
       import { activateRegister, Tracked } from './lib/sources/tracked.decorator.js';
       import { WorkRegister } from './lib/sources/work-register.js';
       activateRegister(new WorkRegister(systemClock));
       class Mailer { async send() { throw new Error('boom'); } }
       const { prototype } = Mailer;
       const descriptor = Object.getOwnPropertyDescriptor(prototype, 'send');
       Object.defineProperty(prototype, 'send', Tracked()(prototype, 'send', descriptor));
       process.on('unhandledRejection', (error) => console.log('unhandled', error.message));
       new Mailer().send();`,
    );
    expect([stdout, stderr]).toEqual(['unhandled boom\n', '']);
  });
});

describe('a method that returns a query', () => {
  /** Runs each time its `then` is called, as those of query builders do. */
  class Query {
    readonly runs: Array<ReturnType<typeof deferred<string>>> = [];
    limit?: number;

    take(limit: number): this {
      this.limit = limit;
      return this;
    }
    then(fulfilled?: (value: string) => string, rejected?: (error: unknown) => string) {
      const run = deferred<string>();
      this.runs.push(run);
      return run.promise.then(fulfilled, rejected);
    }
  }
  class Orders {
    constructor(readonly query = new Query()) {}
    @Tracked()
    find(): Query {
      return this.query;
    }
  }

  it('returns it as it is, and does not run it', () => {
    const { query } = new Orders();
    expect(new Orders(query).find().take(3)).toBe(query);
    expect([query.runs.length, one.count]).toEqual([0, 0]);
  });

  it('counts from when it is awaited until it is done', async () => {
    const { query } = new Orders();
    const rows = (async () => new Orders(query).find())();
    await new Promise(setImmediate);
    expect([query.runs.length, one.unfinished()]).toEqual([1, [{ name: 'Orders@find', ageMs: 0 }]]);
    query.runs[0]?.resolve('rows');
    await expect(rows).resolves.toBe('rows');
    expect(one.count).toBe(0);
  });

  it('counts until it has failed', async () => {
    const orders = new Orders();
    const rows = (async () => orders.find())();
    await new Promise(setImmediate);
    expect(one.count).toBe(1);
    orders.query.runs[0]?.reject(new Error('deadlock'));
    await expect(rows).rejects.toThrow('deadlock');
    expect(one.count).toBe(0);
  });

  it('counts once however often the same one is returned', async () => {
    const orders = new Orders();
    orders.find();
    orders.find();
    void orders.find().then(undefined);
    expect(one.count).toBe(1);
    orders.query.runs[0]?.resolve('rows');
    await new Promise(setImmediate);
    expect(one.count).toBe(0);
  });

  it('leaves a frozen one alone', () => {
    const orders = new Orders(Object.freeze(new Query()));
    void orders.find().then(undefined);
    expect([orders.query.runs.length, one.count]).toEqual([1, 0]);
  });

  it('counts no longer when its `then` throws', () => {
    const broken = {
      then: (_fulfilled?: unknown) => {
        throw new Error('no connection');
      },
    };
    class Broken {
      @Tracked()
      find(): typeof broken {
        return broken;
      }
    }
    expect(() => new Broken().find().then(undefined)).toThrow('no connection');
    expect(one.count).toBe(0);
  });
});

describe('the register', () => {
  it('is that of the application which the object belongs to', () => {
    activateRegister(two);
    const [first, second] = [new Mailer(), new Mailer()];
    assignRegister(first, one);
    assignRegister(second, two);
    void first.newsletter();
    expect(counts()).toEqual([1, 0]);
    void second.newsletter();
    void second.newsletter();
    expect(counts()).toEqual([1, 2]);
  });

  it('is every active one for an object that belongs to none', async () => {
    activateRegister(two);
    const mailer = new Mailer();
    const run = mailer.newsletter();
    expect(counts()).toEqual([1, 1]);
    mailer.sent.resolve('sent');
    await run;
    expect(counts()).toEqual([0, 0]);
  });

  it('is none when none is active, and the method works all the same', async () => {
    deactivateRegister(one);
    const mailer = new Mailer();
    const run = mailer.send('Ada');
    expect(counts()).toEqual([0, 0]);
    mailer.sent.resolve('sent');
    await expect(run).resolves.toBe('sent to Ada');
  });

  it('may end before the run that it counts', async () => {
    const mailer = new Mailer();
    const run = mailer.newsletter();
    deactivateRegister(one);
    expect(one.count).toBe(1);
    mailer.sent.resolve('sent');
    await run;
    expect(one.count).toBe(0);
  });

  it('is of both applications that share a value', () => {
    activateRegister(two);
    const shared = new Mailer();
    assignRegister(shared, one);
    assignRegister(shared, one);
    assignRegister(shared, two);
    void shared.newsletter();
    expect(counts()).toEqual([1, 1]);
  });

  it('is not that of an application which has ended, once another has the object', () => {
    const shared = new Mailer();
    assignRegister(shared, one);
    deactivateRegister(one);
    activateRegister(two);
    assignRegister(shared, two);
    void shared.newsletter();
    expect(counts()).toEqual([0, 1]);
  });
});

describe('the decorated method', () => {
  const Mark = (value: string) => SetMetadata('mark', value);
  class Jobs {
    readonly name = 'jobs';
    @SetMetadata('above', 'kept')
    @Tracked()
    @Mark('below')
    run(_first: number, _second: string): string {
      return this.name;
    }
  }
  const run = Object.getOwnPropertyDescriptor(Jobs.prototype, 'run');

  it('keeps `this`, its name, its length and its place', () => {
    expect(new Jobs().run(1, '2')).toBe('jobs');
    expect([run?.value.name, run?.value.length]).toEqual(['run', 2]);
    expect({ ...run, value: undefined }).toEqual({
      value: undefined,
      configurable: true,
      enumerable: false,
      writable: true,
    });
  });

  it('keeps what decorators wrote on it, below and above', () => {
    expect(Reflect.getMetadata('mark', run?.value)).toBe('below');
    expect(Reflect.getMetadata('above', run?.value)).toBe('kept');
  });

  it('keeps the properties of the function', () => {
    const symbol = Symbol('tag');
    const original = Object.assign(function () {}, { tag: 1, [symbol]: 2 });
    const target = { constructor: { name: 'Made' } };
    const { value } = Reflect.apply(Tracked(), undefined, [target, 'run', { value: original }]) as {
      value: typeof original;
    };
    expect([value.tag, value[symbol]]).toEqual([1, 2]);
    expect(value.prototype).not.toBe(original.prototype);
  });

  it('can be called without its object', () => {
    class Free {
      @Tracked()
      run(): unknown {
        return this;
      }
    }
    const detached = Reflect.get(Free.prototype, 'run');
    expect(Reflect.apply(detached, undefined, [])).toBeUndefined();
  });

  it('is found on objects of its class and of subclasses, and on no others', () => {
    class NightMailer extends Mailer {}
    expect(
      [new Mailer(), new NightMailer(), {}, Object.create(null) as object].map((object) =>
        hasTrackedMethods(object),
      ),
    ).toEqual([true, true, false, false]);
  });

  it('may have a symbol for a name', () => {
    const symbol = Symbol('run');
    class Hidden {
      @Tracked()
      [symbol](): string[] {
        return one.unfinished().map(({ name }) => name);
      }
    }
    expect(new Hidden()[symbol]()).toEqual(['Hidden@Symbol(run)']);
  });
});

describe('bad use', () => {
  /** What a decorator sees where TypeScript would not let it stand. */
  const place =
    (...args: unknown[]) =>
    () =>
      Reflect.apply(Tracked(), undefined, args) as unknown;
  class Jobs {
    readonly name = 'jobs';
  }

  it.each<[string, unknown[], RegExp]>([
    ['a class', [Jobs], /@Tracked\(\) on class Jobs: a class is no method/],
    ['a static method', [Jobs, 'run', { value: () => 1 }], /on Jobs\.run: it is static/],
    ['a property', [Jobs.prototype, 'run'], /on Jobs\.run: it is not a method/],
    ['an accessor', [Jobs.prototype, 'run', { get: () => 1 }], /on Jobs\.run: it is not a method/],
    ['nothing at all', [], /it is not a method/],
  ])('on %s fails when the class is loaded', (_what, args, message) => {
    expect(place(...args)).toThrow(InvalidDecoratorError);
    expect(place(...args)).toThrow(message);
  });

  it('without its brackets, or with another name than a text, fails as well', () => {
    expect(() => Tracked(Jobs.prototype as unknown as string)).toThrow(InvalidOptionError);
    expect(() => Tracked(5 as unknown as string)).toThrow(/Write @Tracked\(\)/);
  });
});
