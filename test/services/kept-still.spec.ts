import { BullModule as BullQueues, getQueueToken } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import { Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Worker } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpApp } from '../support/http-app.js';
import { describeWith, type Service } from '../support/services.js';
import { RpcApp } from './microservices/rpc-app.js';
import { mqtt, mqttUrl, nats, natsUrl, rabbitmq, rabbitmqUrl } from './microservices/servers.js';
import { redis, redisUrl, unique } from './servers.js';

describeWith(redis, () => {
  describe('workers of BullMQ', () => {
    const workers: Worker[] = [];

    afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.close(true))));

    /** Providers in three states: at work, paused, and not run yet. */
    async function start() {
      const make = (autorun: boolean) => {
        const connection = { url: redisUrl };
        const worker = new Worker(unique('still'), async () => undefined, { connection, autorun });
        workers.push(worker.on('error', () => undefined));
        return worker;
      };
      const all = { running: make(true), paused: make(true), notRun: make(false) };
      await all.paused.pause();
      const providers = Object.entries(all).map(([provide, useValue]) => ({ provide, useValue }));
      const app = await HttpApp.start({ platform: 'Express', module: { providers } });
      const taking = () =>
        Object.entries(all).flatMap(([name, worker]) =>
          worker.isRunning() && !worker.isPaused() ? name : [],
        );
      return { app, taking, ...all };
    }

    it('those that were paused or not run stay so after resume()', async () => {
      const { app, taking } = await start();
      expect(taking()).toEqual(['running']);
      await app.graceful.drain();
      expect(taking()).toEqual([]);
      app.graceful.resume();
      await sleep(0);

      expect(taking()).toEqual(['running']);
      await app.close();
    });

    it('what the application asks of them meanwhile is done after resume()', async () => {
      const { app, taking, running, paused, notRun } = await start();
      await app.graceful.drain();
      await running.pause();
      void paused.resume();
      void notRun.run();
      await sleep(0);
      expect(taking()).toEqual([]);
      app.graceful.resume();
      await sleep(0);

      expect(taking()).toEqual(['paused', 'notRun']);
      await app.close();
    });
  });

  describe('queues of Bull', () => {
    /** What this spec uses of Bull 4. */
    interface Queue {
      pause(isLocal: boolean): Promise<unknown>;
      resume(isLocal: boolean): Promise<unknown>;
      isPaused(isLocal: boolean): Promise<boolean>;
    }

    async function start() {
      const names = [unique('still'), unique('paused')];
      const registered = BullQueues.registerQueue(...names.map((name) => ({ name })));
      const imports = [BullQueues.forRoot({ url: redisUrl }), registered];
      const app = await HttpApp.start({ platform: 'Express', module: { imports } });
      const [running, paused] = names.map((name) => app.app.get<Queue>(getQueueToken(name)));
      if (!running || !paused) throw new Error('no queues');
      await paused.pause(true);
      const states = () => Promise.all([running.isPaused(true), paused.isPaused(true)]);
      return { app, running, paused, states };
    }

    it('one that was paused stays so after resume()', async () => {
      const { app, states } = await start();
      await app.graceful.drain();
      expect(await states()).toEqual([true, true]);
      app.graceful.resume();
      await sleep(50);

      expect(await states()).toEqual([false, true]);
      await app.close();
    });

    it('what the application asks of them meanwhile is done after resume()', async () => {
      const { app, states, running, paused } = await start();
      await app.graceful.drain();
      await running.pause(true);
      await paused.resume(true);
      expect(await states()).toEqual([true, true]);
      app.graceful.resume();
      await sleep(50);

      expect(await states()).toEqual([true, false]);
      await app.close();
    });
  });
});

describe('what is scheduled', () => {
  @Injectable()
  class Reminders {
    readonly sent: string[] = [];

    constructor(readonly registry: SchedulerRegistry) {}

    remind(name: string, ms: number): void {
      const timer = setTimeout(() => this.sent.push(name), ms);
      this.registry.addTimeout(name, timer);
    }
  }

  it('a timeout that was due while out of rotation, and that was deleted since, does not run', async () => {
    const imports = [ScheduleModule.forRoot()];
    const module = { imports, providers: [Reminders] };
    const app = await HttpApp.start({ platform: 'Express', module });
    const reminders = app.app.get(Reminders);
    await app.graceful.drain();
    reminders.remind('deleted', 1);
    reminders.remind('kept', 1);
    await sleep(20);
    reminders.registry.deleteTimeout('deleted');
    app.graceful.resume();

    expect(reminders.sent).toEqual(['kept']);
    await app.close();
  });
});

/** A server whose event pattern the application has left by itself, which Nest has no word for. */
function itStaysAway(
  service: Service,
  options: () => MicroserviceOptions,
  leave: (app: RpcApp, prefix: string) => Promise<unknown>,
): void {
  describeWith(service, () => {
    it('what the application has left is not taken up again', async () => {
      const prefix = `${unique('still')}.`;
      const microservice = options();
      const app = await RpcApp.start({ microservice, prefix });
      const client = await app.connect(microservice as Parameters<RpcApp['connect']>[0]);
      app.work.finish('before', 'asked');
      expect(await client.ask('before')).toBe('did before');
      await leave(app, prefix);
      expect(await app.graceful.drain()).toBe(true);
      app.graceful.resume();
      while ((await client.ask('asked', 500)) !== 'did asked');
      await client.tell('event');
      app.work.finish('last');
      expect(await client.ask('last')).toBe('did last');

      expect(app.work.started).not.toContain('event');
    });
  });
}

const { hostname: host, port, password } = new URL(redisUrl);
const address = { host, port: Number(port) || 6379, password: password || undefined };

itStaysAway(
  redis,
  () => ({ transport: Transport.REDIS, options: address }),
  (app, prefix) => {
    const [, subscriber] = app.microservice.unwrap<[unknown, Subscriber]>();
    return subscriber.unsubscribe(`${prefix}event`);
  },
);

itStaysAway(
  mqtt,
  () => ({ transport: Transport.MQTT, options: { url: mqttUrl } }),
  (app, prefix) => app.microservice.unwrap<MqttClient>().unsubscribeAsync(`${prefix}event`),
);

itStaysAway(
  nats,
  () => ({ transport: Transport.NATS, options: { servers: [natsUrl] } }),
  async (app, prefix) => {
    const { subscriptions } = Reflect.get(app.microservice, 'serverInstance') as NatsServer;
    const isEvent = (subscription: Subscription) => subscription.getSubject() === `${prefix}event`;
    subscriptions.find(isEvent)?.unsubscribe();
    await app.microservice.unwrap<{ flush(): Promise<void> }>().flush();
  },
);

interface Subscriber {
  unsubscribe(channel: string): Promise<unknown>;
}

interface MqttClient {
  unsubscribeAsync(topic: string): Promise<unknown>;
}

interface NatsServer {
  readonly subscriptions: Subscription[];
}

interface Subscription {
  getSubject(): string;
  unsubscribe(): void;
}

describeWith(rabbitmq, () => {
  it('a queue whose consumer the application has cancelled has none after resume()', async () => {
    const queue = unique('still');
    const urls = [rabbitmqUrl];
    const options = { urls, queue, queueOptions: { durable: false, expires: 60_000 } };
    const app = await RpcApp.start({ microservice: { transport: Transport.RMQ, options } });
    const { channel } = Reflect.get(app.microservice, 'serverInstance') as RmqServer;
    const connected = () => channel['_channel'];
    const consumers = () => [...connected().consumers.keys()];
    while (consumers().length === 0) await sleep(5);
    await Promise.all(consumers().map((tag) => connected().cancel(tag)));
    await app.graceful.drain();
    app.graceful.resume();
    await app.graceful.drain(); // which waits until it would have taken again
    app.graceful.resume();
    await sleep(50);

    expect(consumers()).toEqual([]);
  });
});

interface RmqServer {
  readonly channel: {
    readonly _channel: {
      readonly consumers: ReadonlyMap<string, unknown>;
      cancel(tag: string): Promise<unknown>;
    };
  };
}
