/** An application that is watched: its spans and metrics go to OpenTelemetry, to prom-client, or to both. */
import 'reflect-metadata';
import { Controller, Get, Module, Param } from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GracefulModule, type GracefulOptions, type ReportMessage } from 'nestjs-graceful';
import { startTelemetry } from 'nestjs-graceful/telemetry';
import { Counter } from 'prom-client';
import { metrics, SpanKind, trace } from '@opentelemetry/api';

interface Settings {
  readonly options?: GracefulOptions;
  /** Where the collector is; without one OpenTelemetry is off. */
  readonly collector?: string;
  /** How often metrics are pushed, in milliseconds; a minute unless it is said. */
  readonly pushEachMs?: number;
  /** Whether `prom-client` has the metrics. */
  readonly prometheus?: boolean;
  /** Whether `startTelemetry()` is called: without it is the control. */
  readonly telemetry?: boolean;
  /** Whether the application has a port of its own for its metrics, as most have: the control. */
  readonly ownMetrics?: boolean;
  /** Where it listens; anywhere unless it is said. */
  readonly port?: number;
}

const settings = JSON.parse(process.env['PROGRAM'] ?? '{}') as Settings;

/** Synchronous, for some is said as the process exits. */
function say(event: string, details: object = {}): void {
  writeSync(1, `${JSON.stringify({ event, ...details })}\n`);
}

const { collector, prometheus = false, telemetry: isWatched = true } = settings;
const telemetry = isWatched
  ? startTelemetry({
      ...(collector === undefined && { openTelemetry: false as const }),
      ...(!prometheus && { prometheus: false as const }),
    })
  : undefined;
if (collector !== undefined) await startSdk(collector);

const ended = new Counter({ name: 'app_requests_total', help: 'Requests that have ended.' });
const closed = new Counter({ name: 'app_closed_total', help: 'Providers that were closed.' });
let requests = 0;

@Controller()
class AppController implements OnModuleDestroy {
  @Get('slow/:ms')
  async slow(@Param('ms') ms: string): Promise<string> {
    const span = trace.getTracer('app').startSpan('GET /slow/:ms', { kind: SpanKind.SERVER });
    say('slow-start', { spanId: span.spanContext().spanId });
    await sleep(Number(ms));
    span.end();
    requests += 1;
    ended.inc();
    metrics.getMeter('app').createCounter('app.requests').add(1);
    return 'slow';
  }

  @Get('metrics')
  async metrics(): Promise<string> {
    return settings.ownMetrics ? (await import('prom-client')).register.metrics() : '';
  }

  onModuleDestroy(): void {
    closed.inc();
  }
}

@Module({
  imports: [GracefulModule.forRoot(settings.options ?? {})],
  controllers: [AppController],
})
class AppModule {}

async function startSdk(url: string): Promise<void> {
  const { NodeTracerProvider, BatchSpanProcessor } = await import('@opentelemetry/sdk-trace-node');
  const { MeterProvider, PeriodicExportingMetricReader } =
    await import('@opentelemetry/sdk-metrics');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http');
  const traces = new OTLPTraceExporter({ url: `${url}/v1/traces` });
  const spanProcessors = [
    ...(telemetry ? [telemetry.spanProcessor] : []),
    new BatchSpanProcessor(traces, {}),
  ];
  new NodeTracerProvider({ spanProcessors }).register();
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }),
    exportIntervalMillis: settings.pushEachMs ?? 60_000,
    exportTimeoutMillis: Math.min(settings.pushEachMs ?? 30_000, 30_000),
  });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
}

subscribe('nestjs-graceful:report', (message) => {
  const { report } = message as ReportMessage;
  say('report', { report });
});
process.on('exit', (code) => say('exit', { code, requests }));

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(settings.port ?? 0, '127.0.0.1');
const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
say('listening', { port });
say('started');
