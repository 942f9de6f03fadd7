import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../time/clock.js';
import { send } from './probe-responder.js';
import { Scrapers, type LastScrapes } from './scrapers.js';

/** What the channel `nestjs-graceful:metrics` is told when a scrape has come: who has metrics answers, in the same turn. */
export interface MetricsMessage {
  answer(metrics: Metrics): void;
}

/** Metrics in the text format of Prometheus. */
export interface Metrics {
  /** Such as `text/plain; version=0.0.4; charset=utf-8`. */
  readonly contentType: string;
  text(): string | Promise<string>;
}

const metricsChannel = channel('nestjs-graceful:metrics');

/**
 * Prometheus' server closes a connection of its own that was idle for five minutes. Longer than that, in milliseconds, so that it is
 * the scraper that closes it: two behind one address are told apart by their connections.
 */
export const KEPT_FOR_SCRAPERS_MS = 310_000;

/** Answers scrapes on the port of the probes, and knows who comes. */
export class MetricsEndpoint {
  private readonly scrapers: Scrapers;

  constructor(
    private readonly path: string,
    clock: Clock,
    intervalSeen: (ms: number) => void,
  ) {
    this.scrapers = new Scrapers(clock, intervalSeen);
  }

  /** Whether anybody has metrics to give. */
  get hasMetrics(): boolean {
    return ask().length > 0;
  }

  /** Answers when the request is for the metrics; says whether it was. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    if (!url.startsWith(this.path)) return false;
    if (url.length !== this.path.length && url[this.path.length] !== '?') return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, { message: 'Use GET or HEAD.' }, { Allow: 'GET, HEAD' });
    } else void this.respond(request, response);
    return true;
  }

  /** Resolves when each scraper that came has come once more, or is not going to; not later than in so many milliseconds. */
  lastScrapes(leftMs: number): Promise<LastScrapes> {
    return this.scrapers.last(leftMs);
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [metrics] = ask();
    if (!metrics) return send(response, 404, { message: 'Nobody has metrics here.' });
    const isAnswered = this.scrapers.came(request);
    try {
      const text = await metrics.text();
      response.writeHead(200, {
        'Content-Type': metrics.contentType,
        'Content-Length': Buffer.byteLength(text),
        'Cache-Control': 'no-store',
      });
      response.end(text, isAnswered);
    } catch {
      // What went wrong may name what is not for whoever asks.
      send(response, 500, { message: 'The metrics can not be read.' });
    }
  }
}

function ask(): Metrics[] {
  const answers: Metrics[] = [];
  const message: MetricsMessage = { answer: (metrics) => void answers.push(metrics) };
  if (metricsChannel.hasSubscribers) metricsChannel.publish(message);
  return answers;
}
