import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientHttp2Session } from 'node:http2';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { H2C, H2_TLS, nodeClient, type Http2Target } from '../support/http2-app.js';
import { Http2Load } from '../support/http2-load.js';

const WAIT = {
  platform: 'kubernetes',
  propagationFloorMs: 0,
  propagationQuietMs: 100,
  propagationCapMs: 300,
} as const;

const CLIENTS = 4;
const STREAMS = 5;
const NODE = Number(process.versions.node.split('.')[0]);

const sessions: ClientHttp2Session[] = [];

afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

/** Two instances, and clients that are all on the first. */
async function start(target: Http2Target, withModule: boolean) {
  const options = withModule ? WAIT : null;
  const [app, other] = [
    await HttpApp.start({ ...target, options }),
    await HttpApp.start({ ...target, options }),
  ];
  const open = (to: HttpApp) => () => {
    const session = nodeClient(to, target);
    sessions.push(session);
    return session;
  };
  const loads = Array.from({ length: CLIENTS }, () => {
    return new Http2Load(open(app)(), open(other), STREAMS);
  });
  const served = (times: number) =>
    eventually('the load', () => loads.every((load) => load.served >= times));
  await served(20);
  const lost = () => loads.flatMap((load) => load.lost);
  const retried = () => loads.reduce((sum, load) => sum + load.retried, 0);
  const stop = () => Promise.all(loads.map((load) => load.stop()));
  return { app, lost, retried, stop };
}

describe.each([H2C, H2_TLS])('clients that never stop asking, over $name', (target) => {
  it('lose nothing, and send no stream again more than once', async () => {
    const { app, lost, retried, stop } = await start(target, true);

    app.signal();
    await expect(app.exited()).resolves.toBe(0);
    await stop();

    expect(lost()).toEqual([]);
    expect(retried()).toBeLessThanOrEqual(CLIENTS * STREAMS);
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  }, 20_000);

  it('without the module lose the ground under their requests, and up to Node 22 all that comes', async () => {
    const { app, lost, stop } = await start(target, false);
    nodeClient(app, target)
      .request({ ':path': '/work/slow' })
      .on('error', () => undefined)
      .resume();
    await app.work.begun('slow');

    const closed = app.close();
    await eventually('the teardown', () => app.work.inFlightAtDestroy === 1);

    if (NODE < 24) {
      await eventually('losses', () => lost().length > 50);
      await app.destroy(); // the sessions would keep it open for ever
    }
    expect(lost().length > 0).toBe(NODE < 24);
    app.work.finish('slow');
    await stop();
    await closed;
  }, 20_000);
});
