import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** A path of the test's controller that stands for `/metrics`. */
const options = { exemptPaths: ['/work/scrape'] };
const SCRAPE = { 'X-Prometheus-Scrape-Timeout-Seconds': '3' };

/** Lets virtual time go on until a promise settles, slowly enough for what is real. */
async function during(clock: VirtualClock, promise: Promise<void>): Promise<void> {
  const state = { over: false };
  void promise.then(() => (state.over = true));
  while (!state.over) {
    await clock.advance(100);
    await new Promise((resolve) => void setTimeout(resolve, 10));
  }
}

describeOnPlatforms(({ platform }) => {
  describe('a scrape that is in flight as the drain begins', () => {
    async function scraped(headers: Record<string, string> = {}) {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ platform, options, clock });
      const client = await app.connect();
      client.get('/work/scrape', headers);
      await app.work.begun('scrape');
      const idle = await app.idleClient();
      const closed = app.close();
      await idle.ended();
      return { app, clock, client, closed };
    }

    it('gets its answer, and is not counted', async () => {
      const { app, client, closed } = await scraped();
      expect(app.work.inFlightAtDestroy).toBeUndefined();

      app.work.finish('scrape');

      await expect(client.response()).resolves.toMatchObject({ status: 200, body: 'did scrape' });
      await closed;
      expect(app.log.lines).toContainEqual(expect.stringMatching(/^app.close\(\).*; 0 requests/));
      expect(app.report.outcome).toBe('clean');
    });

    it.each([
      ['10 s', {}, 10_000],
      ['what it says', SCRAPE, 3_000],
    ])(
      'and hangs is waited for no longer than Prometheus waits: %s',
      async (_what, headers, ms) => {
        const { app, clock, client, closed } = await scraped(headers);

        await clock.advance(ms - 100);
        expect(app.work.inFlightAtDestroy).toBeUndefined();
        await clock.advance(200);

        await during(clock, closed);
        await client.ended();
        expect(app.work.inFlightAtDestroy).toBe(1);
        expect(app.report.outcome).toBe('clean');
      },
    );

    it('and hangs takes no more than its share of a short drain', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({
        platform,
        options: { ...options, gracePeriodMs: 8_000 },
        clock,
      });
      const client = await app.connect();
      client.get('/work/scrape');
      await app.work.begun('scrape');
      const closed = app.close();
      await app.phase('drain');

      await during(clock, closed);
      expect(app.report.outcome).toBe('clean');
    });
  });
});
