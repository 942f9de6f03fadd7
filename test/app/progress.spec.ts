import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Graceful } from '../../lib/graceful.js';
import { OnDrain } from '../../lib/decorators/shutdown.decorators.js';
import { InvalidOptionError } from '../../lib/errors/invalid-option.error.js';
import type { ProgressMessage } from '../../lib/lifecycle/state-events.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const CHANNEL = 'nestjs-graceful:progress';

const listeners: Array<(message: unknown) => void> = [];
afterEach(() => listeners.splice(0).forEach((listener) => unsubscribe(CHANNEL, listener)));

function told(): ProgressMessage['progress'][] {
  const seen: ProgressMessage['progress'][] = [];
  const listener = (message: unknown) => void seen.push((message as ProgressMessage).progress);
  listeners.push(listener);
  subscribe(CHANNEL, listener);
  return seen;
}

/** Notes when the requests were over, in a task that runs beside their drain. */
@Injectable()
class Archive {
  readonly notes: string[] = [];

  constructor(private readonly graceful: Graceful) {}

  @OnDrain()
  async afterRequests(): Promise<void> {
    this.notes.push('waits');
    this.notes.push(`idle: ${await this.graceful.idle('http')}`);
  }
}

/** A connection that was not told of the close lingers. */
async function over(app: HttpApp, clock: VirtualClock): Promise<void> {
  while (app.process.exits.length === 0) await clock.advance(100);
}

describeOnPlatforms((target) => {
  const start = async (module = {}) => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({ ...target, clock, module });
    const answer = (await app.connect()).get('/work/one').response();
    await app.work.begun('one');
    return { app, clock, answer };
  };

  describe('progress()', () => {
    it('says what is in flight, at rest and in each phase', async () => {
      const { app, clock, answer } = await start();
      const request = {
        source: 'http',
        kind: 'request',
        count: 1,
        oldest: { name: expect.stringMatching(/^GET \/work\/:/), ageMs: 0 },
      };
      expect(app.graceful.progress()).toEqual({
        state: 'ready',
        phases: [],
        elapsedMs: 0,
        inFlight: [request],
      });

      app.signal();
      await app.phase('drain');
      await clock.advance(1_500);
      const { phases, ...now } = app.graceful.progress();
      expect(now).toEqual({
        state: 'draining',
        reason: { kind: 'signal', signal: 'SIGTERM' },
        elapsedMs: 1_500,
        remainingMs: 60_000 - 2_000 - 1_500,
        inFlight: [{ ...request, oldest: { ...request.oldest, ageMs: 1_500 } }],
      });
      expect(phases).toEqual([{ name: 'drain', deadline: expect.any(Number) }]);

      app.work.finish('one');
      await answer;
      await over(app, clock);
      expect(app.graceful.progress()).toMatchObject({ state: 'closed', phases: [], inFlight: [] });
    });

    it('is told through its channel as each phase starts, and every second', async () => {
      const seen = told();
      const { app, clock, answer } = await start();
      app.signal();
      await app.phase('drain');
      for (let second = 0; second < 3; second += 1) await clock.advance(1_000);
      const inDrain = seen.filter(({ phases }) => phases.some(({ name }) => name === 'drain'));
      expect(inDrain.map(({ elapsedMs }) => elapsedMs)).toEqual([0, 1_000, 2_000, 3_000]);

      app.work.finish('one');
      await answer;
      await over(app, clock);
      const last = seen.length;
      await clock.advance(10_000);
      expect(seen).toHaveLength(last);
      expect(seen.at(-1)?.inFlight).toEqual([]);
    });
  });

  describe('idle()', () => {
    it('lets a task wait for the requests alone', async () => {
      const { app, clock, answer } = await start({ providers: [Archive] });
      const tracked = app.graceful.hold('export');
      app.signal();
      await app.phase('drain');
      const { notes } = app.app.get(Archive);
      expect(notes).toEqual(['waits']);
      app.work.finish('one');
      await answer;
      const idle = app.graceful.idle('request');
      while (notes.length < 2) await clock.advance(100); // Fastify's connection lingers
      await idle;
      expect(notes).toEqual(['waits', 'idle: true']);
      expect(app.graceful.state).toBe('draining'); // for the tracked work
      tracked.release();
      await app.exited();
    });

    it('waits at rest until nothing is in flight, and not for ever', async () => {
      const { app, clock, answer } = await start();
      const late = app.graceful.idle('http', { timeoutMs: 1_000 });
      await clock.advance(1_000);
      await expect(late).resolves.toBe(false);
      const inTime = app.graceful.idle('http');
      app.work.finish('one');
      await answer;
      await clock.advance(100);
      await expect(inTime).resolves.toBe(true);
    });

    it('knows no source by a wrong name', async () => {
      const { app, answer } = await start();
      await expect(app.graceful.idle('htpp')).rejects.toThrow(
        /^Expected `source of idle\(\)`.*Did you mean 'http'\? There are: http, tracked work/,
      );
      await expect(app.graceful.idle('htpp')).rejects.toBeInstanceOf(InvalidOptionError);
      app.work.finish('one');
      await answer;
    });
  });
});
