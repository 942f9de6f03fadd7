import { describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';

/** As on Deno 2.9, whose server keeps a list that can't be asked. The rest of it Node needs itself. */
function forgetWhatIsActive(server: Server): void {
  const symbol = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'http.server.connections',
  );
  if (!symbol) throw new Error('it has no list');
  Object.assign(Reflect.get(server, symbol) as object, { active: undefined });
}

/** As if the server had announced another socket than the one its requests come on. */
function forgetConnection(socket: Socket): void {
  const symbols = Object.getOwnPropertySymbols(socket);
  const mark = symbols.find(({ description }) => description === 'nestjs-graceful.connection');
  if (!mark || !Reflect.deleteProperty(socket, mark)) throw new Error('it has no mark');
}

describeOnPlatforms((target) => {
  describe('where the runtime is not quite Node', () => {
    it('a first request that has begun is waited for', async () => {
      const app = await HttpApp.start(target);
      const slow = await app.connect();
      slow.get('/work/slow');
      await app.work.begun('slow');
      const late = await app.connect();
      await app.hasRead(late, 'GET /work/late HTTP/1.1\r\nHo');
      forgetWhatIsActive(app.server);

      const closed = app.close();
      await app.phase('drain');
      app.work.finish('slow');
      await slow.response();
      late.send('st: a\r\n\r\n');
      await app.work.begun('late');
      app.work.finish('late');

      await expect(late.response()).resolves.toMatchObject({ status: 200 });
      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('a drain that fails is named, and what was counted is waited for all the same', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      client.get('/work/slow');
      await app.work.begun('slow');
      // Whoever asks before the drain is answered.
      Object.defineProperty(app.server, 'listening', {
        configurable: true,
        get: () => {
          if (!app.log.lines.some((line) => line.startsWith('drain: '))) return true;
          Reflect.deleteProperty(app.server, 'listening');
          throw new TypeError('this.isListening is not a function');
        },
      });

      const closed = app.close();
      await app.phase('drain');
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('slow');

      await expect(client.response()).resolves.toMatchObject({ status: 200, body: 'did slow' });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      const drain = app.report?.phases.find(({ name }) => name === 'drain');
      expect(drain?.tasks).toContainEqual(
        expect.objectContaining({ name: 'http', outcome: 'failed' }),
      );
    });

    it('a request whose connection was never announced is waited for', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      forgetConnection(app.socketOf(client));
      client.get('/work/slow');
      await app.work.begun('slow');

      const closed = app.close();
      await app.phase('drain');
      app.work.finish('slow');

      await expect(client.response()).resolves.toMatchObject({ status: 200, body: 'did slow' });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });
});
