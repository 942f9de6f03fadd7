import { afterEach, describe, expect, it } from '@jest/globals';
import { channel } from 'node:diagnostics_channel';
import { InvalidOptionError } from '../../../lib/errors/invalid-option.error.js';
import { UnknownOptionError } from '../../../lib/errors/unknown-option.error.js';
import { METRICS, prometheusName } from '../../../lib/telemetry/definitions.js';
import {
  startTelemetry,
  type PrometheusClient,
  type TelemetryOptions,
} from '../../../lib/telemetry/index.js';

/** What a registry has: by name and labels. */
class Registry {
  readonly contentType = 'text/plain';
  readonly values = new Map<string, number>();
  readonly names: string[] = [];

  metrics(): string {
    return [...this.values].map(([key, value]) => `${key} ${value}`).join('\n');
  }

  removeSingleMetric(name: string): void {
    this.names.splice(this.names.indexOf(name), 1);
  }
}

const keyOf = (name: string, labels: object) => `${name} ${JSON.stringify(labels)}`;

/** As much of `prom-client` as is used; each value can be read. */
function client(): PrometheusClient & { readonly register: Registry } {
  const register = new Registry();
  const { names, values } = register;
  class Metric {
    constructor(readonly configuration: { name: string; collect?: () => void }) {
      if (names.includes(configuration.name)) throw new Error('registered twice');
      names.push(configuration.name);
    }
    inc(labels: object, value: number): void {
      const key = keyOf(this.configuration.name, labels);
      values.set(key, (values.get(key) ?? 0) + value);
    }
    observe(labels: object): void {
      this.inc(labels, 1);
    }
    zero(labels: object): void {
      this.inc(labels, 0);
    }
    reset(): void {}
    set(): void {}
  }
  const Counter = Metric as unknown as PrometheusClient['Counter'];
  const Gauge = Metric as unknown as PrometheusClient['Gauge'];
  const Histogram = Metric as unknown as PrometheusClient['Histogram'];
  return { register, Counter, Gauge, Histogram };
}

let running: ReturnType<typeof startTelemetry> | undefined;
afterEach(() => running?.stop());
const start = (options: TelemetryOptions) => (running = startTelemetry(options));

function errorOf(options: unknown): unknown {
  try {
    start(options as TelemetryOptions);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('startTelemetry()', () => {
  it.each([
    ['no object', 7, /Expected `options of startTelemetry\(\)` to be an object, got 7/],
    ['null', null, /to be an object, got null/],
    ['true', { prometheus: true }, /Expected `prometheus` to be the module prom-client, or false/],
    [
      'another module',
      { openTelemetry: { trace: {} } },
      /the module @opentelemetry\/api, or false/,
    ],
    [
      'nothing to tell',
      { openTelemetry: false, prometheus: false },
      /@opentelemetry\/api and prom-client, one of them at least.*Install one of the two/,
    ],
  ])('refuses %s', (_what, options, message) => {
    expect(errorOf(options)).toBeInstanceOf(InvalidOptionError);
    expect(String(errorOf(options))).toMatch(message);
  });

  it('refuses an option that it does not know', () => {
    expect(errorOf({ prometeus: client() })).toBeInstanceOf(UnknownOptionError);
    expect(String(errorOf({ prometeus: client() }))).toContain('prometheus');
  });

  it('is called once, and a second call gives the first; with options it is refused', () => {
    const first = start({ openTelemetry: false, prometheus: client() });
    expect(startTelemetry()).toBe(first);
    expect(errorOf({ prometheus: client() })).toBeInstanceOf(InvalidOptionError);
  });

  it('registers every metric, by the name that the collector would give it, and stop() removes them', () => {
    const prometheus = client();
    const { stop } = { stop: () => running?.stop() };
    start({ openTelemetry: false, prometheus });
    expect(prometheus.register.names.toSorted()).toEqual(METRICS.map(prometheusName).toSorted());
    for (const name of prometheus.register.names) {
      expect(name).toMatch(/^nestjs_graceful(_[a-z]+)+$/);
    }
    stop();
    expect(prometheus.register.names).toEqual([]);
    start({ openTelemetry: false, prometheus }); // or it would be registered twice
  });

  it('lets no error reach the process: a subscriber that throws would end it', async () => {
    const prometheus = client();
    start({ openTelemetry: false, prometheus });
    const thrown: unknown[] = [];
    const listener = (error: unknown) => void thrown.push(error);
    process.once('uncaughtException', listener);
    for (const name of ['state', 'phase', 'report', 'unclean-end', 'metrics']) {
      channel(`nestjs-graceful:${name}`).publish(undefined);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('uncaughtException', listener);

    expect(thrown).toEqual([]);
  });

  it('counts a former life that was killed before there is an application', () => {
    const prometheus = client();
    start({ openTelemetry: false, prometheus });
    const end = { record: { phase: 'drain' }, lastSeenAt: 0 };
    channel('nestjs-graceful:unclean-end').publish({ end });
    channel('nestjs-graceful:unclean-end').publish({ end: { lastSeenAt: 0 } });
    channel('nestjs-graceful:state').publish({ state: 'ready' });

    const value = (phase: string) =>
      prometheus.register.values.get(keyOf('nestjs_graceful_unclean_ends_total', { phase }));
    expect(value('drain')).toBe(1);
    expect(value('unknown')).toBe(1);
    expect(value('closing')).toBe(0);
  });
});
