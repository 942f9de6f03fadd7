// An application that is traced, a span for each request, and what startTelemetry() adds to that.
import { Controller, Get, Module, Param } from '@nestjs/common';
import { contender, load } from './contenders.js';
import { create, listen } from './start.js';

interface Span {
  end(): void;
}
interface Tracer {
  startSpan(name: string, options: { kind: number }): Span;
}
interface Provider {
  register(): void;
}

const { trace } = await load<{ trace: { getTracer(name: string): Tracer } }>('@opentelemetry/api');
const { NodeTracerProvider } = await load<{
  NodeTracerProvider: new (options: { spanProcessors: object[] }) => Provider;
}>('@opentelemetry/sdk-trace-node');
await load('prom-client');

const spanProcessors: object[] = [];
if (process.env['TELEMETRY'] === 'on') {
  const { startTelemetry } = await load<typeof import('nestjs-graceful/telemetry')>(
    'nestjs-graceful/telemetry',
  );
  spanProcessors.push(startTelemetry().spanProcessor);
}
new NodeTracerProvider({ spanProcessors }).register();
const tracer = trace.getTracer('bench');

const { imports, setUp } = await contender(process.env['CONTENDER'] ?? 'plain Nest');
const busyMicroseconds = Number(process.env['BUSY_US'] ?? 0);

@Controller('orders')
class OrdersController {
  @Get(':id')
  order(@Param('id') id: string) {
    const span = tracer.startSpan('GET /orders/:id', { kind: 1 });
    if (busyMicroseconds > 0) burn(busyMicroseconds);
    span.end();
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
