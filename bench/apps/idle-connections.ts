// An application that is watched for stalls of its event loop from the first request to `/watch` on.
import { Controller, Get, Module } from '@nestjs/common';
import { Worker } from 'node:worker_threads';
import { contender } from './contenders.js';
import { create, listen } from './start.js';

const { imports, setUp } = await contender(process.env['CONTENDER'] ?? 'plain Nest');

@Controller()
class AppController {
  @Get()
  hello() {
    return { hello: 'world' };
  }

  @Get('watch')
  watch() {
    watchEventLoop();
    return {};
  }
}

@Module({ imports, controllers: [AppController] })
class AppModule {}

const app = await create(AppModule);
setUp(app);
// Idle for as long as the benchmark needs to open them all.
(app.getHttpServer() as { keepAliveTimeout: number }).keepAliveTimeout = 300_000;
await listen(app);

process.on('message', (order) => {
  if (order === 'heap') process.send?.(heapUsed());
  else void close().then((cpuMs) => process.send?.(cpuMs));
});

function heapUsed(): number {
  for (let round = 0; round < 3; round += 1) gc?.();
  return process.memoryUsage().heapUsed;
}

async function close(): Promise<number> {
  const before = process.cpuUsage();
  await app.close();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

/** The loop writes down that it turns; another thread reads that, because a stall may be the last thing a process does. */
function watchEventLoop(): void {
  const turned = new Float64Array(new SharedArrayBuffer(16));
  const note = () => {
    const { user, system } = process.cpuUsage();
    turned.set([Number(process.hrtime.bigint()) / 1e6, (user + system) / 1e3]);
  };
  note();
  setInterval(note, 1).unref(); // what is measured must not live longer for being measured
  new Worker(new URL('./stall-watch.js', import.meta.url), { workerData: turned }).unref();
}
