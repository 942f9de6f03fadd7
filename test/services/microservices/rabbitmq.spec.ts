import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload, Transport, type RmqContext } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import type { Channel } from 'amqplib';
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describeWith } from '../../support/services.js';
import { Work } from '../../support/work.js';
import { unique } from '../servers.js';
import { itFinishesWhatIsInFlight, type Rig } from './in-flight.js';
import { rabbitmqOutside } from './rabbitmq-outside.js';
import { RpcApp, type Kind, type RpcClient } from './rpc-app.js';
import { rabbitmq, rabbitmqUrl } from './servers.js';

/** Acknowledges by hand when it is done. */
@Controller()
class CarefulDesk {
  constructor(private readonly work: Work) {}

  @EventPattern<unknown>('careful')
  async careful(@Payload() name: string, @Ctx() context: RmqContext): Promise<void> {
    await this.work.run(name);
    (context.getChannelRef() as Channel).ack(context.getMessage());
  }
}

/** Of `amqp-connection-manager`. */
interface Manager {
  readonly connection: { readonly connection: { readonly stream: Socket } };
}

/** What only the server itself knows. */
interface Internals {
  readonly channel: EventEmitter;
}

describeWith(rabbitmq, () => {
  const transport = Transport.RMQ as const;
  const outside = rabbitmqOutside();

  interface RmqRig extends Rig {
    readonly client: RpcClient;
    readonly queue: string;
    server: () => Internals;
    /** How many messages nobody has taken, or nobody has acknowledged. */
    left: () => Promise<number>;
    publish: (pattern: string, ...names: string[]) => Promise<void>;
  }

  async function start(
    options: {} | null,
    kind?: Kind,
    more: { noAck?: boolean; queueOptions?: {} } = {},
  ): Promise<RmqRig> {
    const queue = unique('rpc') + outside.queues.length;
    outside.queues.push(queue);
    const socketOptions = { reconnectTimeInSeconds: 0.02 };
    const shared = { socketOptions, urls: [rabbitmqUrl], queue, queueOptions: { durable: true } };
    const microservice = { transport, options: { ...shared, ...more } };
    const app = await RpcApp.start({ kind, options, microservice, controllers: [CarefulDesk] });
    const { noAck: _noAck, ...forClient } = microservice.options;
    const client = await app.connect({ transport, options: forClient });
    const left = async () => (await outside.channel.checkQueue(queue)).messageCount;
    const publish = async (pattern: string, ...names: string[]) => {
      for (const data of names) {
        outside.channel.sendToQueue(queue, Buffer.from(JSON.stringify({ pattern, data })));
      }
      await outside.channel.waitForConfirms();
    };
    const server = () => Reflect.get(app.microservice, 'serverInstance') as Internals;
    return { app, client, queue, left, publish, server };
  }

  itFinishesWhatIsInFlight((options, kind) => start(options, kind));

  it('what comes after T0 stays in the queue', async () => {
    const { app, left, publish } = await start({});
    await publish('event', 'one');
    await app.work.begun('one');

    const closing = app.close();
    await app.draining();
    await publish('event', 'late');
    app.work.finish('one', 'late');
    await closing;

    expect(app.work.finished).toEqual(['one']);
    expect(await left()).toBe(1);
  });

  it('with the default noAck nothing is lost in the middle of a crowd', async () => {
    const { app, left, publish } = await start({});
    const names = Array.from({ length: 2_000 }, (_, index) => `event ${index}`);
    app.work.finish(...names);
    const publishing = publish('event', ...names);
    await app.work.begun('event 100');

    await app.close();
    await publishing;

    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.work.finished.length + (await left())).toBe(names.length);
  });

  describe('acknowledged by hand', () => {
    it('what is in flight is acknowledged', async () => {
      const { app, left, publish } = await start({}, 'microservice', { noAck: false });
      await publish('careful', 'one');
      await app.work.begun('one');

      const closing = app.close();
      await app.draining();
      app.work.finish('one');
      await closing;

      expect(await left()).toBe(0);
    });

    it('what has not finished at the deadline goes back', async () => {
      const options = { gracePeriodMs: 4_000, drainTimeoutMs: 50 };
      const { app, left, publish } = await start(options, 'microservice', { noAck: false });
      await publish('careful', 'one');
      await app.work.begun('one');

      await app.close();

      expect(await left()).toBe(1);
    });

    it('the control: on plain Nest it goes back, half done', async () => {
      const { app, left, publish } = await start(null, 'microservice', { noAck: false });
      await publish('careful', 'one');
      await app.work.begun('one');

      await app.close();

      expect(app.work.inFlightAtDestroy).toBe(1);
      expect(await left()).toBe(1);
    });
  });

  it('out of rotation nothing is taken, and back in it is', async () => {
    const { app, left, publish } = await start({});
    expect(await app.graceful.drain()).toBe(true);
    await publish('event', 'one');
    expect(await left()).toBe(1);

    app.graceful.resume();
    await app.work.begun('one');
    app.work.finish('one');

    expect(await left()).toBe(0);
  });

  it('a consumer that it has only just asked for is cancelled', async () => {
    const { app, left, publish } = await start({});
    void app.graceful.drain();
    app.graceful.resume();

    expect(await app.graceful.drain()).toBe(true);
    await publish('event', 'one');
    expect(await left()).toBe(1);

    app.graceful.resume();
    await app.work.begun('one');
    app.work.finish('one');
  });

  it('a queue that would be gone without its consumer keeps it while out of rotation', async () => {
    const queueOptions = { durable: false, autoDelete: true };
    const { app, queue, publish } = await start({}, 'microservice', { queueOptions });
    await app.graceful.drain();
    expect((await outside.channel.checkQueue(queue)).consumerCount).toBe(1);
    await publish('event', 'one');
    await app.work.begun('one');
    app.work.finish('one');
  });

  it('a connection that is lost while it drains does not take again', async () => {
    const { app, left, publish, server } = await start({});
    await publish('event', 'one');
    await app.work.begun('one');
    const closing = app.close();
    await app.draining();

    const connectedAgain = new Promise<void>((resolve) => {
      server().channel.once('connect', resolve);
    });
    app.microservice.unwrap<Manager>().connection.connection.stream.destroy(new Error('lost'));
    await connectedAgain;
    await publish('event', 'late');
    app.work.finish('one', 'late');
    await closing;

    expect(app.work.finished).toEqual(['one']);
    expect(await left()).toBe(1);
  });
});
