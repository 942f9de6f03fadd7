import { Module, type DynamicModule } from '@nestjs/common';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { isBeingCreated, observeLife } from '../../lib/nest/life-signs.js';

const silent = { logger: false, abortOnError: false } as const;

@Module({})
class App {
  static signs: string[] = [];

  constructor(modules: ModulesContainer) {
    const note = (sign: string) => () => void App.signs.push(sign);
    observeLife(modules, {
      created: note('created'),
      creationFailed: note('creation failed'),
      hooksEnabled: note('hooks enabled'),
      initCalled: note('init called'),
      initFailed: async () => note('init failed')(),
      microservicesStarted: note('microservices started'),
    });
    note(isBeingCreated(modules) ? 'being created' : 'not being created')();
  }

  static with(value: object): DynamicModule {
    App.signs = [];
    return { module: App, providers: [{ provide: 'value', useValue: value }] };
  }
}

/** What lib/nest/life-signs.ts takes from Nest without a document that promises it, on both majors. */
describe(`Nest ${NEST_MAJOR} gives the signs of a life`, () => {
  it('that goes well', async () => {
    const app = await NestFactory.create(App.with({}), silent);
    expect(App.signs).toEqual(['being created', 'created']);
    expect(isBeingCreated(app.get(ModulesContainer))).toBe(false);
    app.enableShutdownHooks(['SIGUSR2']);
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    await app.init();
    expect(new Set(App.signs.slice(2))).toEqual(
      new Set(['hooks enabled', 'microservices started', 'init called']),
    );
    await app.close();
  });

  it('of which nothing comes', async () => {
    const fails: DynamicModule = {
      module: App,
      providers: [{ provide: 'value', useFactory: () => Promise.reject(new Error('no database')) }],
    };
    App.signs = [];
    await expect(NestFactory.create(fails, silent)).rejects.toThrow('no database');
    expect(App.signs).toEqual(['being created', 'creation failed']);
  });

  it.each(['createApplicationContext', 'create'] as const)(
    'whose init fails: %s()',
    async (create) => {
      const root = App.with({ onModuleInit: () => Promise.reject(new Error('no database')) });
      const booting = async () => (await NestFactory[create](root, silent)).init();
      await expect(booting()).rejects.toThrow('no database');
      expect(App.signs).toContain('init called');
      expect(App.signs.at(-1)).toBe('init failed');
    },
  );
});
