// What the specs use of libraries that are not installed with the repository.

declare module '@opentelemetry/api' {
  export const SpanKind: { readonly SERVER: number };
  export const trace: {
    setGlobalTracerProvider(provider: object): boolean;
    getTracer(name: string): {
      startSpan(
        name: string,
        options?: { kind?: number },
      ): { end(): void; spanContext(): { readonly spanId: string } };
    };
    disable(): void;
  };
  export const metrics: {
    setGlobalMeterProvider(provider: object): boolean;
    getMeter(name: string): { createCounter(name: string): { add(value: number): void } };
    disable(): void;
  };
}

declare module '@opentelemetry/exporter-trace-otlp-http' {
  export const OTLPTraceExporter: new (options: object) => object;
}

declare module '@opentelemetry/exporter-metrics-otlp-http' {
  export const OTLPMetricExporter: new (options: object) => object;
}

declare module '@opentelemetry/sdk-trace-node' {
  export const BatchSpanProcessor: new (exporter: object, options: object) => object;
  export class NodeTracerProvider {
    constructor(options: { spanProcessors: object[] });
    register(): void;
  }
}

declare module '@opentelemetry/sdk-metrics' {
  export const PeriodicExportingMetricReader: new (options: object) => object;
  export class MeterProvider {
    constructor(options: { readers: object[] });
    getMeter(name: string): { createCounter(name: string): { add(value: number): void } };
  }
}

declare module 'winston' {
  import type { Writable } from 'node:stream';

  export class Transport {
    log?(info: { message: string }, done: () => void): void;
  }
  export interface Logger extends Writable {
    info(message: string): void;
    child(meta: object): Logger;
  }
  const winston: {
    createLogger(options: { transports: object[] }): Logger;
    Transport: typeof Transport;
    transports: { Console: new () => object };
  };
  export default winston;
}
