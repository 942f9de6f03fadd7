import * as withBull from '@nestjs/bull';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, type INestApplication } from '@nestjs/common';
import { describe } from '@jest/globals';
import type { Channel } from 'amqplib';
import { Queue } from 'bullmq';
import { bull } from '../../../lib/integrations/bull.js';
import { bullmq } from '../../../lib/integrations/bullmq/bullmq.integration.js';
import { golevelupRabbitmq } from '../../../lib/integrations/golevelup-rabbitmq.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { describeWith } from '../../support/services.js';
import { describeWithGolevelup, golevelup } from '../golevelup-library.js';
import { rabbitmqOutside } from '../microservices/rabbitmq-outside.js';
import { rabbitmqUrl } from '../microservices/servers.js';
import { redis, redisUrl, unique } from '../servers.js';
import { Fates, httpRig } from './http-rig.js';

interface Job {
  readonly data: { readonly piece: string };
}

/** What the queues of both have. */
interface Jobs {
  getJob(id: string): Promise<{ getState(): Promise<string> } | null | undefined>;
  obliterate(options: { force: boolean }): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Of Bull. */
interface BullQueue extends Jobs {
  readonly constructor: new (name: string, url: string) => BullQueue;
  add(data: object, options: { jobId: string }): Promise<unknown>;
  once(event: 'drained', listener: () => void): unknown;
}

const WARM_UP = 'warm-up';

let count = 0;
const queueName = () => `${unique('contract')}_${(count += 1)}`;

describeWith(redis, () => {
  describe('BullMQ', () => {
    const rig = httpRig(bullmq, { keeps: true, givesBack: true }, (work) => {
      const [name, connection] = [queueName(), { url: redisUrl }];

      @Processor(name, { concurrency: 2 })
      class Mails extends WorkerHost {
        process({ data }: Job): Promise<void> {
          return work(data.piece);
        }
      }

      const imports = [BullModule.forRoot({ connection }), BullModule.registerQueue({ name })];
      return {
        module: { imports, providers: [Mails] },
        use(app) {
          app.get(Mails).worker.on('error', () => undefined); // of a job that was given back
          const queue = new Queue(name, { connection });
          return {
            offer: (piece) => queue.add('send', { piece }, { jobId: piece }),
            ...seenIn(queue),
          };
        },
      };
    });

    itKeepsTheContract(rig);
  });

  describe('Bull', () => {
    const rig = httpRig(bull, { keeps: true, givesBack: true }, (work) => {
      const name = queueName();

      @withBull.Processor(name)
      class Mails {
        @withBull.Process({ concurrency: 2 })
        async send({ data: { piece } }: Job): Promise<void> {
          if (piece !== WARM_UP) await work(piece);
        }
      }

      // Whoever stops it waits until its wait for jobs is over, in seconds, or for half a second.
      const shared = { url: redisUrl, settings: { drainDelay: 0.05 } };
      const { BullModule: Module, getQueueToken } = withBull;
      return {
        module: {
          imports: [Module.forRoot(shared), Module.registerQueue({ name })],
          providers: [Mails],
        },
        async use(app: INestApplication) {
          const own = app.get<BullQueue>(getQueueToken(name));
          const queue = new own.constructor(name, redisUrl);
          // Bull leaves a connection open when it is closed while it starts.
          const started = new Promise<void>((resolve) => own.once('drained', resolve));
          await queue.add({ piece: WARM_UP }, { jobId: WARM_UP });
          await started;
          return {
            offer: (piece) => queue.add({ piece }, { jobId: piece }),
            ...seenIn(queue),
          };
        },
      };
    });

    itKeepsTheContract(rig);
  });
});

describeWithGolevelup(() => {
  const outside = rabbitmqOutside();

  const rig = httpRig(golevelupRabbitmq, { keeps: true }, (work) => {
    const { AmqpConnection, RabbitMQModule, RabbitRPC } = golevelup;
    const queue = queueName();
    outside.queues.push(queue);

    @Injectable()
    class Desk {
      @RabbitRPC({ queue, routingKey: queue, errorHandler })
      async answer({ piece }: Job['data']): Promise<Answer> {
        await work(piece);
        return { piece, fate: 'completed' };
      }
    }

    const imports = [RabbitMQModule.forRoot({ uri: rabbitmqUrl, prefetchCount: 2 })];
    return {
      module: { imports, providers: [Desk] },
      async use(app) {
        const { managedConnection } = app.get<OwnConnection>(AmqpConnection, { strict: false });
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
          // Of several applications in a process golevelup closes the last connection only.
          cleanUp: () => managedConnection.close(),
        };
      },
    };
  });

  itKeepsTheContract(rig);
});

/** `AmqpConnection` of golevelup. */
interface OwnConnection {
  readonly managedConnection: { close(): Promise<void> };
}

interface Answer {
  readonly piece: string;
  readonly fate: PieceFate;
}

interface Question {
  readonly content: Buffer;
  readonly properties: { readonly replyTo: string };
}

function errorHandler(channel: Channel, question: Question): void {
  const { piece } = JSON.parse(String(question.content)) as Job['data'];
  const answer: Answer = { piece, fate: 'failed' };
  channel.sendToQueue(question.properties.replyTo, Buffer.from(JSON.stringify(answer)));
  channel.ack(question);
}

/** By a connection of its own, which is there when the application's is closed. */
function seenIn(queue: Jobs) {
  return {
    async fateOf(piece: string): Promise<PieceFate | undefined> {
      const state = await (await queue.getJob(piece))?.getState();
      return FATES.find((fate) => fate === state);
    },
    async cleanUp(): Promise<void> {
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}

const FATES: readonly PieceFate[] = ['completed', 'failed', 'waiting'];
