import { forwardRef, Injectable, Module, Scope, type Provider } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import {
  InvalidOptionError,
  OnAnnounce,
  OnClose,
  OnDrain,
  OnFlush,
  OnShutdown,
  OrderCycleError,
  ShutdownPhase,
  UnknownOptionError,
  UnknownOrderTargetError,
  UnknownPhaseError,
  type GracefulOptions,
  type OrderTarget,
  type ShutdownContext,
} from '../../lib/index.js';
import { bootError, Journal, stopped, TeardownApp } from '../support/teardown-app.js';

const journal = new Journal();
const { expectOneByOne, expectTogether } = journal;

/** Something with a hook that runs early by itself, so that only an order can make it late. */
@Injectable()
class Cache {
  onModuleDestroy = () => journal.step('Cache');
}

/** Something with a hook that runs late by itself. */
@Injectable()
class Audit {
  onApplicationShutdown = () => journal.step('Audit');
}

const TEXT = 'a text';
const SYMBOL = Symbol('a symbol');
const auditAs = (provide: string | symbol): Provider => ({ provide, useClass: Audit });

describe('a decorated method', () => {
  it('runs in its phase, and is told about it', async () => {
    const contexts: ShutdownContext[] = [];
    @Injectable()
    class Telemetry {
      @OnAnnounce()
      @OnDrain()
      @OnFlush()
      @OnClose()
      push(context: ShutdownContext): void {
        contexts.push(context);
      }
    }
    const { outcomes } = await stopped({ providers: [Telemetry] });
    expect(contexts.map(({ phase }) => phase)).toEqual(['announce', 'drain', 'flush', 'close']);
    expect(contexts[2].reason).toEqual({ kind: 'close' });
    expect(contexts[2].remainingMs).toBeGreaterThan(0);
    expect(outcomes).toEqual({ 'Telemetry@push': 'done' });
  });

  it.each([
    ['announce', OnAnnounce],
    ['drain', OnDrain],
    ['flush', OnFlush],
    ['close', OnClose],
  ])('runs beside others of its class in %s', async (_phase, Decorator) => {
    @Injectable()
    class Both {
      @Decorator()
      one(): Promise<void> {
        return journal.step('one');
      }
      @Decorator()
      other(): Promise<void> {
        return journal.step('other');
      }
    }
    await stopped({ providers: [Both] });
    expectTogether('one', 'other');
  });

  it('runs before the last hook of its object, which closes what it needs', async () => {
    @Injectable()
    class Client {
      @OnClose()
      sayGoodbye(): Promise<void> {
        return journal.step('goodbye');
      }
      onApplicationShutdown = () => journal.step('closed');
    }
    await stopped({ providers: [Client] });
    expectOneByOne('goodbye', 'closed');
  });

  it.each([
    ['flush', OnFlush],
    ['close', OnClose],
  ])('of a provider runs before that of what it injects, in %s', async (_phase, Decorator) => {
    @Injectable()
    class Used {
      @Decorator()
      end(): Promise<void> {
        return journal.step('used');
      }
    }
    @Injectable()
    class User {
      constructor(readonly used: Used) {}
      @Decorator()
      end(): Promise<void> {
        return journal.step('user');
      }
    }
    await stopped({ providers: [Used, User] });
    expectOneByOne('user', 'used');
  });

  it.each([
    ['announce', OnAnnounce],
    ['drain', OnDrain],
  ])('waits for nobody in %s', async (_phase, Decorator) => {
    @Injectable()
    class Used {
      @Decorator()
      end(): Promise<void> {
        return journal.step('used');
      }
    }
    @Injectable()
    class User {
      constructor(readonly used: Used) {}
      @Decorator()
      end(): Promise<void> {
        return journal.step('user');
      }
    }
    await stopped({ providers: [Used, User] });
    expectTogether('user', 'used');
  });

  it('is inherited, under the name of the class that is there', async () => {
    class Base {
      @OnFlush({ after: [Cache] })
      push(): Promise<void> {
        return journal.step(this.constructor.name);
      }
    }
    @Injectable()
    class Sub extends Base {}
    const order = [{ provider: Cache, phase: 'flush' }];
    const { outcomes } = await stopped({ options: { order }, providers: [Cache, Sub] });
    expectOneByOne('Cache', 'Sub');
    expect(outcomes).toHaveProperty('Sub@push', 'done');
  });

  it('changes the outcome when it is critical and fails', async () => {
    const failing = (critical: boolean) => {
      @Injectable()
      class Failing {
        @OnFlush({ critical })
        push(): void {
          throw new Error('lost');
        }
      }
      return Failing;
    };
    const critical = await stopped({ providers: [failing(true)] });
    expect(critical.report).toMatchObject({ outcome: 'forced' });
    const other = await stopped({ providers: [failing(false)] });
    expect(other.report).toMatchObject({ outcome: 'clean' });
    expect(other.outcomes).toEqual(critical.outcomes);
  });

  it('has its time', async () => {
    @Injectable()
    class Slow {
      aborted = false;
      @OnFlush({ timeoutMs: 20 })
      push({ signal }: ShutdownContext): Promise<void> {
        return new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            this.aborted = true;
            resolve();
          }),
        );
      }
    }
    const app = await stopped({ providers: [Slow] });
    expect(app.outcomes).toEqual({ 'Slow@push': 'timed-out' });
    expect(app.app.get(Slow).aborted).toBe(true);
    expect(app.report.durationMs).toBeLessThan(20_000); // of 60 s
  });
});

describe('before and after', () => {
  // `Cache.onModuleDestroy` is in the first stage of close, and what follows by itself is in the last.
  it.each<[string, OrderTarget, Provider]>([
    ['a class', Audit, Audit],
    ['a token that is a text', TEXT, auditAs(TEXT)],
    ['a token that is a symbol', SYMBOL, auditAs(SYMBOL)],
    ['the class behind a token', Audit, auditAs(TEXT)],
    ['a forwardRef', forwardRef(() => Audit), Audit],
    ['the name of a task', 'Audit.onApplicationShutdown', Audit],
  ])('name %s', async (_what, target, provider) => {
    @Injectable()
    class Waiting {
      @OnClose({ after: [target] })
      end(): Promise<void> {
        return journal.step('after');
      }
    }
    const order = [{ provider: Cache, after: [target] }];
    await stopped({ options: { order }, providers: [Cache, Waiting, provider] });
    expectOneByOne('Audit', 'after');
    expectOneByOne('Audit', 'Cache');

    @Injectable()
    class Leading {
      @OnClose({ before: [target] })
      start(): Promise<void> {
        return journal.step('before');
      }
    }
    await stopped({ providers: [Leading, provider] });
    expect(journal.begun.slice(-2)).toEqual(['before', 'Audit']);
  });

  it('name a task by a name of its own', async () => {
    @Injectable()
    class Outbox {
      @OnFlush({ name: 'send the outbox' })
      send(): Promise<void> {
        return journal.step('outbox');
      }
    }
    @Injectable()
    class Metrics {
      @OnFlush({ after: ['send the outbox'] })
      push(): Promise<void> {
        return journal.step('metrics');
      }
    }
    const { report } = await stopped({ providers: [Metrics, Outbox] });
    expectOneByOne('outbox', 'metrics');
    const flush = report.phases.find(({ name }) => name === 'flush');
    expect(flush?.tasks.map(({ name }) => name).toSorted()).toEqual([
      'Metrics@push',
      'send the outbox',
    ]);
  });

  it('name one of several tasks of a method: that of the same phase', async () => {
    @Injectable()
    class Outbox {
      @OnFlush()
      @OnClose()
      send({ phase }: ShutdownContext): Promise<void> {
        return journal.step(`outbox in ${phase}`);
      }
    }
    @Injectable()
    class Metrics {
      @OnFlush({ after: ['Outbox@send'] })
      push(): Promise<void> {
        return journal.step('metrics');
      }
    }
    await stopped({ providers: [Metrics, Outbox] });
    expectOneByOne('outbox in flush', 'metrics', 'outbox in close');
  });

  it('order what runs at once by itself', async () => {
    @Injectable()
    class Registry {
      @OnAnnounce()
      leave(): Promise<void> {
        return journal.step('registry');
      }
    }
    @Injectable()
    class Consumer {
      @OnAnnounce({ after: [Registry] })
      cancel(): Promise<void> {
        return journal.step('consumer');
      }
    }
    await stopped({ providers: [Consumer, Registry] });
    expectOneByOne('registry', 'consumer');
  });

  it('win over who injects whom', async () => {
    @Injectable()
    class Used {
      @OnFlush()
      end(): Promise<void> {
        return journal.step('used');
      }
    }
    @Injectable()
    class User {
      constructor(readonly used: Used) {}
      @OnFlush({ after: [Used] })
      end(): Promise<void> {
        return journal.step('user');
      }
    }
    await stopped({ providers: [User, Used] });
    expectOneByOne('used', 'user');
  });

  it('win over the order of a method and the hooks of its own object', async () => {
    @Injectable()
    class Client {
      @OnClose({ before: ['Client.onModuleDestroy'] })
      sayGoodbye(): Promise<void> {
        return journal.step('goodbye');
      }
      onModuleDestroy = () => journal.step('destroyed');
    }
    await stopped({ providers: [Client] });
    expectOneByOne('goodbye', 'destroyed');
  });

  it('win over the imports of modules', async () => {
    @Module({ providers: [Audit], exports: [Audit] })
    class AuditModule {}
    @Injectable()
    @ShutdownPhase('close', { after: [Audit] })
    class Feature {
      onModuleDestroy = () => journal.step('Feature');
    }
    @Module({ imports: [AuditModule], providers: [Feature] })
    class FeatureModule {}
    await stopped({ imports: [FeatureModule] });
    expectOneByOne('Audit', 'Feature');
  });

  it('name something of another phase, where that comes first anyway', async () => {
    @Injectable()
    class Late {
      @OnFlush({ before: [Cache] })
      push(): Promise<void> {
        return journal.step('push');
      }
    }
    const { warnings } = await stopped({ providers: [Cache, Late] });
    expectOneByOne('push', 'Cache');
    // Of the classes of this file, an application here has only some.
    const ofOrder = warnings.filter((line) => !line.includes('[decorated-in-no-module]'));
    expect(ofOrder).toEqual([]);
  });
});

describe('@ShutdownPhase()', () => {
  @Injectable()
  @ShutdownPhase('announce', { timeoutMs: 20, critical: true })
  class Registry {
    onModuleDestroy(): Promise<void> {
      return journal.step('Registry');
    }
  }

  it.each(['announce', 'drain', 'flush', 'close'] as const)(
    'moves hooks into %s',
    async (phase) => {
      @Injectable()
      @ShutdownPhase(phase)
      class Moved {
        onModuleDestroy = () => journal.step('first');
        beforeApplicationShutdown = () => journal.step('second');
        onApplicationShutdown = () => journal.step('third');
      }
      const { report } = await stopped({ providers: [Moved] });
      expectOneByOne('first', 'second', 'third'); // of one object, in Nest's order in any phase
      const phases = report.phases.flatMap(({ name, tasks }) =>
        tasks.filter((task) => task.name.startsWith('Moved')).map(() => name),
      );
      expect(phases).toEqual([phase, phase, phase]);
    },
  );

  it('runs them once, and not again when Nest calls them', async () => {
    await stopped({ http: true, providers: [Registry, Audit] });
    expectOneByOne('Registry', 'Audit');
  });

  it('sets their timeout and whether they are critical', async () => {
    const app = await TeardownApp.start({ providers: [Registry] });
    app.app.get(Registry).onModuleDestroy = () => new Promise(() => undefined);
    await app.close();
    expect(app.tasks('Registry.onModuleDestroy')).toEqual([
      expect.objectContaining({ outcome: 'timed-out', critical: true }),
    ]);
    expect(app.report.durationMs).toBeLessThan(20_000); // of 60 s
  });

  it('changes the outcome when it is critical and a hook fails', async () => {
    const app = await TeardownApp.start({ providers: [Registry] });
    app.app.get(Registry).onModuleDestroy = () => Promise.reject(new Error('lost'));
    await app.close();
    expect(app.report.outcome).toBe('forced');
  });

  it('orders the decorated methods of its phase as well', async () => {
    @Injectable()
    @ShutdownPhase('close', { after: [Audit] })
    class Waiting {
      @OnClose()
      end(): Promise<void> {
        return journal.step('end');
      }
      @OnFlush()
      push(): Promise<void> {
        return journal.step('push');
      }
    }
    const { warnings } = await stopped({ providers: [Waiting, Audit] });
    expectOneByOne('push', 'Audit', 'end');
    expect(warnings).toEqual([]);
  });

  it('is inherited, and replaced by that of the subclass', async () => {
    @ShutdownPhase('announce')
    class Base {
      onModuleDestroy = () => journal.step(this.constructor.name);
    }
    @Injectable()
    class Inheriting extends Base {}
    @Injectable()
    @ShutdownPhase('flush')
    class Replacing extends Base {}
    const app = await stopped({ providers: [Replacing, Inheriting] });
    expectOneByOne('Inheriting', 'Replacing');
    const phaseOf = (task: string) =>
      app.report.phases.find(({ tasks }) => tasks.some(({ name }) => name === task))?.name;
    expect(phaseOf('Inheriting.onModuleDestroy')).toBe('announce');
    expect(phaseOf('Replacing.onModuleDestroy')).toBe('flush');
  });

  it('works on a module class', async () => {
    @ShutdownPhase('flush')
    @Module({})
    class FeatureModule {
      onModuleDestroy = () => journal.step('FeatureModule');
    }
    await stopped({ imports: [FeatureModule], providers: [Cache] });
    expectOneByOne('FeatureModule', 'Cache');
  });
});

describe('the option order', () => {
  it('moves and orders the hooks of a class that can not be edited', async () => {
    const order = [
      { provider: Audit, phase: 'flush', before: [Cache] },
      { provider: Cache, phase: 'flush' },
    ];
    const app = await stopped({ options: { order }, providers: [Cache, Audit] });
    expectOneByOne('Audit', 'Cache');
    const flush = app.report.phases.find(({ name }) => name === 'flush');
    expect(flush?.tasks).toHaveLength(2);
  });

  it.each<[string, OrderTarget, Provider]>([
    ['a text', TEXT, auditAs(TEXT)],
    ['a symbol', SYMBOL, auditAs(SYMBOL)],
    ['the class behind a token', Audit, auditAs(SYMBOL)],
    ['a forwardRef', forwardRef(() => Audit), Audit],
  ])('finds its provider by %s', async (_what, provider, definition) => {
    const order = [{ provider, phase: 'announce' }];
    await stopped({ options: { order }, providers: [Cache, definition] });
    expectOneByOne('Audit', 'Cache');
  });

  it('wins over the decorator', async () => {
    @Injectable()
    @ShutdownPhase('announce')
    class Registry {
      onModuleDestroy = () => journal.step('Registry');
    }
    const order = [{ provider: Registry, phase: 'close', after: [Audit] }];
    await stopped({ options: { order }, providers: [Registry, Audit] });
    expectOneByOne('Audit', 'Registry');
  });

  it('orders the decorated methods of close as well, when it names no phase', async () => {
    @Injectable()
    class Client {
      @OnClose()
      end(): Promise<void> {
        return journal.step('end');
      }
    }
    const order = [{ provider: Client, after: [Audit] }];
    await stopped({ options: { order }, providers: [Client, Audit] });
    expectOneByOne('Audit', 'end');
  });

  it('sets timeout and critical', async () => {
    const order = [{ provider: TEXT, timeoutMs: 20, critical: true }];
    const hung = { onModuleDestroy: () => new Promise(() => undefined) };
    const app = await stopped({
      options: { order },
      providers: [{ provide: TEXT, useValue: hung }],
    });
    expect(app.tasks(`${TEXT}.onModuleDestroy`)).toEqual([
      expect.objectContaining({ outcome: 'timed-out', critical: true }),
    ]);
  });
});

describe('at boot', () => {
  const orders = (order: unknown): { options: GracefulOptions } => ({
    options: { order: order as GracefulOptions['order'] },
  });

  it('an unknown phase is named with its method, also when that has another name', async () => {
    @Injectable()
    class Exporter {
      @OnShutdown('fluhs', { name: 'push the metrics' })
      push(): void {}
    }
    const error = await bootError({ providers: [Exporter] });
    expect(error).toBeInstanceOf(UnknownPhaseError);
    expect(error.message).toBe(
      "Exporter@push names the phase 'fluhs' (string), which does not exist. Did you mean 'flush'? Use one of: announce, propagate, drain, flush, close.",
    );
  });

  it('a wrong order is found before anything of the application has begun', async () => {
    let begun = false;
    @Injectable()
    class Registry {
      onModuleInit(): void {
        begun = true;
      }
      @OnAnnounce({ after: ['nobody'] })
      leave(): void {}
    }
    expect(await bootError({ providers: [Registry] })).toBeInstanceOf(UnknownOrderTargetError);
    expect(begun).toBe(false);
  });

  it('a hook that comes later and closes a circle is left to Nest', async () => {
    @Injectable()
    class Cart {}
    @Injectable()
    @ShutdownPhase('close', { after: [Cart], before: [Cart] })
    class Till {
      onModuleDestroy(): Promise<void> {
        return journal.step('Till');
      }
    }
    const app = await TeardownApp.start({ providers: [Cart, Till] });
    Object.assign(app.app.get(Cart), { onModuleDestroy: () => journal.step('Cart') });
    await app.close();
    expect(journal.begun.toSorted()).toEqual(['Cart', 'Till']);
    expect(app.outcomes).toMatchObject({ 'Till.onModuleDestroy': 'done' });
    expect(app.outcomes).not.toHaveProperty('Cart.onModuleDestroy');
  });

  it('an unknown phase of @ShutdownPhase() is named with its class', async () => {
    @Injectable()
    @ShutdownPhase('annonce')
    class Registry {
      onModuleDestroy(): void {}
    }
    const error = await bootError({ providers: [Registry] });
    expect(error.message).toMatch(/^@ShutdownPhase\(\) of Registry names the phase 'annonce'/);
  });

  it('an unknown phase of an entry of order is named with its place, whatever the class has', async () => {
    const setup = { ...orders([{ provider: Cache }, { provider: Audit, phase: 'annonce' }]) };
    expect((await bootError({ ...setup, providers: [Cache, Audit] })).message).toMatch(
      /^order\[1\] names the phase 'annonce'/,
    );
    const idle = { provide: Audit, useValue: {} };
    expect((await bootError({ ...setup, providers: [Cache, idle] })).message).toMatch(
      /^order\[1\] names the phase 'annonce'/,
    );
  });

  it('an unknown target is named, with the tasks there are', async () => {
    @Injectable()
    class Exporter {
      @OnFlush({ after: ['Outbox@sned'] })
      push(): void {}
    }
    const error = await bootError({ providers: [Exporter, Cache] });
    expect(error).toBeInstanceOf(UnknownOrderTargetError);
    expect(error.message).toMatch(
      /^Exporter@push names 'Outbox@sned' \(string\), which is no provider/,
    );
    expect(error.message).toMatch(/readiness, .*Cache\.onModuleDestroy/);
    expect(error.message).toMatch(/Exporter@push/);
  });

  it('a class that is no provider is an unknown target', async () => {
    class Elsewhere {
      readonly name = 'not here';
    }
    @Injectable()
    @ShutdownPhase('close', { before: [Elsewhere] })
    class Registry {
      onModuleDestroy(): void {}
    }
    const error = await bootError({ providers: [Registry] });
    expect(error).toBeInstanceOf(UnknownOrderTargetError);
    expect(error.message).toMatch(/^@ShutdownPhase\(\) of Registry names .*Elsewhere/);
  });

  it('an unknown provider of order is named, with the tasks there are', async () => {
    const error = await bootError({ ...orders([{ provider: 'DATABSE' }]), providers: [Cache] });
    expect(error).toBeInstanceOf(UnknownOrderTargetError);
    expect(error.message).toMatch(/^order\[0\]\.provider names 'DATABSE' .*Cache\.onModuleDestroy/);
  });

  it('an undefined target is told apart: a circle of imports', () => {
    const missing = undefined as unknown as OrderTarget;
    const remedy = /got undefined\. .*circle of imports: write forwardRef\(\(\) => Class\)/;
    expect(() => OnFlush({ after: [Cache, missing] })).toThrow(remedy);
    expect(() => OnFlush({ after: [Cache, missing] })).toThrow(/after of @OnFlush\(\)\[1\]/);
    expect(() => ShutdownPhase('close', { before: [missing] })).toThrow(remedy);
  });

  it.each([
    ['provider', [{ provider: undefined }], /`order\[0\]\.provider` .* got undefined.* circle/],
    ['target', [{ provider: Cache, after: [undefined] }], /after of order\[0\]\[0\].*circle/],
    ['forwardRef', [{ provider: { forwardRef: () => undefined } }], /order\[0\]\.provider names/],
  ])('an undefined %s of order is as well', async (_what, order, message) => {
    // A plain value, which has no class, must not be taken for it.
    const plain = { provide: 'PLAIN', useValue: { onModuleDestroy: () => undefined } };
    const error = await bootError({ ...orders(order), providers: [Cache, plain] });
    expect(error.message).toMatch(message);
  });

  it('a circle is named, all of it', async () => {
    @Injectable()
    class One {
      @OnFlush({ after: ['Three@end'] })
      end(): void {}
    }
    @Injectable()
    class Two {
      @OnFlush({ after: [One] })
      end(): void {}
    }
    @Injectable()
    class Three {
      @OnFlush({ after: [Two] })
      end(): void {}
    }
    const error = await bootError({ providers: [One, Two, Three] });
    expect(error).toBeInstanceOf(OrderCycleError);
    const { cycle } = error as OrderCycleError;
    expect(cycle).toHaveLength(4);
    expect(cycle[0]).toBe(cycle[3]);
    expect(`${cycle.join(' ')} ${cycle.slice(1).join(' ')}`).toContain(
      'One@end Two@end Three@end One@end',
    );
    expect(error.message).toContain(cycle.join(' -> '));
  });

  it('a limit that its phase can never give', async () => {
    @Injectable()
    class Registry {
      @OnAnnounce({ timeoutMs: 500 })
      fits(): void {}
      @OnAnnounce({ timeoutMs: 501 })
      leave(): void {}
    }
    const options: GracefulOptions = { platform: 'kubernetes', announceTimeoutMs: 500 };
    const error = await bootError({ options, providers: [Registry] });
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error.message).toMatch(
      /^Expected `timeoutMs of Registry@leave \(.+\)` to be at most 500, which is all that the phase 'announce' can have, got 501 \(number\)\. .* or raise `announceTimeoutMs`\.$/,
    );
  });

  it('a limit that the grace period can never give; up to there it is free, whatever is reserved', async () => {
    // 30 s without the margin of 1 s and the 3 s that are reserved for `close`
    const options: GracefulOptions = { platform: 'kubernetes', gracePeriodMs: 30_000 };
    const error = await bootError({ options, providers: [exporter(26_001)] });
    expect(error.message).toMatch(
      /at most 26000, .* got 26001 .* \(30000\), 3000 ms are reserved behind it and 1000 ms are `exitMarginMs`/,
    );
    const { warnings } = await stopped({ options, providers: [exporter(26_000)] });
    expect(warnings).toEqual([]);
  });

  it('a task before itself is a circle', async () => {
    @Injectable()
    class Exporter {
      @OnFlush({ after: ['Exporter@push'] })
      push(): void {}
    }
    const error = await bootError({ providers: [Exporter] });
    expect(error).toMatchObject({ cycle: ['Exporter@push', 'Exporter@push'] });
  });

  it('what contradicts the order of the phases is a circle', async () => {
    @Injectable()
    class Exporter {
      @OnFlush({ after: [Cache] })
      push(): void {}
    }
    const error = await bootError({ providers: [Exporter, Cache] });
    expect(error).toBeInstanceOf(OrderCycleError);
    expect(error.message).toMatch(
      /Cache\.onModuleDestroy -> Exporter@push -> the end of flush -> the beginning of close -> Cache\.onModuleDestroy/,
    );
  });

  it('the hooks of one object keep their order: the contrary is a circle', async () => {
    @Injectable()
    class Bridge {
      @OnClose({ after: ['Both.onApplicationShutdown'], before: ['Both.onModuleDestroy'] })
      end(): void {}
    }
    @Injectable()
    class Both {
      onModuleDestroy(): void {}
      onApplicationShutdown(): void {}
    }
    expect(await bootError({ providers: [Bridge, Both] })).toBeInstanceOf(OrderCycleError);
  });

  it.each<[string, unknown, typeof InvalidOptionError | typeof UnknownOptionError, RegExp]>([
    ['no object', ['Cache'], InvalidOptionError, /the options of order\[0\]/],
    ['null', [null], InvalidOptionError, /the options of order\[0\]/],
    ['no list', { provider: Cache }, InvalidOptionError, /`order` to be an array/],
    [
      'an unknown key',
      [{ provider: Cache, afer: [] }],
      UnknownOptionError,
      /order\[0\] has no option `afer`/,
    ],
    ['no phase', [{ provider: Cache, phase: 1 }], InvalidOptionError, /order\[0\]\.phase/],
    [
      'no time',
      [{ provider: Cache, timeoutMs: '1' }],
      InvalidOptionError,
      /timeoutMs of order\[0\]/,
    ],
    [
      'no boolean',
      [{ provider: Cache, critical: 1 }],
      InvalidOptionError,
      /critical of order\[0\]/,
    ],
    [
      'no list of targets',
      [{ provider: Cache, after: Audit }],
      InvalidOptionError,
      /after of order/,
    ],
    [
      'a provider twice',
      [{ provider: Cache }, { provider: Audit }, { provider: 'ALIAS' }],
      InvalidOptionError,
      /`order\[2\]\.provider` to be another provider than that of order\[0\]/,
    ],
  ])('an entry of order is refused: %s', async (_what, order, type, message) => {
    const alias = { provide: 'ALIAS', useExisting: Cache };
    const setup = { ...orders(order), providers: [Cache, Audit, alias] };
    // What needs no provider to be known is refused before there are any.
    const error = await bootError(setup).catch((reason: unknown) => reason as Error);
    expect(error).toBeInstanceOf(type);
    expect(error.message).toMatch(message);
  });

  it.each<[string, () => unknown, typeof InvalidOptionError | typeof UnknownOptionError, RegExp]>([
    ['no object', () => OnFlush('x' as never), InvalidOptionError, /the options of @OnFlush\(\)/],
    ['null', () => OnFlush(null as never), InvalidOptionError, /the options of @OnFlush\(\)/],
    [
      'a key',
      () => OnClose({ afer: [] } as never),
      UnknownOptionError,
      /@OnClose\(\) has no option `afer`/,
    ],
    ['a name', () => OnFlush({ name: '' }), InvalidOptionError, /name of @OnFlush\(\)/],
    ['a list', () => OnFlush({ after: Cache as never }), InvalidOptionError, /after of @OnFlush/],
    ['an empty target', () => OnFlush({ before: [''] }), InvalidOptionError, /before of @OnFlush/],
    ['a time', () => OnDrain({ timeoutMs: 0 }), InvalidOptionError, /timeoutMs of @OnDrain\(\)/],
    [
      'critical',
      () => OnAnnounce({ critical: 'yes' as never }),
      InvalidOptionError,
      /critical of @OnAnnounce\(\)/,
    ],
    [
      'a name of a class',
      () => ShutdownPhase('close', { name: 'x' } as never),
      UnknownOptionError,
      /@ShutdownPhase\(\) has no option `name`/,
    ],
    [
      'no phase',
      () => ShutdownPhase(undefined as never),
      InvalidOptionError,
      /the phase of @ShutdownPhase\(\)/,
    ],
    [
      'options in place of a phase',
      () => ShutdownPhase({ after: [Cache] } as never),
      InvalidOptionError,
      /the phase of @ShutdownPhase\(\)/,
    ],
  ])('a decorator refuses %s where it is written', (_what, decorate, type, message) => {
    expect(decorate).toThrow(type);
    expect(decorate).toThrow(message);
  });
});

describe('it is warned of', () => {
  @Injectable()
  class Idle {}

  it('a target that has nothing to do at shutdown', async () => {
    @Injectable()
    class Exporter {
      @OnFlush({ after: [Idle] })
      push(): void {}
    }
    const { warnings } = await stopped({ providers: [Exporter, Idle] });
    expect(warnings).toEqual([
      'Exporter@push names Idle, which has nothing to do at shutdown; it has no effect. [order-without-effect]',
    ]);
  });

  it('an entry of order for a provider that has nothing to do at shutdown', async () => {
    const order = [{ provider: Idle, phase: 'announce' }];
    const { warnings } = await stopped({ options: { order }, providers: [Idle] });
    expect(warnings).toEqual([
      'order[0] names Idle, which has nothing to do at shutdown; it has no effect. [order-without-effect]',
    ]);
  });

  it('@ShutdownPhase() on a class without hooks', async () => {
    @Injectable()
    @ShutdownPhase('announce')
    class Mistyped {
      onModuleDestory(): void {}
    }
    const { warnings } = await stopped({ providers: [Mistyped] });
    expect(warnings).toEqual([
      expect.stringMatching(/^@ShutdownPhase\(\) of Mistyped \(.+\) orders nothing: /),
    ]);
  });

  it('a request-scoped method, once, also when modules are loaded lazily', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Basket {
      @OnFlush()
      save(): void {}
    }
    @Module({})
    class LazyModule {}
    const app = await TeardownApp.start({ providers: [Basket] });
    await app.app.get(LazyModuleLoader).load(() => LazyModule);
    await app.close();
    expect(app.warnings).toEqual([expect.stringMatching(/^Basket@save is request-scoped/)]);
    expect(app.outcomes).toEqual({});
  });

  it('a limit that an assumed grace period can never give', async () => {
    const { warnings } = await stopped({
      options: { platform: 'none', gracePeriodMs: 10_000 },
      providers: [exporter(60_000)],
    });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^Expected `timeoutMs of Exporter@push \(.+\)` to be at most 8667, .* got 60000 .* 10 s are assumed\. \[timeout-over-phase\]$/,
      ),
    ]);
  });

  it('what came with a lazily loaded module, once: Nest calls no hooks there', async () => {
    const calls: string[] = [];
    @Injectable()
    class Late {
      onModuleDestroy(): void {
        calls.push('hook');
      }
      @OnFlush()
      push(): void {
        calls.push('method');
      }
    }
    @Module({ providers: [Late] })
    class LateModule {}
    const app = await TeardownApp.start({ providers: [Audit] });
    const loader = app.app.get(LazyModuleLoader);
    await loader.load(() => LateModule);
    await loader.load(() => LateModule);
    await app.close();
    expect(app.warnings).toEqual([
      expect.stringMatching(
        /^Late\.onModuleDestroy is in a module that was loaded lazily \(LateModule\)/,
      ),
      expect.stringMatching(/^Late@push is in a module that was loaded lazily \(LateModule, .+\)/),
    ]);
    expect(calls).toEqual([]);
  });

  it('nothing, when all is well', async () => {
    const { warnings } = await stopped({ http: true, providers: [Cache, Audit] });
    expect(warnings).toEqual([]);
  });
});

/** A provider that wants so much time to flush. */
function exporter(timeoutMs: number): Provider {
  @Injectable()
  class Exporter {
    @OnFlush({ timeoutMs })
    push(): void {}
  }
  return Exporter;
}
