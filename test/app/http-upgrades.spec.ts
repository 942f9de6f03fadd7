import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { EchoGateway, acceptUpgrades, UPGRADE } from '../support/echo-upgrade.js';
import { HttpApp, type HttpAppSetup } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** Closes its sockets as Node does after a last response. */
@Injectable()
class ImpatientGateway implements OnModuleDestroy {
  readonly sockets: Socket[] = [];

  onModuleDestroy(): void {
    for (const socket of this.sockets) socket.destroySoon();
  }
}

describeOnTransports((target) => {
  describe('an upgraded socket', () => {
    async function start(setup: Partial<HttpAppSetup> = {}) {
      const clock = new VirtualClock();
      const app = await HttpApp.start({ ...target, clock, ...setup });
      return { app, clock };
    }

    async function upgrade(app: HttpApp) {
      const client = await app.connect();
      await client.get('/', UPGRADE).until('101 Switching Protocols');
      await client.send('ping').until('ping');
      client.received = '';
      return client;
    }

    it('goes on through the drain, and does not hold it', async () => {
      const { app } = await start();
      acceptUpgrades(app.server);
      const client = await upgrade(app);
      const other = await app.connect();
      other.get('/work/slow');
      await app.work.begun('slow');

      void app.close();
      await app.phase('drain');
      await client.send('still here').until('still here');
      app.work.finish('slow');

      await app.phase('close');
      expect(client.isOpen).toBe(true);
    });

    it('is closed by its owner, in a hook', async () => {
      const { app } = await start({ module: { providers: [EchoGateway] } });
      const gateway = app.app.get(EchoGateway);
      acceptUpgrades(app.server, (socket) => gateway.sockets.push(socket));
      const client = await upgrade(app);

      await app.close();

      await client.until('bye');
      await expect(client.closed()).resolves.toBeUndefined();
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('is destroyed by its owner in the way of Node, which is its own again', async () => {
      const { app } = await start({ module: { providers: [ImpatientGateway] } });
      const gateway = app.app.get(ImpatientGateway);
      acceptUpgrades(app.server, (socket) => gateway.sockets.push(socket as Socket));
      const client = await app.connect({ deafToFin: true });
      await client.get('/', UPGRADE).until('101 Switching Protocols');

      await app.close();

      await client.ended();
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('that its owner leaves open is cut soon after the last hook, and named', async () => {
      const { app, clock } = await start();
      acceptUpgrades(app.server);
      const client = await upgrade(app);

      const closed = app.close();
      await app.phase('close');
      await clock.advance(500);
      await client.closed();

      await closed;
      expect(app.report).toMatchObject({
        outcome: 'forced',
        unfinished: [
          { kind: 'socket', name: 'an upgraded socket that its owner left open', fate: 'cut' },
        ],
      });
    });

    it('is known as one, whenever the server began to accept them', async () => {
      const { app } = await start({
        configure: (nest) => acceptUpgrades(nest.getHttpServer() as Server),
      });
      const client = await upgrade(app);
      void app.close();
      await app.phase('close');
      expect(client.isOpen).toBe(true);
    });

    it('is none where nobody accepts them: Node answers such a request as any other', async () => {
      const { app } = await start();
      const client = await app.connect();
      await expect(client.get('/fast', UPGRADE).response()).resolves.toMatchObject({ status: 200 });

      const listener = () => undefined;
      app.server.on('upgrade', listener).off('upgrade', listener);

      expect(app.server.listenerCount('upgrade')).toBe(0);
      await expect(client.get('/fast', UPGRADE).response()).resolves.toMatchObject({ status: 200 });
    });
  });
});
