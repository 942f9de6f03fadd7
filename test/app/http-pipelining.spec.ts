import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

const get = (path: string) => requestText('GET', path);

describeOnTransports((target) => {
  describe('pipelined requests', () => {
    it('that are in flight all get their answers, and only the last says close', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      client.send(get('/work/a') + get('/work/b') + get('/work/c'));
      await Promise.all(['a', 'b', 'c'].map((name) => app.work.begun(name)));

      const closed = app.close();
      await app.phase('drain');
      app.work.finish('c', 'a', 'b');

      const [a, b, c] = [await client.response(), await client.response(), await client.response()];
      expect([a.body, b.body, c.body]).toEqual(['did a', 'did b', 'did c']);
      expect(a.headers['connection']).not.toBe('close');
      expect(b.headers['connection']).not.toBe('close');
      expect(c.headers['connection']).toBe('close');
      await client.ended();
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report.outcome).toBe('clean');
    });

    it('behind an unanswered one are answered, also when they come in the drain', async () => {
      const app = await HttpApp.start(target);
      const [client, idle] = [await app.connect(), await app.idleClient()];
      client.get('/work/a');
      await app.work.begun('a');

      const closed = app.close();
      await idle.ended();
      client.get('/work/b');
      await app.work.begun('b');
      app.work.finish('b', 'a');

      const [a, b] = [await client.response(), await client.response()];
      expect([a.body, b.body]).toEqual(['did a', 'did b']);
      expect(a.headers['connection']).not.toBe('close');
      expect(b.headers['connection']).toBe('close');
      await closed;
      expect(app.report.outcome).toBe('clean');
    });

    it('behind an answered close are not run', async () => {
      const clock = new VirtualClock();
      const options = { platform: 'kubernetes' } as const;
      const app = await HttpApp.start({ ...target, options, clock });
      const client = await app.connect({ deafToFin: true });
      app.signal();
      await app.phase('propagate');

      const first = await client.get('/fast').response();
      await app.hasRead(client, get('/work/late') + get('/work/later'));

      expect(first.headers).toMatchObject({ connection: 'close' });
      await clock.advance(5_000);
      await expect(app.exited()).resolves.toBe(0);
      expect(app.work.started).toEqual([]);
      expect(client.received).toBe('');
    });

    it('behind a close that is still being answered are not run, and hold nobody up', async () => {
      const app = await HttpApp.start(target);
      const [client, other, idle] = [
        await app.connect(),
        await app.connect(),
        await app.idleClient(),
      ];
      other.get('/work/other');
      client.get('/work/ahead');
      await Promise.all([app.work.begun('other'), app.work.begun('ahead')]);

      const closed = app.close();
      await idle.ended();
      await app.hasRead(client, get('/stream/slow')); // its headers say close
      await app.work.begun('slow');
      await app.hasRead(client, get('/work/late'));
      app.work.finish('ahead', 'slow', 'other');

      await expect(client.response()).resolves.toMatchObject({ body: 'did ahead' });
      await expect(client.response()).resolves.toMatchObject({
        headers: { connection: 'close' },
        body: 'first half, second half',
      });
      await other.response();
      await closed;
      expect(app.work.started).toEqual(['other', 'ahead', 'slow']);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });
});
