// An application that does next to nothing for a request, so that what surrounds its handler is as visible as can be.
import { Controller, Get, Module, Param } from '@nestjs/common';
import { contender } from './contenders.js';
import { create, listen } from './start.js';

const { imports, setUp } = await contender(process.env['CONTENDER'] ?? 'plain Nest');
const busyMicroseconds = Number(process.env['BUSY_US'] ?? 0);

@Controller('orders')
class OrdersController {
  @Get(':id')
  order(@Param('id') id: string) {
    if (busyMicroseconds > 0) burn(busyMicroseconds);
    return { id, item: 'tea', quantity: 2 };
  }
}

@Module({ imports, controllers: [OrdersController] })
class AppModule {}

const app = await create(AppModule);
setUp(app);
// The benchmark turns from one process to the next; no connection is to be lost meanwhile.
(app.getHttpServer() as { keepAliveTimeout: number }).keepAliveTimeout = 120_000;
await listen(app);

process.on('message', () => process.send?.(process.cpuUsage()));

/** The control: a known cost that the benchmark must be able to see. */
function burn(microseconds: number): void {
  const end = performance.now() + microseconds / 1_000;
  while (performance.now() < end);
}
