import { Injectable } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { OnAnnounce } from '../../lib/decorators/shutdown.decorators.js';
import type { GracefulOptions } from '../../lib/options/graceful-options.js';
import { deferred } from '../../lib/time/waits.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeOnTransports } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** The shutdown stands still while it is announced. */
@Injectable()
class Gate {
  readonly open = deferred();

  @OnAnnounce()
  pass(): Promise<void> {
    return this.open.promise;
  }
}

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

  it.each<[string, string, GracefulOptions]>([
    ['without a wait, once the listener has closed', 'keep-alive', { platform: 'none' }],
    ['with one, at once: the control', 'close', { platform: 'kubernetes' }],
  ])('clients are told of the close %s', async (_when, connection, options) => {
    const clock = new VirtualClock();
    const app = await HttpApp.start({ ...target, clock, options, module: { providers: [Gate] } });
    const client = await app.idleClient();
    app.signal();
    await manyTurns();
    expect(app.graceful.state).toBe('draining');

    await expect(client.get('/fast').response()).resolves.toMatchObject({
      status: 200,
      headers: { connection },
    });
    app.app.get(Gate).open.resolve();
    await app.destroy();
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
