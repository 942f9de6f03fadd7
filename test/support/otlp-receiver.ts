import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as OTLP has it in JSON. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Record<string, string | number | boolean>;
  readonly links: ReadonlyArray<{ readonly traceId: string; readonly spanId: string }>;
  readonly status: { readonly code?: number };
}

/** The last value of a series. */
export interface ReceivedPoint {
  readonly name: string;
  readonly attributes: Record<string, string | number | boolean>;
  /** Of a histogram: how many were recorded. */
  readonly value: number;
}

/* eslint-disable-next-line @typescript-eslint/no-explicit-any */
type Json = any;

/** A collector that keeps what it is sent by OTLP over HTTP, in JSON; or one that fails in one of the usual ways. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** How many calls have come, also those that were refused. */
  calls = 0;
  private readonly points = new Map<string, ReceivedPoint>();

  private constructor(
    private readonly server: Server,
    private readonly mood: 'takes all' | 'answers 503' | 'hangs',
  ) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.answer(request, response);
    });
  }

  static async start(
    mood: 'takes all' | 'answers 503' | 'hangs' = 'takes all',
  ): Promise<OtlpReceiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OtlpReceiver(server, mood);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Of a series, by its labels; undefined when it never came. */
  value(name: string, attributes: Record<string, string> = {}): number | undefined {
    return this.points.get(keyOf(name, attributes))?.value;
  }

  get names(): string[] {
    return [...new Set([...this.points.values()].map(({ name }) => name))];
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.calls += 1;
    if (this.mood === 'hangs') return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.mood === 'answers 503') {
      response.writeHead(503).end();
      return;
    }
    const body = JSON.parse(Buffer.concat(chunks).toString());
    for (const { scopeSpans } of body.resourceSpans ?? []) {
      for (const { spans } of scopeSpans) for (const span of spans) this.spans.push(spanOf(span));
    }
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      for (const { metrics } of scopeMetrics) for (const metric of metrics) this.keep(metric);
    }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  }

  private keep(metric: Json): void {
    const { dataPoints } = metric.sum ?? metric.gauge ?? metric.histogram;
    for (const point of dataPoints) {
      const attributes = attributesOf(point.attributes) as Record<string, string>;
      const value = Number(point.asInt ?? point.asDouble ?? point.count);
      this.points.set(keyOf(metric.name, attributes), { name: metric.name, attributes, value });
    }
  }
}

function spanOf(span: Json): ReceivedSpan {
  return {
    ...span,
    attributes: attributesOf(span.attributes),
    links: span.links ?? [],
    status: span.status ?? {},
  };
}

function attributesOf(list: Json): Record<string, string | number | boolean> {
  return Object.fromEntries(
    (list ?? []).map(({ key, value }: Json) => [
      key,
      value.stringValue ?? value.boolValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );
}

function keyOf(name: string, attributes: Record<string, string>): string {
  const labels = Object.entries(attributes).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([name, labels]);
}
