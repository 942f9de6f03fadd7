import { describe, expect, it, jest } from '@jest/globals';
import dns from 'node:dns';
import { networkInterfaces } from 'node:os';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { RawClient, requestText } from '../support/raw-client.js';
import { describeWith } from '../support/services.js';

describeOnPlatforms((target) => {
  describe.each([
    ['return503OnClosing', { return503OnClosing: true }],
    ['forceCloseConnections', { forceCloseConnections: true }],
    ['both', { return503OnClosing: true, forceCloseConnections: true }],
  ])("Nest's option %s", (_name, nest) => {
    it('loses nothing of what is in flight, or comes while it is', async () => {
      const app = await HttpApp.start({ ...target, nest });
      const [pipeline, stream, idle] = [
        await app.connect(),
        await app.connect(),
        await app.idleClient(),
      ];
      pipeline.get('/work/slow');
      await app.work.begun('slow');
      await stream.get('/stream/export').until('first half');

      const closed = app.close();
      await idle.ended();
      await app.hasRead(pipeline, requestText('GET', '/fast')); // return503OnClosing would answer it
      app.work.finish('slow', 'export');

      await expect(pipeline.response()).resolves.toMatchObject({ status: 200, body: 'did slow' });
      await expect(pipeline.response()).resolves.toMatchObject({ status: 200, body: 'fast' });
      await expect(stream.response()).resolves.toMatchObject({ body: 'first half, second half' });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report.outcome).toBe('clean');
    });
  });
});

/** Linux has the whole of 127/8; elsewhere there may be ::1 beside 127.0.0.1. */
const secondLoopback =
  process.platform === 'linux'
    ? '127.0.0.2'
    : Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .find(({ address }) => address === '::1')?.address;

describeWith(
  {
    name: 'a second loopback address',
    available: secondLoopback !== undefined,
    hint: 'Fastify opens a server for each address of localhost; here there is one only.',
  },
  () => {
    const second = String(secondLoopback);

    async function start() {
      const { lookup } = dns;
      const addresses = ['127.0.0.1', second].map((address) => ({
        address,
        family: address.includes(':') ? 6 : 4,
      }));
      const spy = jest.spyOn(dns, 'lookup').mockImplementation(((
        name: string,
        options: { all?: boolean },
        callback: (error: Error | null, found: unknown) => void,
      ) => {
        if (options.all && name === 'localhost') callback(null, addresses);
        else lookup(name, options, callback as never);
      }) as never);
      const app = await HttpApp.start({ platform: 'Fastify', host: 'localhost' });
      spy.mockRestore();
      return app;
    }

    it('Fastify is drained on every address of localhost, and answers probes there', async () => {
      const app = await start();
      const { port } = app;
      const [idle, busy] = [
        await RawClient.connect(port, { host: second }),
        await RawClient.connect(port, { host: second }),
      ];
      await expect(idle.get('/health/ready').response()).resolves.toMatchObject({ status: 200 });
      busy.get('/work/slow');
      await app.work.begun('slow');

      const closed = app.close();
      await idle.ended();
      await expect(RawClient.connect(port, { host: second })).rejects.toMatchObject({
        code: 'ECONNREFUSED',
      });
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish('slow');

      await expect(busy.response()).resolves.toMatchObject({
        status: 200,
        headers: { connection: 'close' },
      });
      await closed;
      expect(app.work.inFlightAtDestroy).toBe(0);
      expect(app.report.outcome).toBe('clean');
    });
  },
);
