import { describe, expect, it } from '@jest/globals';
import type { Integration } from '../../lib/engine/integration.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** 58 s of it are the shutdown's to use, and load balancers are not waited for. */
const GRACE = { gracePeriodMs: 60_000, exitMarginMs: 2_000, platform: 'none' } as const;

/** A source whose work can be told to end early. */
class Queue implements Integration {
  readonly name = 'queue';
  aborted = 0;

  attach(host: Parameters<Integration['attach']>[0]): void {
    const jobs = host.counter();
    host.add({
      name: 'queue mail',
      kind: 'job',
      stopTaking: () => undefined,
      inFlight: () => jobs.list(),
      finished: (signal) => jobs.idle(signal),
      abort: () => (this.aborted += 1),
    });
  }
}

/** A connection that was not told of the close lingers. */
async function over(app: HttpApp, clock: VirtualClock): Promise<void> {
  while (app.process.exits.length === 0) await clock.advance(100);
}

describeOnPlatforms((target) => {
  const start = async (options: GracefulOptions = {}) => {
    const clock = new VirtualClock();
    const queue = new Queue();
    const setup = { ...target, clock, options: { ...GRACE, ...options }, integrations: [queue] };
    const app = await HttpApp.start(setup);
    const answer = (await app.connect()).get('/work/one').response();
    await app.work.begun('one');
    return { app, clock, queue, answer };
  };

  describe('the signals of a shutdown', () => {
    it('are two: `signal` as it begins, `deadlineSignal` when the time of the drain is over', async () => {
      const { app, clock, answer } = await start({ drainTimeoutMs: 10_000 });
      const { signal, deadlineSignal } = app.graceful;
      app.signal();
      expect([signal.aborted, deadlineSignal.aborted]).toEqual([true, false]);
      await app.phase('drain');
      await clock.advance(9_999);
      expect(deadlineSignal.aborted).toBe(false);
      await clock.advance(1);
      expect(deadlineSignal.aborted).toBe(true);
      expect(String(deadlineSignal.reason)).toContain('The time for work in flight is over');
      expect((await answer).status).toBe(503);
    });

    it('a drain that ends in time aborts only the first', async () => {
      const { app, clock, answer } = await start();
      app.signal();
      app.work.finish('one');
      await answer;
      await over(app, clock);
      await clock.advance(120_000);
      expect(app.graceful.deadlineSignal.aborted).toBe(false);
    });
  });

  describe('earlyAbort', () => {
    const route = (path: string, at?: 'start' | number) => ({ earlyAbort: [{ route: path, at }] });
    const asked = { method: 'GET', url: '/work/one?token=x' };

    it('tells requests of a route as the shutdown begins, and no others', async () => {
      const { app, answer } = await start(route('GET /work/:name'));
      const [hit, miss, post] = [
        asked,
        { ...asked, url: '/fast' },
        { ...asked, method: 'POST' },
      ].map((request) => app.graceful.workSignal(request));
      app.signal();
      expect([hit, miss, post].map((signal) => signal?.aborted)).toEqual([true, false, false]);
      expect(miss).toBe(app.graceful.deadlineSignal);
      app.work.finish('one');
      expect((await answer).status).toBe(200);
    });

    it('or at a share of the time, and at the deadline at the latest', async () => {
      const { app, clock, answer } = await start(route('/work/*', 0.25));
      const { signal, mounted } = {
        signal: app.graceful.workSignal(asked),
        mounted: app.graceful.workSignal({ ...asked, url: '/', originalUrl: asked.url }),
      };
      app.signal();
      await app.phase('drain');
      await clock.advance(58_000 / 4 - 1);
      expect(signal.aborted).toBe(false);
      await clock.advance(1);
      expect([signal.aborted, mounted.aborted]).toEqual([true, true]);
      app.work.finish('one');
      await answer;

      const late = await start({ ...route('/work/*', 0.9), drainTimeoutMs: 1_000 });
      const lateSignal = late.app.graceful.workSignal(asked);
      late.app.signal();
      await late.app.phase('drain');
      await late.clock.advance(1_000);
      expect(lateSignal.aborted).toBe(true);
      await late.answer;
    });

    it('tells a source by its name, and what it has running', async () => {
      const { app, queue, answer } = await start({ earlyAbort: [{ source: 'queue mail' }] });
      const [jobs, requests] = ['queue mail', 'http'].map((name) => app.graceful.workSignal(name));
      app.signal();
      expect([jobs?.aborted, requests?.aborted, queue.aborted]).toEqual([true, false, 1]);
      app.work.finish('one');
      await answer;
    });

    it.each<[string, NonNullable<GracefulOptions['earlyAbort']>[number], RegExp]>([
      ['a source that there is not', { source: 'queue mial' }, /Did you mean 'queue mail'\?/],
      ['neither source nor route', {}, /either `source` or `route`/],
      ['both', { source: 'http', route: '/x' }, /either `source` or `route`/],
      ['a route with a query', { route: '/x?y' }, /earlyAbort\[0\]\.route.*without a query/],
      ['a share that is none', { source: 'http', at: 1 }, /earlyAbort\[0\]\.at.*below 1/],
    ])('fails at boot for %s', async (_what, rule, words) => {
      await expect(start({ earlyAbort: [rule] })).rejects.toThrow(words);
    });
  });
});
