import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Observable, Subject } from 'rxjs';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

@Controller('events')
class EventsController {
  readonly events = new Subject<MessageEvent>();
  subscribers = 0;

  @Sse()
  stream(): Observable<MessageEvent> {
    return new Observable((subscriber) => {
      this.subscribers += 1;
      const subscription = this.events.subscribe(subscriber);
      return () => {
        this.subscribers -= 1;
        subscription.unsubscribe();
      };
    });
  }
}

@Module({ controllers: [EventsController] })
class EventsModule {}

/** An app with one client that has had an event. */
async function streaming(setup: Omit<Parameters<typeof HttpApp.start>[0], 'module'>) {
  const app = await HttpApp.start({ ...setup, module: { imports: [EventsModule] } });
  const source = app.app.get(EventsController, { strict: false });
  const client = await app.connect();
  client.get('/events');
  await eventually('the subscription', () => source.subscribers === 1);
  source.events.next({ data: 'hello' });
  await client.until('data: hello');
  return { app, client, source };
}

describeOnTransports((target) => {
  describe('a stream of server-sent events', () => {
    it('ends cleanly as the drain begins, and nobody waits for it', async () => {
      const { app, client, source } = await streaming(target);

      await app.close();

      const { status, body } = await client.response();
      expect({ status, body }).toMatchObject({
        status: 200,
        body: expect.stringMatching(/hello\n\n$/),
      });
      await client.ended();
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
      await eventually('the end of the subscription', () => source.subscribers === 0);
    });

    it('goes on while the load balancers are waited for', async () => {
      const clock = new VirtualClock();
      const { app, client, source } = await streaming({
        ...target,
        options: { platform: 'kubernetes' },
        clock,
      });
      app.signal();
      await clock.advance(1_000);
      source.events.next({ data: 'still here' });
      await client.until('data: still here');
      await clock.advance(4_000);
      expect((await client.response()).body).toMatch(/still here\n\n$/);
      await clock.advance(1_000);
      await expect(app.exited()).resolves.toBe(0);
    });

    it('says when to come back, and a last word', async () => {
      const options = {
        platform: 'none',
        sseRetryMs: 2_000,
        sseLastEvent: { type: 'bye', data: 'one\ntwo' },
      } as const;
      const { app, client } = await streaming({ ...target, options });
      await app.close();

      const { body } = await client.response();
      const [, retry] = /retry: (\d+)\n\nevent: bye\ndata: one\ndata: two\n\n$/.exec(body) ?? [];
      expect(Number(retry)).toBeGreaterThanOrEqual(1_000);
      expect(Number(retry)).toBeLessThanOrEqual(2_000);
    });

    it('survives an event that comes after the end', async () => {
      const { app, source } = await streaming(target);
      const closed = app.close();
      await app.phase('drain');
      for (let index = 0; index < 5; index += 1) {
        source.events.next({ data: 'late' });
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
      expect(app.report.outcome).toBe('clean');
    });
  });
});

describe('without the module', () => {
  it('a stream keeps the application from closing', async () => {
    const { app } = await streaming({ platform: 'Express', options: null });
    const closed = app.app.close().then(() => 'closed');
    const alive = new Promise((resolve) => void setTimeout(resolve, 500, 'still open'));
    await expect(Promise.race([closed, alive])).resolves.toBe('still open');
    await app.destroy();
  });
});
