import { beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { Scrapers } from '../../../lib/health/scrapers.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/** Someone who scrapes, on a connection that is kept. */
class Scraper {
  socket = { remoteAddress: '10.0.0.1', destroyed: false };

  constructor(
    private readonly scrapers: () => Scrapers,
    readonly headers: Record<string, string> = {
      'user-agent': 'Prometheus/2.42.0',
      'x-prometheus-scrape-timeout-seconds': '1',
    },
  ) {}

  /** Asks, and has its answer at once. */
  comes(): void {
    this.asks()();
  }

  /** Returns what gives it its answer. */
  asks(): () => void {
    return this.scrapers().came(this as unknown as IncomingMessage);
  }

  reconnects(): void {
    this.socket.destroyed = true;
    this.socket = { ...this.socket, destroyed: false };
  }
}

let clock: VirtualClock;
let scrapers: Scrapers;
let intervals: number[];
beforeEach(() => {
  clock = new VirtualClock();
  intervals = [];
  scrapers = new Scrapers(clock, (ms) => void intervals.push(ms));
});

const scraper = (headers?: Record<string, string>) => new Scraper(() => scrapers, headers);

/** All come each so often, one after the other. */
async function come(times: number, everyMs: number, ...all: Scraper[]): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    for (const one of all) one.comes();
    await clock.advance(everyMs);
  }
}

describe('the last scrape', () => {
  it('is that which begins after the last change, and not the one that is under way', async () => {
    const one = scraper();
    await come(3, 1_000, one);
    const underWay = one.asks();
    const last = scrapers.last(60_000);
    underWay();
    await clock.advance(999);
    one.comes();

    expect(await last).toEqual({ scrapers: 1, missed: [], waitedMs: 999 });
    expect(intervals).toEqual([1_000]);
  });

  it('is waited for from each of a pair behind one address', async () => {
    const [one, other] = [scraper(), scraper()];
    await come(3, 1_000, one, other);
    const last = scrapers.last(60_000);
    await clock.advance(100);
    one.comes();
    one.comes();
    await clock.advance(700);
    other.comes();

    expect(await last).toEqual({ scrapers: 2, missed: [], waitedMs: 800 });
  });

  it('comes from the same, also on a connection that is new', async () => {
    const one = scraper();
    await come(3, 1_000, one);
    one.reconnects();
    await come(1, 1_000, one);
    const last = scrapers.last(60_000);
    one.comes();

    expect(await last).toMatchObject({ scrapers: 1, missed: [] });
  });

  it('is waited for as long as the interval, and a little', async () => {
    await come(3, 10_000, scraper());
    const last = await clock.until(scrapers.last(60_000));

    expect(last).toEqual({ scrapers: 1, missed: [21_000], waitedMs: 11_000 });
  });

  it('is never waited for longer than there is time', async () => {
    await come(3, 10_000, scraper());
    const last = await clock.until(scrapers.last(2_000));

    expect(last).toMatchObject({ missed: [12_000], waitedMs: 2_000 });
  });

  it('is not waited for from one that has stayed away', async () => {
    await come(3, 1_000, scraper());
    await clock.advance(5_000);

    expect(await scrapers.last(60_000)).toEqual({ scrapers: 0, missed: [], waitedMs: 0 });
  });

  it('is not waited for from who came once, unless it says that it is Prometheus', async () => {
    scraper({ 'user-agent': 'curl/8.9' }).comes();
    expect(await scrapers.last(60_000)).toMatchObject({ scrapers: 0 });

    scraper().comes();
    const last = await clock.until(scrapers.last(60_000));
    expect(last).toEqual({ scrapers: 1, missed: [1_000], waitedMs: 1_000 });
  });

  it('is waited for from 32 at most', async () => {
    const many = Array.from({ length: 40 }, () => scraper());
    await come(2, 1_000, ...many);
    const last = await clock.until(scrapers.last(60_000));

    expect(last.scrapers).toBeLessThanOrEqual(32);
  });
});
