// An application of a size: providers with a few methods, dependencies and, if wanted, a shutdown hook, in modules that may
// import one another in a chain.
import { Controller, Get, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { contender } from './contenders.js';
import { create, listen } from './start.js';
import { tell } from './tell.js';

const number = (name: string, fallback: number) => Number(process.env[name] ?? fallback);
const MODULES = number('MODULES', 50);
const PROVIDERS = number('PROVIDERS', 1_000);
const INJECTED = number('INJECTED', 2);
const HOOKS = process.env['HOOKS'] === 'yes';
const CHAIN = process.env['CHAIN'] === 'yes';

const beforeImport = performance.now();
const { imports, setUp } = await contender(process.env['CONTENDER'] ?? 'plain Nest');
const importMs = performance.now() - beforeImport;

function provider(injected: ReadonlyArray<Type | undefined>): Type {
  class Provider {
    readonly injected: unknown[];
    constructor(...all: unknown[]) {
      this.injected = all;
    }
    find(id: number) {
      return [id, this.injected];
    }
    list() {
      return this.injected;
    }
    create(item: string) {
      return { item };
    }
    update(id: number, item: string) {
      return { id, item };
    }
    remove(id: number) {
      return id;
    }
  }
  if (HOOKS) Object.assign(Provider.prototype, { onModuleDestroy() {} });
  for (const [index, token] of injected.entries()) {
    Inject(token ?? 'NAME')(Provider, undefined, index);
  }
  Injectable()(Provider);
  return Provider;
}

/** With two: the one before, and one halfway; with more, as many as there are before it. */
function injectedBy(i: number, before: readonly Type[]): Array<Type | undefined> {
  if (INJECTED === 2) return [before[i - 1], before[i >> 1]];
  return before.slice(-INJECTED);
}

function featureModule(index: number, size: number, previous: Type | undefined): Type {
  const providers: Type[] = [];
  for (let i = 0; i < size; i++) providers.push(provider(injectedBy(i, providers)));

  @Controller(`feature-${index}`)
  class FeatureController {
    @Get()
    list() {
      return [];
    }
  }
  @Module({
    imports: previous ? [previous] : [],
    controllers: [FeatureController],
    providers: [{ provide: 'NAME', useValue: `feature ${index}` }, ...providers],
  })
  class FeatureModule {}
  return FeatureModule;
}

const features: Type[] = [];
for (let i = 0; i < MODULES; i++) {
  features.push(featureModule(i, PROVIDERS / MODULES, CHAIN ? features[i - 1] : undefined));
}

@Module({ imports: [...imports, ...features] })
class AppModule {}

const cpuBefore = process.cpuUsage();
const before = performance.now();
const app = await create(AppModule);
setUp(app);
await listen(app);
const listening = performance.now();
const { user, system } = process.cpuUsage(cpuBefore);
tell({
  event: 'measured',
  importMs,
  createToListenMs: listening - before,
  createToListenCpuMs: (user + system) / 1_000,
  createToListenUserMs: user / 1_000,
  processMs: listening,
});

/** With `--expose-gc`: what the application keeps, and what `app.close()` costs. */
if (process.env['END'] === 'yes') {
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  const heapKiB = process.memoryUsage().heapUsed / 1_024;
  const cpuBeforeEnd = process.cpuUsage();
  const beforeEnd = performance.now();
  await app.close();
  const end = process.cpuUsage(cpuBeforeEnd);
  tell({
    event: 'ended',
    heapKiB,
    endMs: performance.now() - beforeEnd,
    endCpuMs: (end.user + end.system) / 1_000,
    endUserMs: end.user / 1_000,
  });
}
