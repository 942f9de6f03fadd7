import type { SpanContextLike } from './peers.js';

/** Of `SpanKind` in `@opentelemetry/api` 1. */
const SERVER = 1;
const CONSUMER = 4;
/** Spans that are never ended must not fill the memory. */
const MOST_SPANS = 10_000;
/** As many as an SDK keeps by default (`OTEL_SPAN_LINK_COUNT_LIMIT`). */
const MOST_LINKS = 128;

interface Span {
  readonly kind?: number;
  spanContext(): SpanContextLike;
}

/**
 * A span processor that knows which requests and messages are in flight, so that the span of a shutdown can link to them. Give it to
 * your SDK beside your own: `spanProcessors: [telemetry.spanProcessor, new BatchSpanProcessor(exporter)]`. It exports nothing.
 */
export class InFlightSpans {
  private readonly spans = new Set<Span>();

  onStart(span: Span): void {
    if (span.kind !== SERVER && span.kind !== CONSUMER) return;
    if (this.spans.size >= MOST_SPANS) this.spans.delete(this.spans.values().next().value as Span);
    this.spans.add(span);
  }

  onEnd(span: object): void {
    this.spans.delete(span as Span);
  }

  /** Those that have been in flight for the longest time come first. */
  links(): Array<{ readonly context: SpanContextLike }> {
    return [...this.spans].slice(0, MOST_LINKS).map((span) => ({ context: span.spanContext() }));
  }

  forceFlush(): Promise<void> {
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    this.spans.clear();
    return Promise.resolve();
  }
}
