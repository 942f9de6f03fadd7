import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { OnShutdown } from '../../lib/decorators/shutdown.decorators.js';
import { RESOLVED_OPTIONS } from '../../lib/tokens.js';
import type { GracefulOptionsFactory } from '../../lib/graceful.module-definition.js';
import { Graceful } from '../../lib/graceful.js';
import { GracefulModule } from '../../lib/graceful.module.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { PhasePlan } from '../../lib/plan/phase-plan.js';
import { Planner } from '../../lib/plan/planner.js';
import type { ResolvedOptions } from '../../lib/options/resolve-options.js';
import { RecordingLogger } from '../support/recording-logger.js';

const gracePeriodMs = 12_345;

@Injectable()
class Settings implements GracefulOptionsFactory {
  createGracefulOptions(): GracefulOptions {
    return { gracePeriodMs };
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

function compile(...imports: Array<DynamicModule | (new () => object)>): Promise<TestingModule> {
  return Test.createTestingModule({ imports }).setLogger(new RecordingLogger()).compile();
}

describe('forRootAsync', () => {
  it.each([
    [
      'useFactory with imports and inject',
      {
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => settings.createGracefulOptions(),
      },
    ],
    ['useClass', { useClass: Settings }],
    ['useExisting', { imports: [SettingsModule], useExisting: Settings }],
  ])('takes options from %s', async (_how, options) => {
    const app = await compile(GracefulModule.forRootAsync(options));

    expect(app.get<ResolvedOptions>(RESOLVED_OPTIONS).gracePeriodMs).toBe(gracePeriodMs);
    await app.close();
  });

  it('refuses wrong options as forRoot() does', async () => {
    const useFactory = () => ({ gracePeriodMs: NaN });

    await expect(compile(GracefulModule.forRootAsync({ useFactory }))).rejects.toThrow(
      /Expected `gracePeriodMs` to be .*, got NaN \(number\)\. Pass a number/,
    );
  });
});

describe('forRootAsync without a source of options', () => {
  it.each([
    ['{}', {}],
    ['nothing', undefined],
    ['a class', Settings],
    ['imports only', { imports: [SettingsModule] }],
  ])('refuses %s, with the line to write', (_what, options) => {
    expect(() => GracefulModule.forRootAsync(options as never)).toThrow(
      /^Expected `the options of forRootAsync\(\)` to be an object with `useFactory`, `useClass` or `useExisting`, got .*\. Write forRootAsync\(\{ useFactory: \(\) => \(\{ … \}\) \}\), or forRoot\(\)/,
    );
  });
});

describe('at boot', () => {
  @Module({ imports: [GracefulModule.forRoot({ gracePeriodMs: 20_000 })] })
  class FeatureModule {}

  it('refuses to be registered twice, naming the modules', async () => {
    @Module({ imports: [FeatureModule, GracefulModule.forRoot()] })
    class AppModule {}

    const booting = compile(AppModule);
    await expect(booting).rejects.toThrow(/registered 2 times \(in .*\)/);
    await expect(booting).rejects.toThrow(/AppModule/);
    await expect(booting).rejects.toThrow(/FeatureModule/);
    await expect(booting).rejects.toMatchObject({ code: 'GRACEFUL_DUPLICATE_MODULE' });
  });

  it('refuses a bare import, with the line to write', async () => {
    await expect(compile(GracefulModule as never)).rejects.toThrow(/GracefulModule\.forRoot\(\)/);
  });

  it('refuses an unknown phase, naming the method and the phases', async () => {
    @Injectable()
    class Exporter {
      @OnShutdown('fluhs')
      push(): void {}
    }
    const app = await Test.createTestingModule({
      imports: [GracefulModule.forRoot()],
      providers: [Exporter],
    })
      .setLogger(new RecordingLogger())
      .compile();

    await expect(app.init()).rejects.toThrow(
      /Exporter@push names the phase 'fluhs' .* announce, propagate, drain, flush, close/,
    );
    await app.close().catch(() => undefined); // core 11 rejects with the same error again
  });

  it.each([30, 500])('refuses %d ms of grace, which are none', async (ms) => {
    await expect(compile(GracefulModule.forRoot({ gracePeriodMs: ms }))).rejects.toThrow(
      /^Expected `gracePeriodMs` to be at least 1000 milliseconds, got/,
    );
    const ours = { gracePeriodMs: ms, shortGracePeriodForTests: true };
    await (await compile(GracefulModule.forRoot(ours))).close();
  });

  it('refuses phases that need more than the grace period, in few lines', async () => {
    const booting = compile(GracefulModule.forRoot({ drainTimeoutMs: 20_000 }));
    const error = await booting.then(
      () => undefined,
      (failure: unknown) => failure,
    );
    expect(error).toMatchObject({ code: 'GRACEFUL_BUDGET_EXCEEDED' });
    expect(error).toHaveProperty('parts.0', ['announceTimeoutMs', 667]);
    const beneath = inspect(error).replace((error as Error).stack ?? '', '');
    expect(beneath).toBe(" {\n  code: 'GRACEFUL_BUDGET_EXCEEDED'\n}");
  });

  it('builds the phases once', async () => {
    const app = await compile(GracefulModule.forRoot({ platform: 'kubernetes' }));
    const { graph } = app.get(PhasePlan);
    expect(app.get(Planner).graph).toBe(graph);
    await app.close();
  });

  it('is global: Graceful can be injected anywhere without an import', async () => {
    @Injectable()
    class Reader {
      constructor(readonly graceful: Graceful) {}
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    const app = await compile(GracefulModule.forRoot(), ReaderModule);
    await app.init();

    const { graceful } = app.get(Reader);
    expect([graceful.state, graceful.reason, graceful.report]).toEqual([
      'ready',
      undefined,
      undefined,
    ]);
    await app.close();
    expect([graceful.state, graceful.reason]).toEqual(['closed', { kind: 'close' }]);
    expect(graceful.report).toMatchObject({ version: 2, outcome: 'clean' });
  });

  it('can be closed without ever having been initialised, and closed twice', async () => {
    const app = await compile(GracefulModule.forRoot());
    await app.close();
    await app.close();

    expect(app.get(Graceful).state).toBe('closed');
  });
});
