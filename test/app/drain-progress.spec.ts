import { expect, it } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

describeOnPlatforms((target) => {
  const start = async () => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({ ...target, clock });
    const lines = () => app.log.lines.filter((line) => line.startsWith('drain: still '));
    return { app, clock, lines };
  };

  it('a drain that lasts says every five seconds what it waits for', async () => {
    const { app, clock, lines } = await start();
    const answer = (await app.connect()).get('/work/one').response();
    await app.work.begun('one');

    app.signal();
    await app.phase('drain');
    await clock.advance(4_900);
    expect(lines()).toEqual([]);
    await clock.advance(200);
    expect(lines()).toEqual([
      expect.stringMatching(
        /^drain: still 1 request in flight, \d+(\.\d)? s left; the oldest: GET \/work\/:\w+ \(5(\.\d)? s\) \[still-draining\]$/,
      ),
    ]);
    await clock.advance(5_000);
    expect(lines()).toHaveLength(2);

    app.work.finish('one');
    await answer;
  });

  it('and nothing any more when it is over', async () => {
    const { app, clock, lines } = await start();
    const answer = (await app.connect()).get('/work/one').response();
    await app.work.begun('one');
    const closing = app.app.close();
    await app.phase('drain');
    app.work.finish('one');
    await answer;
    await closing;
    await clock.advance(20_000);
    expect(lines()).toEqual([]);
  });
});
