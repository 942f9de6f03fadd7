import { describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeOnPlatforms, describeOnTransports } from '../support/platforms.js';
import { RawClient } from '../support/raw-client.js';
import { VirtualClock } from '../support/virtual-clock.js';

describeOnTransports((target) => {
  describe('when the drain begins', () => {
    it('refuses new connections', async () => {
      const app = await HttpApp.start(target);
      const { port } = app;
      const client = await app.connect();
      client.get('/work/slow');
      await app.work.begun('slow');

      const idle = await app.idleClient();

      const closed = app.close();
      await idle.ended();
      await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

      app.work.finish('slow');
      await client.response();
      await closed;
    });

    it('says goodbye to an idle connection with a FIN', async () => {
      const app = await HttpApp.start(target);
      const idle = await app.idleClient();

      await app.close();

      await idle.ended();
      await expect(idle.closed()).resolves.toBeUndefined();
    });

    it('lets a request in flight finish, says close on it, and is over at once', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      client.get('/work/slow');
      await app.work.begun('slow');

      const closed = app.close();
      await app.phase('drain');
      app.work.finish('slow');

      await expect(client.response()).resolves.toMatchObject({
        status: 200,
        headers: { connection: 'close' },
        body: 'did slow',
      });
      const answeredAt = Date.now();
      await closed;
      expect(Date.now() - answeredAt).toBeLessThan(1_000); // and not after the 5 s of keepAliveTimeout
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });

  describe('a connection that holds nobody up', () => {
    it('has never sent a byte', async () => {
      const app = await HttpApp.start(target);
      const silent = await app.connect();

      await app.close();

      await silent.ended();
      expect(app.report.outcome).toBe('clean');
    });

    it('has never begun its TLS handshake, or any request', async () => {
      const app = await HttpApp.start(target);
      const silent = connect(app.port, '127.0.0.1');
      await new Promise((resolve) => app.server.once('connection', resolve));

      await app.close();

      silent.destroy();
      expect(app.report.outcome).toBe('clean');
    });

    it('does not hear the FIN', async () => {
      const app = await HttpApp.start({ ...target, clock: new VirtualClock() });
      const idle = await app.idleClient({ deafToFin: true });
      const silent = await app.connect({ deafToFin: true });

      await app.close();

      await Promise.all([idle.ended(), silent.ended()]);
      expect(app.report.outcome).toBe('clean');
    });
  });
});

describeOnTransports((target) => {
  describe('at a signal without a wait', () => {
    /** The listener is closed, and a client has connected before and said nothing. */
    const draining = async () => {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock });
      const client = await app.connect();
      app.signal();
      await eventually('the listener to close', () => !app.server.listening);
      await manyTurns();
      return { app, clock, client };
    };

    it('a client that has just connected is heard for a second, as a client that was held up needs', async () => {
      const { app, clock, client } = await draining();
      await clock.advance(900);
      await manyTurns();
      await expect(client.get('/fast').response()).resolves.toMatchObject({ status: 200 });
      expect(await app.exited()).toBe(0);
    });

    it('and one that says nothing is waited for no longer', async () => {
      const { app, clock, client } = await draining();
      await clock.advance(1_000);
      await client.ended();
      expect(await app.exited()).toBe(0);
    });
  });
});

describeOnPlatforms((target) => {
  it('a connection that waits to be accepted as the drain begins is accepted and served', async () => {
    const app = await HttpApp.start(target);
    const connecting = RawClient.connect(app.port);
    // Now connect(2) is called, and the event loop has not turned. Before, plain Nest would refuse it, too.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const closed = app.close();

    const client = await connecting; // closing the listener would reset it

    await expect(client.get('/fast').response()).resolves.toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });
    await closed;
  });
});
