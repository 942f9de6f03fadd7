import { metrics, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { TeardownApp } from '../support/teardown-app.js';

const patient: GracefulOptions = { gracePeriodMs: 30_000, flushTimeoutMs: 6_000 };
const BATCH = 4;

/** A collector that takes what it is given a moment later, as one behind a network does. */
class Collector {
  readonly taken: unknown[] = [];
  readonly pending = new Set<Promise<void>>();
  exports = 0;

  constructor(private readonly failure?: Error) {}

  export(items: unknown, done: (result: { code: number; error?: Error }) => void): void {
    this.exports += 1;
    const under = new Promise<void>((resolve) => {
      setTimeout(() => {
        if (!this.failure) this.taken.push(...(Array.isArray(items) ? items : [items]));
        done(this.failure ? { code: 1, error: this.failure } : { code: 0 });
        resolve();
      }, 50);
    });
    this.pending.add(under);
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.pending);
  }

  async shutdown(): Promise<void> {}
}

/** `forceFlush()` is optional for an exporter of spans. */
class PlainCollector extends Collector {
  override forceFlush = undefined as never;
}

afterEach(() => {
  trace.disable();
  metrics.disable();
});

function traceTo(exporter: Collector): void {
  const options = { maxExportBatchSize: BATCH, scheduledDelayMillis: 60_000 };
  new NodeTracerProvider({
    spanProcessors: [new BatchSpanProcessor(exporter, options)],
  }).register();
}

function measureTo(exporter: Collector): { add(value: number): void } {
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  return provider.getMeter('test').createCounter('count');
}

/** Ends this many spans in the last request: a whole batch leaves at once. */
function end(spans: number): void {
  for (let n = 0; n < spans; n += 1) trace.getTracer('test').startSpan(`span ${n}`).end();
}

describe('a batch of spans that is on its way', () => {
  it.each([
    ['by an exporter that can be flushed', new Collector()],
    ['by an exporter that can not', new PlainCollector()],
  ])('is waited for: %s', async (_, collector) => {
    traceTo(collector);
    const app = await TeardownApp.start({ options: patient });
    end(BATCH);
    expect(collector.exports).toBe(1);
    await app.close();

    expect(collector.taken).toHaveLength(BATCH);
    expect(app.tasks('OpenTelemetry traces')).toMatchObject([
      { outcome: 'done', handedOver: true },
    ]);
    expect(app.log.lines.join('\n')).toMatch(/clean in .*; handed over: OpenTelemetry traces/);
  });
});

describe('a collector of metrics that is down', () => {
  it('is named, though the SDK says that all is well, and leaves the shutdown clean', async () => {
    const counter = measureTo(new Collector(new Error('503 Service Unavailable')));
    const app = await TeardownApp.start({ options: patient });
    counter.add(1);
    await app.close();

    expect(app.tasks('OpenTelemetry metrics')).toMatchObject([
      { outcome: 'failed', handedOver: false, error: 'Error: 503 Service Unavailable' },
    ]);
    expect(app.report.outcome).toBe('clean');
  });
});

describe('metrics', () => {
  it('are sent once when nothing has been measured since', async () => {
    const collector = new Collector();
    const counter = measureTo(collector);
    const app = await TeardownApp.start({ options: patient });
    counter.add(1);
    await app.close();

    expect(collector.exports).toBe(1);
    expect(app.log.warnings.join()).not.toContain('handed over');
  });

  it('are sent again when a hook has measured something', async () => {
    const collector = new Collector();
    const counter = measureTo(collector);
    const last = { onApplicationShutdown: () => counter.add(1) };
    const app = await TeardownApp.start({
      options: patient,
      providers: [{ provide: 'last', useValue: last }],
    });
    counter.add(1);
    await app.close();

    expect(collector.exports).toBe(2);
  });

  it('that a hook has measured first, with a counter of its own, are sent as well', async () => {
    const collector = new Collector();
    measureTo(collector).add(1);
    const meter = () => metrics.getMeter('test').createCounter('late');
    const last = { onApplicationShutdown: () => meter().add(1) };
    const app = await TeardownApp.start({
      options: patient,
      providers: [{ provide: 'last', useValue: last }],
    });
    await app.close();

    expect(collector.exports).toBe(2);
  });
});
