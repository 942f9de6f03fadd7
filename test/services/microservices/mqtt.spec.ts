import { Transport } from '@nestjs/microservices';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connectAsync, type MqttClient } from 'mqtt';
import { eventually } from '../../support/eventually.js';
import { describeWith } from '../../support/services.js';
import { unique } from '../servers.js';
import { itFinishesWhatIsInFlight, type Rig } from './in-flight.js';
import { RpcApp, type Kind, type RpcClient } from './rpc-app.js';
import { mqtt, mqttUrl } from './servers.js';

describeWith(mqtt, () => {
  const transport = Transport.MQTT as const;
  let outside: MqttClient;
  let count = 0;
  const heard: string[] = [];

  beforeAll(async () => {
    outside = await connectAsync(mqttUrl);
    outside.on('message', (_topic, content) => void heard.push(String(content)));
  });

  afterAll(() => outside.endAsync());

  interface MqttRig extends Rig {
    readonly client: RpcClient;
    /** Publishes an event; resolves when another subscriber has heard it, who comes after the server. */
    publish: (name: string) => Promise<void>;
  }

  async function start(
    options: {} | null,
    kind?: Kind,
    more: {} = {},
    prefix = `${unique('rpc')}${(count += 1)}/`,
  ): Promise<MqttRig> {
    const microservice = { transport, options: { url: mqttUrl, ...more } };
    const app = await RpcApp.start({ kind, options, microservice, prefix });
    await outside.subscribeAsync(`${prefix}event`);
    const client = await app.connect({ transport, options: { url: mqttUrl } });
    const publish = async (data: string) => {
      const message = JSON.stringify({ pattern: `${prefix}event`, data });
      await outside.publishAsync(`${prefix}event`, message, { qos: 1 });
      await eventually('another to hear it', () => heard.includes(message));
    };
    return { app, client, publish };
  }

  itFinishesWhatIsInFlight((options, kind) => start(options, kind), /^lost: no answer/);

  it('what comes after T0 is not ours any more', async () => {
    const { app, client, publish } = await start({});
    const answer = client.ask('one');
    await app.work.begun('one');

    const closing = app.close();
    await app.draining();
    await publish('late');
    app.work.finish('one', 'late');

    expect(await answer).toBe('did one'); // and nothing before it on the same connection
    await closing;
    expect(app.work.started).toEqual(['one']);
  });

  it('out of rotation nothing is heard, and back in it is', async () => {
    const { app, client, publish } = await start({});
    expect(await app.graceful.drain()).toBe(true);
    await publish('missed');

    app.graceful.resume();
    while (!app.work.started.includes('again')) await publish('again');
    app.work.finish('one');

    expect(await client.ask('one')).toBe('did one');
    expect(app.work.started).not.toContain('missed');
    app.work.finish('again');
  });

  it('the broker keeps for a session that outlives its connection what is sent after T0', async () => {
    const clientId = unique('session');
    const session = { clean: false, clientId, subscribeOptions: { qos: 1 } };
    const prefix = `${clientId}/`;
    const { app, publish } = await start({}, 'microservice', session, prefix);
    await publish('one');
    await app.work.begun('one');
    app.work.finish('one');

    await app.close();
    await publish('later');
    const { app: next } = await start({}, 'microservice', session, prefix);
    await next.work.begun('later');
    next.work.finish('later');
    await next.close();
    await (await connectAsync(mqttUrl, { clientId, clean: true })).endAsync(); // forgets the session

    expect(app.work.finished).toEqual(['one']);
  });
});
