import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import {
  ANY_STREAM,
  H2C,
  describeOnHttp2,
  idleSession,
  openSession,
  passTheShare,
  SHARED,
  type Http2Target,
} from '../support/http2-app.js';
import { Http2RawClient } from '../support/http2-raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

const NO_ERROR = 0;

/** What a session is told from the first step to the last. */
function goodbyes({ twoSteps }: Http2Target, lastStream: number) {
  const final = { lastStream, code: NO_ERROR };
  return twoSteps ? [{ lastStream: ANY_STREAM, code: NO_ERROR }, final] : [final];
}

/** The frames of a connection that concern its end, in order. */
function farewell(client: Http2RawClient): string[] {
  return client.frames
    .filter(({ type }) => type === 'GOAWAY' || type === 'PING')
    .map(({ type, payload }) => (type === 'PING' ? type : `${type} ${payload.readUInt32BE(0)}`))
    .filter((one, index, all) => one !== all.at(index - 1)); // Node repeats the last GOAWAY
}

/** Lets happen what would happen by itself, some turns of the event loop long. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((next) => void setImmediate(next));
}

describeOnHttp2((target) => {
  describe('as the drain begins', () => {
    it('an idle session is told, asked, told the last stream, and closed', async () => {
      const app = await HttpApp.start(target);
      const idle = await idleSession(app, target);

      const closed = app.close();

      await expect(idle.closed()).resolves.toBeUndefined();
      await closed;
      expect(idle.goodbyes).toEqual(goodbyes(target, 1));
      const [first, ...rest] = target.twoSteps ? farewell(idle) : ['', ...farewell(idle)];
      expect(first).toBe(target.twoSteps ? `GOAWAY ${ANY_STREAM}` : '');
      expect(rest).toEqual(['PING', 'GOAWAY 1']);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('streams in flight finish, and those that come before the answer to the PING', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: SHARED, clock });
      const client = await openSession(app, target, { deaf: true });
      client.request(1, '/work/a').request(3, '/stream/b');
      await Promise.all([app.work.begun('a'), app.work.begun('b')]);

      const closed = app.close();
      await passTheShare(app, clock);
      await client.until('PING');
      client.request(5, '/work/raced');
      await app.work.begun('raced');
      client.answerPings();
      await client.goodbyesUntil(target.twoSteps ? 2 : 1);
      app.work.finish('a', 'b', 'raced');

      await expect(client.response(1)).resolves.toEqual({ status: 200, body: 'did a' });
      await expect(client.response(3)).resolves.toEqual({
        status: 200,
        body: 'first half, second half',
      });
      await expect(client.response(5)).resolves.toEqual({ status: 200, body: 'did raced' });
      await expect(client.closed()).resolves.toBeUndefined();
      await closed;
      expect(client.goodbyes).toEqual(goodbyes(target, 5));
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('a session is told behind the answer that it waits for, for there are clients that lose it', async () => {
      const app = await HttpApp.start(target);
      const client = await openSession(app, target);
      client.request(1, '/work/slow');
      await app.work.begun('slow');

      const closed = app.close();
      await app.phase('drain');
      await client.pong();
      await client.pong();
      expect(client.goodbyes).toEqual([]);
      app.work.finish('slow');

      await expect(client.response(1)).resolves.toEqual({ status: 200, body: 'did slow' });
      await closed;
      expect(client.goodbyes).toEqual(goodbyes(target, 1));
      const last = client.frames.findIndex(({ type, stream }) => type === 'DATA' && stream === 1);
      const first = client.frames.findIndex(({ type }) => type === 'GOAWAY');
      expect(first).toBeGreaterThan(last);
    });

    it('a stream behind the last GOAWAY is not served, nor answered: its client knows', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: SHARED, clock });
      const client = await openSession(app, target);
      client.request(1, '/work/slow');
      await app.work.begun('slow');

      const closed = app.close();
      await passTheShare(app, clock);
      await client.goodbyesUntil(target.twoSteps ? 2 : 1);
      client.request(3, '/work/late');
      await client.pong();
      app.work.finish('slow');

      await expect(client.response(1)).resolves.toMatchObject({ status: 200 });
      await closed;
      expect(client.goodbyes).toEqual(goodbyes(target, 1));
      expect(client.frames.filter(({ stream }) => stream === 3)).toEqual([]);
      expect(app.work.started).toEqual(['slow']);
    });

    it('a stream that the client gives up is waited for until its handler is done', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: SHARED, clock });
      const [before, during] = [await openSession(app, target), await openSession(app, target)];
      before.request(1, '/work/before');
      during.request(1, '/work/during');
      await Promise.all([app.work.begun('before'), app.work.begun('during')]);
      before.reset(1, 8);
      await before.request(3, '/fast').response(3);

      const closed = app.close();
      await passTheShare(app, clock);
      await during.until('PING');
      during.reset(1, 8);
      await during.closed();
      app.work.finish('before');
      await turns(50);
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('during');

      await closed;
      expect(app.work).toMatchObject({ inFlightAtDestroy: 0 });
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('what a client still sends behind the end of its session makes no RST', async () => {
      const app = await HttpApp.start({ ...target, clock: new VirtualClock() });
      const client = await idleSession(app, target, { deafToFin: true });
      const ended = new Promise((resolve) => void client.socket.once('end', resolve));

      const closed = app.close();
      await ended;
      client.request(3, '/fast');
      await turns(50);
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      client.socket.end();

      await expect(client.closed()).resolves.toBeUndefined();
      await closed;
      expect(client.goodbyes).toEqual(goodbyes(target, 1));
    });

    it('the work for a client that has vanished is waited for', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options: SHARED, clock });
      const client = await openSession(app, target);
      client.request(1, '/work/slow');
      await app.work.begun('slow');
      const closed = app.close();
      await passTheShare(app, clock);
      await client.until('PING');

      client.vanish();
      await app.log.until(/drain/);
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('slow');

      await closed;
      expect(app.work).toMatchObject({ inFlightAtDestroy: 0 });
      expect(app.report.outcome).toBe('clean');
    });
  });

  describe('a session that holds nobody up', () => {
    it('has never sent a byte', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const mute = await openSession(app, target, { mute: true });

      const closed = app.close();
      await mute.until('PING');
      await clock.advance(1_000);

      await closed;
      await mute.closed();
      expect(app.report.outcome).toBe('clean');
    });

    it('does not answer', async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const deaf = await idleSession(app, target, { deaf: true, deafToFin: true });

      const closed = app.close();
      await deaf.until('PING');
      await clock.advance(1_000);

      await closed;
      expect(deaf.goodbyes).toEqual(goodbyes(target, 1));
      expect(app.report.outcome).toBe('clean');
    });
  });
});

describe('HTTP/2 in the moment of the drain', () => {
  it('a connection that waits to be accepted is accepted and served', async () => {
    const app = await HttpApp.start(H2C);
    const connecting = Http2RawClient.connect(app.port);
    // Now connect(2) is called, and the event loop has not turned. Before, plain Nest would refuse it, too.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const closed = app.close();

    const client = await connecting; // closing the listener would reset it
    client.request(1, '/fast');

    await expect(client.response(1)).resolves.toEqual({ status: 200, body: 'fast' });
    await closed;
    expect(client.goodbyes).toEqual(goodbyes(H2C, 1));
    expect(client.frames[0].type).toBe('SETTINGS'); // before it, nothing is allowed
  });
});
