import { Injectable, type ModuleMetadata, type OnModuleDestroy, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from '@jest/globals';
import {
  GracefulModule,
  OnFlush,
  ReadinessCheck,
  ShutdownPhase,
  Tracked,
} from '../../lib/index.js';
import { notePlace } from '../../lib/copies/marks.js';
import { PROCESS_PORT } from '../../lib/tokens.js';
import { FakeProcess } from '../support/fake-process.js';
import { HttpApp } from '../support/http-app.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** What is said of decorated classes when an application with this module listens. */
async function said(
  module: ModuleMetadata,
  platform: 'Express' | 'Fastify' = 'Express',
): Promise<string> {
  const app = await HttpApp.start({ platform, module });
  // Said in the same turn, to every application here.
  await app.log.until(/\[hooks-not-enabled\]/);
  await new Promise(setImmediate);
  const line = app.log.lines.find((one) => one.includes('[decorated-in-no-module]')) ?? '';
  await app.app.close();
  return line.replace(/(?<=\.spec\.ts):\d+/g, '');
}

function newTelemetry() {
  @Injectable()
  class Telemetry {
    @OnFlush()
    push(): void {}
  }
  return Telemetry;
}

// Each test's classes are still there in the next: they are told apart by their names.
describe('a class with decorators that is in no module', () => {
  it('is named when the application listens, with the decorator, the file and what to do', async () => {
    @Injectable()
    class Forgotten {
      @OnFlush()
      push(): void {}
    }
    expect(new Forgotten()).toBeDefined();
    for (const platform of ['Express', 'Fastify'] as const) {
      expect(await said({}, platform)).toBe(
        'Never called: @OnFlush() of Forgotten@push (test/app/decorated-in-no-module.spec.ts); ' +
          'Forgotten is in no module. Add it to the providers of one. [decorated-in-no-module]',
      );
    }
    expect(await said({ providers: [Forgotten] })).toBe('');
  });

  it('is named for a check and for the phase of a class, too', async () => {
    @Injectable()
    @ShutdownPhase('announce')
    class Unregistered implements OnModuleDestroy {
      @ReadinessCheck()
      ready(): unknown {
        return {};
      }
      onModuleDestroy(): void {}
    }
    const line = await said({});
    expect(line).toContain('@ReadinessCheck() of Unregistered@ready');
    expect(line).toContain('@ShutdownPhase() of Unregistered (');
    expect(await said({ providers: [Unregistered] })).not.toContain('Unregistered');
  });

  it('is none when a class that extends it is there, or a value in its place', async () => {
    abstract class BaseRelay {
      @OnFlush()
      send(): void {}
    }
    @Injectable()
    class OrderRelay extends BaseRelay {}
    const Replaced = newTelemetry();
    const line = await said({ providers: [OrderRelay, { provide: Replaced, useValue: {} }] });
    expect(line).not.toMatch(/BaseRelay|Telemetry/);
  });

  it('is none when a factory has made an object of it', async () => {
    @Injectable()
    class MadeByHand {
      @OnFlush()
      push(): void {}
    }
    const provider = { provide: 'MADE', useFactory: () => new MadeByHand() };
    expect(await said({ providers: [provider] })).not.toContain('MadeByHand');
  });

  it('is left out when it counts its own work, which an object made by hand does as well', async () => {
    class ByHand {
      @Tracked()
      run(): void {}
    }
    expect(new ByHand()).toBeDefined();
    expect(await said({})).not.toContain('ByHand');
  });

  it("is left out when it is a library's", async () => {
    class LibraryRelay {
      send(): void {}
    }
    notePlace(
      { decorator: 'OnFlush', method: 'send', site: 'node_modules/relay/dist/index.js:3' },
      LibraryRelay.prototype,
    );
    expect(await said({})).not.toContain('LibraryRelay');
    expect(LibraryRelay).toBeDefined();
  });

  it('is none when an application has it that was initialised and does not listen', async () => {
    @Injectable()
    class OfATest {
      @OnFlush()
      push(): void {}
    }
    const both = GracefulModule.forRoot({ platform: 'none' });
    const start = async (providers: Type[]) => {
      const log = new RecordingLogger();
      const compiled = await Test.createTestingModule({ imports: [both], providers })
        .setLogger(log)
        .overrideProvider(PROCESS_PORT)
        .useValue(new FakeProcess())
        .compile();
      return { app: compiled.createNestApplication(), log };
    };
    const initialised = await start([OfATest]);
    await initialised.app.init();
    const listens = await start([]);
    await listens.app.listen(0);
    await listens.log.until(/\[hooks-not-enabled\]/);
    await new Promise(setImmediate);
    const lines = listens.log.lines.join('\n');
    await Promise.all([listens.app.close(), initialised.app.close()]);
    expect(lines).not.toContain('OfATest');
  });

  it('is not named before the last application of the process listens', async () => {
    @Injectable()
    class OfTheOther {
      @OnFlush()
      push(): void {}
    }
    const other = GracefulModule.forRoot({ platform: 'none' });
    expect(await said({})).toBe('');
    const log = new RecordingLogger();
    const compiled = await Test.createTestingModule({ imports: [other] })
      .setLogger(log)
      .overrideProvider(PROCESS_PORT)
      .useValue(new FakeProcess())
      .compile();
    const app = compiled.createNestApplication();
    await app.listen(0);
    expect(await log.until(/\[decorated-in-no-module\]/)).toContain('OfTheOther');
    await app.close();
    expect(new OfTheOther()).toBeDefined();
  });

  // The last of all: that application is never counted among those that listen.
  it('is not named while a module may be loaded later that has it', async () => {
    @Injectable()
    class LoadedLater {
      @OnFlush()
      push(): void {}
    }
    @Injectable()
    class Loads {
      constructor(readonly loader: LazyModuleLoader) {}
    }
    Reflect.defineMetadata('design:paramtypes', [LazyModuleLoader], Loads);
    expect(await said({ providers: [Loads] })).toBe('');
    expect(new LoadedLater()).toBeDefined();
  });
});
