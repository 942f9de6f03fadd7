import { expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';

/** As behind a load balancer, and quickly over. */
const WAIT = {
  propagationFloorMs: 50,
  propagationQuietMs: 50,
  propagationCapMs: 100,
} as const;

// A connection that was idle all the time was never told of the close. A request that its client sends at the moment of
// our FIN is lost, so the FIN comes after the client has given up, when that is soon.
describeOnTransports((target) => {
  const start = (keepAliveTimeout: number) =>
    HttpApp.start({
      ...target,
      options: WAIT,
      configure: (app) => {
        (app.getHttpServer() as Server).keepAliveTimeout = keepAliveTimeout;
      },
    });

  it('a connection whose client gives it up soon is kept until then, and still answers', async () => {
    const app = await start(1_500);
    const client = await app.idleClient();
    app.signal();
    await app.phase('drain');
    await eventually('the listener to close', () => !app.server.listening);
    await turn();
    await turn(); // in this one idle connections are ended

    expect(app.socketOf(client).writable).toBe(true);
    await expect(client.get('/fast').response()).resolves.toMatchObject({
      status: 200,
      headers: { connection: 'close' },
    });
    await client.ended();
    expect(await app.exited()).toBe(0);
  });

  it('one whose client would keep it for long is ended at once', async () => {
    const app = await start(60_000);
    const client = await app.idleClient();
    app.signal();
    await app.phase('drain');

    await client.ended();
    expect(await app.exited()).toBe(0);
    expect(app.report.phases.find(({ name }) => name === 'drain')?.durationMs).toBeLessThan(400);
  });
});
