// An application of a size: 50 modules, 1,000 providers, each with a few methods and two dependencies.
import { Controller, Get, Inject, Injectable, Module, type Type } from '@nestjs/common';
import { contender } from './contenders.js';
import { create, listen } from './start.js';
import { tell } from './tell.js';

const MODULES = Number(process.env['MODULES'] ?? 50);
const PROVIDERS = Number(process.env['PROVIDERS'] ?? 1_000);

const beforeImport = performance.now();
const { imports, setUp } = await contender(process.env['CONTENDER'] ?? 'plain Nest');
const importMs = performance.now() - beforeImport;

function provider(first: Type | undefined, second: Type | undefined): Type {
  @Injectable()
  class Provider {
    constructor(
      @Inject(first ?? 'NAME') readonly one: unknown,
      @Inject(second ?? 'NAME') readonly other: unknown,
    ) {}
    find(id: number) {
      return [id, this.one];
    }
    list() {
      return [this.one, this.other];
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
  return Provider;
}

function featureModule(index: number, size: number): Type {
  const providers: Type[] = [];
  for (let i = 0; i < size; i++) providers.push(provider(providers[i - 1], providers[i >> 1]));

  @Controller(`feature-${index}`)
  class FeatureController {
    @Get()
    list() {
      return [];
    }
  }
  @Module({
    controllers: [FeatureController],
    providers: [{ provide: 'NAME', useValue: `feature ${index}` }, ...providers],
  })
  class FeatureModule {}
  return FeatureModule;
}

const features = Array.from({ length: MODULES }, (_, i) => featureModule(i, PROVIDERS / MODULES));

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
  processMs: listening,
});
