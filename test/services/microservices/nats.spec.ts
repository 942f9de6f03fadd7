import { Transport } from '@nestjs/microservices';
import { expect, it } from '@jest/globals';
import { describeWith } from '../../support/services.js';
import { unique } from '../servers.js';
import { itFinishesWhatIsInFlight, type Rig } from './in-flight.js';
import { RpcApp, type Kind, type RpcClient } from './rpc-app.js';
import { nats, natsUrl } from './servers.js';

/** The same in `nats` 2 and `@nats-io/transport-node` 3. */
interface Connection {
  flush(): Promise<void>;
  request(subject: string, data: string, options: { timeout: number }): Promise<unknown>;
}

describeWith(nats, () => {
  const transport = Transport.NATS as const;
  let count = 0;

  interface NatsRig extends Rig {
    readonly client: RpcClient;
    /** Rejects at once when nobody listens, as NATS knows. */
    request: (name: string) => Promise<unknown>;
  }

  async function start(options: {} | null, kind?: Kind, more: {} = {}): Promise<NatsRig> {
    const prefix = `${unique('rpc')}${(count += 1)}.`;
    const microservice = { transport, options: { servers: [natsUrl], ...more } };
    const app = await RpcApp.start({ kind, options, microservice, prefix });
    await app.microservice.unwrap<Connection>().flush(); // Nest doesn't wait for its subscriptions
    const client = await app.connect({ transport, options: { servers: [natsUrl] } });
    const connection = client.proxy.unwrap<Connection>();
    const request = (data: string) =>
      connection.request(`${prefix}question`, JSON.stringify({ id: data, data }), {
        timeout: 12_000,
      });
    return { app, client, request };
  }

  itFinishesWhatIsInFlight((options, kind) => start(options, kind), /^lost: no answer/);

  it('after T0 nobody listens any more', async () => {
    const { app, client, request } = await start({});
    const answer = client.ask('one');
    await app.work.begun('one');

    const closing = app.close();
    await app.draining();
    await expect(request('late')).rejects.toThrow(/503|no responders/i);
    app.work.finish('one');

    expect(await answer).toBe('did one');
    await closing;
    expect(app.work.started).toEqual(['one']);
  });

  it('what had been sent to it before is still handled', async () => {
    const { app, client } = await start({});
    const names = Array.from({ length: 1_000 }, (_, index) => `event ${index}`);
    app.work.finish(...names);
    await Promise.all(names.map((name) => client.tell(name)));
    await client.proxy.unwrap<Connection>().flush(); // the broker has them all, and so will we

    await app.close();

    expect(app.work.finished).toHaveLength(names.length);
    expect(app.work.inFlightAtDestroy).toBe(0);
  });

  it('out of rotation nobody listens, and back in it does', async () => {
    const { app, client, request } = await start({});
    expect(await app.graceful.drain()).toBe(true);
    await expect(request('late')).rejects.toThrow(/503|no responders/i);

    app.graceful.resume();
    await app.microservice.unwrap<Connection>().flush();
    app.work.finish('one');

    expect(await client.ask('one')).toBe('did one');
  });

  it('the fixed wait of gracefulShutdown is not paid once more', async () => {
    const more = { gracefulShutdown: true, gracePeriod: 60_000 };
    const { app, client } = await start({}, 'microservice', more);
    const answer = client.ask('one');
    await app.work.begun('one');
    const closing = app.close();
    await app.draining();
    app.work.finish('one');

    expect(await answer).toBe('did one');
    await closing; // within Jest's patience
  });
});
