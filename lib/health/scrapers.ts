import type { IncomingMessage } from 'node:http';
import { deferred, within, type Deferred } from '../time/waits.js';
import type { Clock } from '../time/clock.js';

/** So many are kept apart; the one that was silent for the longest time makes room. */
const MOST_SCRAPERS = 32;
/** So many intervals are remembered, and the longest of them counts: one scrape that failed is no new interval. */
const INTERVALS = 3;
/** A scrape may be this much later than its interval, in milliseconds, or a tenth of that interval. */
const LEAST_SLACK_MS = 250;
/** Who has missed so many intervals has left. */
const GONE_AFTER = 2;

/** How the wait for the last scrapes has ended. */
export interface LastScrapes {
  /** How many scrapers came while the application lived. */
  readonly scrapers: number;
  /** How long ago those that did not come once more were here last, in milliseconds. */
  readonly missed: readonly number[];
  readonly waitedMs: number;
}

/** One that comes again and again. */
interface Scraper {
  readonly address: string;
  socket: IncomingMessage['socket'];
  lastAt: number;
  /** From one scrape to the next, in milliseconds. */
  readonly intervals: number[];
  /** What `X-Prometheus-Scrape-Timeout-Seconds` says, in milliseconds: never longer than the interval. */
  readonly timeoutMs: number | undefined;
}

/**
 * Who scrapes the metrics, and how often. Each comes on a connection that it keeps, and the two of a pair may have one address and
 * one name, so it is the connection that tells them apart.
 */
export class Scrapers {
  private readonly all = new Set<Scraper>();
  /** Those that have to come once more. */
  private readonly awaited = new Set<Scraper>();
  private finished?: Deferred;

  constructor(
    private readonly clock: Clock,
    /** Told of the interval of a scraper when it has come twice, in milliseconds. */
    private readonly intervalSeen: (ms: number) => void = () => undefined,
  ) {}

  /** A scrape has come. Returns what to call when its answer, which was made after that, is on its way. */
  came(request: IncomingMessage): () => void {
    const now = this.clock.now();
    const scraper = this.find(request) ?? this.add(request, now);
    if (scraper.lastAt !== now) {
      scraper.intervals.push(now - scraper.lastAt);
      if (scraper.intervals.length === 1) this.intervalSeen(now - scraper.lastAt);
      if (scraper.intervals.length > INTERVALS) scraper.intervals.shift();
    }
    scraper.lastAt = now;
    scraper.socket = request.socket;
    const isLast = this.finished !== undefined;
    return () => {
      if (!isLast) return; // made before the last change
      this.awaited.delete(scraper);
      if (this.awaited.size === 0) this.finished?.resolve();
    };
  }

  /**
   * Nothing will change any more: resolves when each that came has come once more, or is not going to: at the latest after the
   * interval that was seen, and after `leftMs`.
   */
  async last(leftMs: number): Promise<LastScrapes> {
    const { clock } = this;
    const startedAt = clock.now();
    this.finished = deferred();
    const regular = [...this.all].filter((one) => patienceFor(one, startedAt) > 0);
    for (const one of regular) this.awaited.add(one);
    const limitMs = Math.max(0, ...regular.map((one) => patienceFor(one, startedAt)));
    if (regular.length > 0) {
      await within(Math.max(0, Math.min(leftMs, limitMs)), this.finished.promise, clock);
    }
    const now = clock.now();
    return {
      scrapers: regular.length,
      missed: [...this.awaited].map(({ lastAt }) => now - lastAt),
      waitedMs: now - startedAt,
    };
  }

  private find(request: IncomingMessage): Scraper | undefined {
    const address = addressOf(request);
    const likely = [...this.all].filter((one) => one.address === address);
    const same = likely.find(({ socket }) => socket === request.socket);
    // One whose connection is gone has made a new one.
    return same ?? longestSilent(likely.filter(({ socket }) => socket.destroyed));
  }

  private add(request: IncomingMessage, now: number): Scraper {
    if (this.all.size >= MOST_SCRAPERS) this.all.delete(longestSilent([...this.all]) as Scraper);
    const seconds = Number(request.headers['x-prometheus-scrape-timeout-seconds']);
    const scraper: Scraper = {
      address: addressOf(request),
      socket: request.socket,
      lastAt: now,
      intervals: [],
      timeoutMs: seconds > 0 && Number.isFinite(seconds) ? seconds * 1_000 : undefined,
    };
    this.all.add(scraper);
    return scraper;
  }
}

/** How long the next scrape of one is waited for, in milliseconds; 0 for one that came once only, and one that has left. */
function patienceFor({ intervals, lastAt, timeoutMs }: Scraper, now: number): number {
  if (intervals.length === 0) return timeoutMs ?? 0;
  const interval = Math.max(...intervals);
  if (now - lastAt > GONE_AFTER * interval + LEAST_SLACK_MS) return 0;
  return interval + Math.max(LEAST_SLACK_MS, interval / 10);
}

function addressOf({ socket, headers }: IncomingMessage): string {
  return `${socket.remoteAddress ?? ''} ${headers['user-agent'] ?? ''}`;
}

function longestSilent(scrapers: readonly Scraper[]): Scraper | undefined {
  return scrapers.toSorted((one, other) => one.lastAt - other.lastAt)[0];
}
