import { BUCKETS, METRICS, prometheusName, type NameOf } from './definitions.js';
import type { Measurements, Sink } from './measurements.js';
import type { Labels, MeterLike, PrometheusClient, Sample } from './peers.js';

const allOf = <Type extends (typeof METRICS)[number]['type']>(type: Type) =>
  METRICS.filter((metric): metric is Extract<(typeof METRICS)[number], { type: Type }> => {
    return metric.type === type;
  });

/** The instruments of a meter of OpenTelemetry. */
export function meterSink(meter: MeterLike, measurements: Measurements): Sink {
  const options = ({ about, unit }: { readonly about: string; readonly unit: string }) => {
    return { description: about, unit };
  };
  const counters = new Map(
    allOf('counter').map((one) => [one.name, meter.createCounter(one.name, options(one))]),
  );
  const advice = { explicitBucketBoundaries: BUCKETS };
  const histograms = new Map(
    allOf('histogram').map((one) => {
      return [one.name, meter.createHistogram(one.name, { ...options(one), advice })];
    }),
  );
  for (const one of allOf('gauge')) {
    meter.createObservableGauge(one.name, options(one)).addCallback((result) => {
      for (const { value, labels } of measured(measurements, one.name)) {
        result.observe(value, labels);
      }
    });
  }
  return {
    add: (name, value, labels) => counters.get(name)?.add(value, labels),
    record: (name, value, labels) => histograms.get(name)?.record(value, labels),
    expect: () => undefined, // a histogram of OpenTelemetry can't be there without a value
  };
}

/** The metrics of a registry of `prom-client`, and what takes them out of it. */
export function prometheusSink(
  client: PrometheusClient,
  measurements: Measurements,
): { readonly sink: Sink; readonly remove: () => void } {
  const configuration = (one: (typeof METRICS)[number]) => ({
    name: prometheusName(one),
    help: one.about,
    labelNames: [...one.labels],
    registers: [client.register as never],
  });
  const counters = new Map(
    allOf('counter').map((one) => [one.name, new client.Counter(configuration(one))]),
  );
  const histograms = new Map(
    allOf('histogram').map((one) => {
      return [one.name, new client.Histogram({ ...configuration(one), buckets: BUCKETS })];
    }),
  );
  const gaugeOf = (one: ReturnType<typeof allOf<'gauge'>>[number]) => {
    return new client.Gauge({
      ...configuration(one),
      collect() {
        this.reset();
        for (const { value, labels } of measured(measurements, one.name)) this.set(labels, value);
      },
    });
  };
  allOf('gauge').forEach(gaugeOf);
  return {
    sink: {
      add: (name, value, labels: Labels) => counters.get(name)?.inc(labels, value),
      record: (name, value, labels) => histograms.get(name)?.observe(labels, value),
      expect: (name, labels) => histograms.get(name)?.zero(labels),
    },
    remove: () => METRICS.forEach((one) => client.register.removeSingleMetric(prometheusName(one))),
  };
}

/** One that can't be measured must not cost the scrape of all others. */
function measured(measurements: Measurements, name: NameOf<'gauge'>): readonly Sample[] {
  try {
    return measurements.samples(name);
  } catch {
    return [];
  }
}
