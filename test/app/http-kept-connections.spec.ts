import { expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeOnTransports } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

// Without a wait nobody was told of the close, and a request may be on its way on any connection.
describeOnTransports((target) => {
  async function start() {
    const clock = new VirtualClock();
    const app = await HttpApp.start({ ...target, clock });
    return { app, clock, clients: [await app.idleClient(), await app.idleClient()] };
  }

  it('a signal: idle connections are kept a moment after the listener has closed, and answered', async () => {
    const { app, clock, clients } = await start();
    const [asks, idle] = clients;
    app.signal();
    await app.phase('drain');
    await eventually('the listener to close', () => !app.server.listening);
    await manyTurns();
    await clock.advance(100);

    await expect(asks.get('/fast').response()).resolves.toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });
    await asks.ended();
    expect(idle.isOpen).toBe(true);
    await clock.advance(100);
    await idle.ended();
    expect(await app.exited()).toBe(0);
  });

  it.each([
    ['app.close()', (app: HttpApp) => void app.close()],
    [
      'Ctrl-C at a terminal',
      (app: HttpApp) => {
        app.process.interactive = true;
        app.signal('SIGINT');
      },
    ],
  ])('%s: they end at once, for somebody waits', async (_how, end) => {
    const { app, clients } = await start();
    end(app);
    for (const client of clients) await client.ended();
    await eventually('the end', () => app.graceful.state === 'closed');
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });
});
