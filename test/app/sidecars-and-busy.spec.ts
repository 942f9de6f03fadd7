import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BusyCounts } from '../../lib/engine/busy-counts.js';
import { sidecarUrl } from '../../lib/options/sidecars.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

const stubs: Server[] = [];

afterEach(() => {
  for (const stub of stubs.splice(0)) {
    stub.close();
    stub.closeAllConnections();
  }
});

/** A sidecar that takes a request for its end. */
async function sidecar(status = 200, asked: () => void = () => undefined) {
  const requests: string[] = [];
  const stub = createServer((request, response) => {
    asked();
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(status).end();
  });
  stubs.push(stub);
  await new Promise<void>((resolve) => void stub.listen(0, '127.0.0.1', resolve));
  const { port } = stub.address() as AddressInfo;
  return { requests, url: `http://127.0.0.1:${port}/quitquitquit` };
}

describe('a sidecar', () => {
  it('is asked where it listens by default', () => {
    expect(sidecarUrl('istio', {})).toBe('http://127.0.0.1:15020/quitquitquit');
    expect(sidecarUrl('linkerd', {})).toBe('http://127.0.0.1:4191/shutdown');
    expect(sidecarUrl('cloud-sql-proxy', {})).toBe('http://127.0.0.1:9091/quitquitquit');
    expect(sidecarUrl('dapr', {})).toBe('http://127.0.0.1:3500/v1.0/shutdown');
    expect(sidecarUrl('dapr', { DAPR_HTTP_PORT: '3601' })).toBe(
      'http://127.0.0.1:3601/v1.0/shutdown',
    );
  });
});

describeOnPlatforms(({ platform }) => {
  it.each(['SIGTERM', 'close()'])('is asked to end, last of all, after %s', async (way) => {
    const order: string[] = [];
    const proxy = await sidecar(200, () => order.push('asked'));
    const options = { sidecars: [proxy.url], onReport: () => order.push('reported') };
    const app = await HttpApp.start({ platform, options });
    if (way === 'SIGTERM') app.signal();
    else await app.close();
    await eventually('the request', () => order.length === 2);
    expect(proxy.requests).toEqual(['POST /quitquitquit']);
    expect(order).toEqual(['reported', 'asked']);
  });

  it('is not asked where the option does not name it', async () => {
    const proxy = await sidecar();
    const app = await HttpApp.start({ platform });
    app.signal();
    expect(await app.exited()).toBe(0);
    expect(proxy.requests).toEqual([]);
  });

  it('that refuses, or is not there, is said, and nothing else changes', async () => {
    const refusing = await sidecar(503);
    const gone = await sidecar();
    stubs.pop()?.close();
    const app = await HttpApp.start({ platform, options: { sidecars: [refusing.url, gone.url] } });
    app.signal();
    expect(await app.exited()).toBe(0);
    const said = app.log.lines.filter((line) => line.endsWith('[sidecar-not-told]')).toSorted();
    expect(said).toHaveLength(2);
    expect(said.join()).toContain('it answered 503');
    expect(said.join()).toContain('ECONNREFUSED');
    expect(app.report.outcome).toBe('clean');
  });
});

describe('what is in flight', () => {
  it('is published when it has changed, not more often than wanted, and not in a shutdown', async () => {
    const clock = new VirtualClock();
    const told: BusyCounts[] = [];
    const options = { onBusy: (busy: BusyCounts) => void told.push(busy), busyIntervalMs: 5_000 };
    const app = await HttpApp.start({ platform: 'Express', options, clock });
    expect(told).toEqual([{ total: 0, sources: {} }]);
    const client = await app.connect();
    client.get('/work/a');
    await app.work.begun('a');
    void app.graceful.track(
      () => new Promise<void>((resolve) => void app.work.begun('b').then(resolve)),
      'b',
    );
    await clock.advance(4_900);
    expect(told).toHaveLength(1);
    await clock.advance(200);
    expect(told[1]).toEqual({ total: 2, sources: { http: 1, 'tracked work': 1 } });
    await clock.advance(60_000);
    expect(told).toHaveLength(2);

    app.work.finish('a', 'b');
    await client.response();
    void app.work.run('b');
    const closed = app.close();
    await clock.advance(60_000);
    await closed;
    expect(told).toHaveLength(2);
  });

  it('is told again after a failure, which is said', async () => {
    const clock = new VirtualClock();
    let calls = 0;
    const onBusy = () => {
      calls += 1;
      if (calls === 1) throw new Error('pods is forbidden');
    };
    const app = await HttpApp.start({ platform: 'Express', options: { onBusy }, clock });
    await clock.advance(10_100);
    expect(calls).toBe(2);
    await clock.advance(60_000);
    expect(calls).toBe(2);
    expect(app.log.lines.filter((line) => line.endsWith('[busy-not-published]'))).toEqual([
      'onBusy failed, and the number was not published: pods is forbidden [busy-not-published]',
    ]);
    await app.close();
  });
});
