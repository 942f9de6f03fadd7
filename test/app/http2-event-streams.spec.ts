import { Controller, Module, Sse, type MessageEvent } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Observable, Subject } from 'rxjs';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnHttp2, openSession, passTheShare, SHARED } from '../support/http2-app.js';
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

describeOnHttp2((target) => {
  describe('a stream of server-sent events', () => {
    it('ends cleanly as the drain begins, with a last word, and so does one that comes then', async () => {
      const clock = new VirtualClock();
      const options = {
        sseRetryMs: 2_000,
        sseLastEvent: { type: 'bye', data: 'one' },
        sseEndlessPaths: ['/events'],
        ...SHARED,
      };
      const module = { imports: [EventsModule] };
      const app = await HttpApp.start({ ...target, module, options, clock });
      const source = app.app.get(EventsController, { strict: false });
      const client = await openSession(app, target, { deaf: true });
      client.request(1, '/events').request(3, '/work/slow');
      await eventually('the subscription', () => source.subscribers === 1);
      source.events.next({ data: 'hello' });
      await client.until('DATA', 1);

      const closed = app.close();
      await passTheShare(app, clock);
      await client.until('PING');
      client.request(5, '/events');

      const last = /retry: \d+\n\nevent: bye\ndata: one\n\n$/;
      const [early, late] = [await client.response(1), await client.response(5)];
      expect(early).toEqual({ status: 200, body: expect.stringMatching(last) });
      expect(early.body).toContain('data: hello\n\n');
      expect(late).toEqual({ status: 200, body: expect.stringMatching(last) });
      client.answerPings();
      app.work.finish('slow');
      await expect(client.closed()).resolves.toBeUndefined();
      await app.phase('drain');
      await clock.advance(200); // what the end of a stream sets off has this much time at least
      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
      await eventually('the end of the subscription', () => source.subscribers === 0);
    });
  });
});
