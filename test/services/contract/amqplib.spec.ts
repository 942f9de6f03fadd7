import {
  Inject,
  Injectable,
  type FactoryProvider,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { describe } from '@jest/globals';
import { connect as connectManaged } from 'amqp-connection-manager';
import { connect, type Channel, type Connection, type ConsumeMessage } from 'amqplib';
import * as callbacks from 'amqplib/callback_api';
import { amqplib } from '../../../lib/integrations/amqplib/amqplib.integration.js';
import { rabbitmqClient } from '../../../lib/integrations/rabbitmq-client.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { describeWith } from '../../support/services.js';
import { rabbitmqOutside } from '../microservices/rabbitmq-outside.js';
import { rabbitmq, rabbitmqUrl } from '../microservices/servers.js';
import { unique } from '../servers.js';
import { Fates, httpRig } from './http-rig.js';

type Work = (piece: string) => Promise<void>;
type Answering = Pick<Channel, 'ack'> & {
  sendToQueue(queue: string, content: Buffer): unknown;
};

interface Answer {
  readonly piece: string;
  readonly fate: PieceFate;
}

/** What a team writes, by the client that it has. */
interface Client {
  open(queue: string, work: Work): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Answers, and acknowledges. */
async function handle(channel: Answering, message: ConsumeMessage | null, work: Work) {
  if (!message) return;
  const { piece } = JSON.parse(String(message.content)) as Answer;
  const fate = await work(piece).then(
    (): PieceFate => 'completed',
    (): PieceFate => 'failed',
  );
  const answer: Answer = { piece, fate };
  channel.sendToQueue(String(message.properties.replyTo), Buffer.from(JSON.stringify(answer)));
  channel.ack(message);
}

class WithPromises implements Client {
  private connection!: Connection;

  async open(queue: string, work: Work): Promise<void> {
    this.connection = await connect(rabbitmqUrl);
    const channel = await this.connection.createChannel();
    await channel.assertQueue(queue);
    await channel.prefetch(2);
    await channel.consume(queue, (message) => handle(channel, message, work));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

class WithCallbacks implements Client {
  private connection!: callbacks.Connection;

  open(queue: string, work: Work): Promise<unknown> {
    return new Promise((resolve, reject) => {
      callbacks.connect(rabbitmqUrl, (failure, connection) => {
        if (failure) return reject(failure);
        this.connection = connection;
        connection.createChannel((_failure, channel) => {
          channel.assertQueue(queue);
          channel.prefetch(2);
          const onMessage = (message: ConsumeMessage | null) => void handle(channel, message, work);
          channel.consume(queue, onMessage, {}, resolve);
        });
      });
    });
  }

  close(): Promise<unknown> {
    return new Promise((resolve) => {
      this.connection.close(resolve);
    });
  }
}

class Managed implements Client {
  protected readonly connection = connectManaged([rabbitmqUrl]);

  async open(queue: string, work: Work): Promise<void> {
    const setup = async (channel: Channel) => {
      await channel.assertQueue(queue);
      await channel.prefetch(2);
      await channel.consume(queue, (message) => handle(channel, message, work));
    };
    await this.connection.createChannel({ setup }).waitForConnect();
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

class ManagedConsume extends Managed {
  override async open(queue: string, work: Work): Promise<void> {
    const wrapper = this.connection.createChannel();
    await wrapper.waitForConnect();
    await wrapper.assertQueue(queue);
    const onMessage = (message: ConsumeMessage) => void handle(wrapper, message, work);
    await wrapper.consume(queue, onMessage, { prefetch: 2 });
  }
}

interface Delivered {
  readonly body: Buffer | string;
  readonly replyTo?: string;
}

/** Of rabbitmq-client 5. */
interface OtherConnection {
  createConsumer(
    options: object,
    handler: (message: Delivered, reply: (body: string) => Promise<void>) => Promise<void>,
  ): { once(event: 'ready', listener: () => void): unknown; close(): Promise<void> };
  close(): Promise<void>;
}

class Other implements Client {
  private connection!: OtherConnection;
  private consumer!: ReturnType<OtherConnection['createConsumer']>;

  async open(queue: string, work: Work): Promise<void> {
    type Library = { Connection: new (url: string) => OtherConnection };
    const name: string = 'rabbitmq-client'; // its types are not those of the specs
    const { Connection: OtherClass } = (await import(name)) as Library;
    const url = new URL(rabbitmqUrl);
    url.username ||= 'guest'; // the others assume it
    url.password ||= 'guest';
    this.connection = new OtherClass(String(url));
    const options = { queue, queueOptions: { durable: true }, qos: { prefetchCount: 2 } };
    const consumer = this.connection.createConsumer(options, async ({ body }, reply) => {
      const { piece } = JSON.parse(String(body)) as Answer;
      const fate = await work(piece).then(
        (): PieceFate => 'completed',
        (): PieceFate => 'failed',
      );
      await reply(JSON.stringify({ piece, fate }));
    });
    this.consumer = consumer;
    await new Promise<void>((resolve) => void consumer.once('ready', resolve));
  }

  async close(): Promise<void> {
    await this.consumer.close();
    await this.connection.close();
  }
}

const CLIENTS = {
  'amqplib with promises': WithPromises,
  'amqplib with callbacks': WithCallbacks,
  'a setup of amqp-connection-manager': Managed,
  'consume() of amqp-connection-manager': ManagedConsume,
  'rabbitmq-client': Other,
};

describeWith(rabbitmq, () => {
  const outside = rabbitmqOutside();

  describe.each(Object.entries(CLIENTS))('%s', (_name, ClientClass) => {
    const integration = ClientClass === Other ? rabbitmqClient : amqplib;
    const rig = httpRig(integration, { keeps: true }, (work) => {
      const queue = `${unique('amqplib')}_${outside.queues.length}`;
      outside.queues.push(queue);

      // Consumes before the first init hook.
      const client: FactoryProvider<Client> = {
        provide: ClientClass,
        async useFactory() {
          const made = new ClientClass();
          await made.open(queue, work);
          return made;
        },
      };

      @Injectable()
      class Desk implements OnModuleInit, OnModuleDestroy {
        constructor(@Inject(ClientClass) private readonly own: Client) {}

        onModuleInit(): void {}

        async onModuleDestroy(): Promise<void> {
          await this.own.close();
        }
      }

      return {
        module: { providers: [client, Desk] },
        async use() {
          const [fates, replyTo] = [new Fates(), 'amq.rabbitmq.reply-to'];
          const channel = await outside.connection.createConfirmChannel();
          const hear = (reply: { content: Buffer } | null) => {
            const { piece, fate } = JSON.parse(String(reply?.content)) as Answer;
            fates.set(piece, fate);
          };
          await channel.consume(replyTo, hear, { noAck: true });
          return {
            async offer(piece) {
              channel.sendToQueue(queue, Buffer.from(JSON.stringify({ piece })), { replyTo });
              await channel.waitForConfirms();
            },
            fateOf: fates.of,
            cleanUp: () => channel.close(),
          };
        },
      };
    });

    itKeepsTheContract(rig);
  });
});
