import { describe, expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

const MALFORMED: ReadonlyArray<[name: string, begin: string, rest: string, status: number]> = [
  ['garbage', 'GET', '\x00\x16\x03 nonsense\r\n\r\n', 400],
  ['a bad header', 'GET / HTTP/1.1\r\n', 'Host: test\r\nno colon here\r\n\r\n', 400],
  ['an oversized header', 'GET / HTTP/1.1\r\n', `X: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  [
    'two different lengths',
    'POST / HTTP/1.1\r\n',
    'Content-Length: 1\r\nContent-Length: 2\r\n',
    400,
  ],
];

describeOnTransports((target) => {
  describe.each(MALFORMED)('%s', (_name, begin, rest, status) => {
    it('is answered while the load balancers are waited for, and the others are served', async () => {
      const options = { platform: 'kubernetes' } as const;
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, options, clock });
      const [bad, good] = [await app.connect(), await app.connect()];
      app.signal();
      await app.phase('propagate');

      bad.send(begin + rest);

      await bad.until(`HTTP/1.1 ${status} `);
      await bad.closed(); // as Node closes it: by an RST, if there was more to read
      await expect(good.get('/fast').response()).resolves.toMatchObject({ status: 200 });
      await clock.advance(5_000);
      await expect(app.exited()).resolves.toBe(0);
    });

    it('is answered in the drain, and ends it', async () => {
      const app = await HttpApp.start({ ...target, clock: new VirtualClock() });
      const [bad, idle] = [await app.connect(), await app.idleClient()];
      await app.hasRead(bad, begin);
      const closed = app.close();
      await idle.ended();

      bad.send(rest);

      await bad.until(`HTTP/1.1 ${status} `);
      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });

  it('a body that turns out to be malformed in the drain ends its request, and the drain', async () => {
    const app = await HttpApp.start({ ...target, clock: new VirtualClock() });
    const [bad, idle] = [await app.connect(), await app.idleClient()];
    const headers = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' };
    await app.hasRead(bad, `${requestText('POST', '/work/upload', headers)}4\r\n{"a"\r\n`);
    const closed = app.close();
    await idle.ended();

    bad.send('this is no length\r\n');

    await bad.until('HTTP/1.1 400 ');
    await closed;
    expect(app.work.started).toEqual([]);
    expect(app.report.outcome).toBe('clean');
  });

  it('bytes that arrive after the goodbye are dropped', async () => {
    const app = await HttpApp.start({ ...target, clock: new VirtualClock() });
    const [bad, other] = [await app.idleClient({ deafToFin: true }), await app.connect()];
    other.get('/work/slow');
    await app.work.begun('slow');
    const closed = app.close();
    await bad.ended();

    bad.send('more nonsense\r\n\r\n');
    bad.send(requestText('GET', '/work/late'));

    app.work.finish('slow');
    await other.response();
    await closed;
    expect(app.work.started).toEqual(['slow']);
    expect(app.report.outcome).toBe('clean');
  });
});
