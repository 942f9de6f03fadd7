// Applications that are created, listen, and are closed with nothing in flight: one for each message.
import { Controller, Get, Injectable, Module, type Type } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { contender } from './contenders.js';
import { create } from './start.js';
import { tell } from './tell.js';

const MODULES = 50;
const hooks = Number(process.env['HOOKS'] ?? 0);

const { imports, setUp } = await contender(process.env['CONTENDER'] ?? 'plain Nest');

@Controller()
class AppController {
  @Get()
  hello() {
    return { hello: 'world' };
  }
}

function provider(): Type {
  @Injectable()
  class Provider {
    onModuleDestroy() {}
  }
  return Provider;
}

function featureModule(size: number): Type {
  @Module({ providers: Array.from({ length: size }, provider) })
  class FeatureModule {}
  return FeatureModule;
}

const features =
  hooks === 0 ? [] : Array.from({ length: MODULES }, () => featureModule(hooks / MODULES));

async function close(): Promise<{ closeMs: number; closeCpuMs: number }> {
  @Module({ imports: [...imports, ...features], controllers: [AppController] })
  class AppModule {}
  const app = await create(AppModule);
  setUp(app);
  await app.listen(0, '127.0.0.1');
  await sleep(10); // what the boot has put off is over
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await app.close();
  const closeMs = performance.now() - before;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { closeMs, closeCpuMs: (user + system) / 1_000 };
}

process.on('message', () => void close().then((figures) => process.send?.(figures)));
tell({ event: 'listening', port: 0 }); // for messages
