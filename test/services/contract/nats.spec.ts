import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { nats } from '../../../lib/integrations/nats/nats.integration.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { describeWith } from '../../support/services.js';
import { nats as server, natsUrl } from '../microservices/servers.js';
import {
  NATS,
  type JetStreamManager,
  type JetStreamMessage,
  type Nats,
  type NatsConnection,
  type NatsMessage,
} from '../nats-library.js';
import { unique } from '../servers.js';
import { Fates, httpRig } from './http-rig.js';

type Work = (piece: string) => Promise<void>;
type Handle = (message: NatsMessage) => Promise<void>;

/** How a team takes messages. */
interface Taking {
  readonly concurrency: number;
  /** Whether what is sent meanwhile is kept for it. */
  readonly keeps: boolean;
  readonly take: (
    library: Nats,
    connection: NatsConnection,
    name: string,
    handle: Handle,
  ) => Promise<unknown>;
}

async function acknowledge(message: JetStreamMessage, handle: Handle): Promise<void> {
  await handle(message);
  message.ack();
}

const TAKING: Record<string, Taking> = {
  'a loop over consume()': {
    concurrency: 1,
    keeps: true,
    async take(library, connection, name, handle) {
      const consumer = await library.jetstream(connection).consumers.get(name, name);
      const messages = await consumer.consume();
      void (async () => {
        for await (const message of messages) await acknowledge(message, handle);
      })();
    },
  },
  'consume() with a callback': {
    concurrency: 2,
    keeps: true,
    async take(library, connection, name, handle) {
      const consumer = await library.jetstream(connection).consumers.get(name, name);
      await consumer.consume({ callback: (message) => void acknowledge(message, handle) });
    },
  },
  'a subscription with a callback': {
    concurrency: 2,
    keeps: false,
    async take(_library, connection, name, handle) {
      connection.subscribe(name, { queue: name, callback: (_error, message) => handle(message) });
    },
  },
  'a loop over a subscription': {
    concurrency: 1,
    keeps: false,
    async take(_library, connection, name, handle) {
      const messages = connection.subscribe(name, { queue: name });
      void (async () => {
        for await (const message of messages) await handle(message);
      })();
    },
  },
};

describeWith(server, () => {
  describe.each(NATS)('$name', (library) => {
    let outside: NatsConnection;
    let manager: JetStreamManager;
    const streams: string[] = [];

    beforeAll(async () => {
      outside = await library.connect({ servers: natsUrl });
      manager = await library.manager(outside);
    });

    afterAll(async () => {
      for (const stream of streams) await manager.streams.delete(stream);
      await outside.close();
    });

    describe.each(Object.entries(TAKING))('%s', (_name, { concurrency, keeps, take }) => {
      const rig = httpRig(nats, { concurrency, keeps }, (work: Work) => {
        const name = unique(`nats_${streams.length}`);
        streams.push(name);

        @Injectable()
        class Desk implements OnModuleInit, OnModuleDestroy {
          private connection!: NatsConnection;

          async onModuleInit(): Promise<void> {
            await manager.streams.add({ name, subjects: [name] });
            await manager.consumers.add(name, { durable_name: name, ack_policy: 'explicit' });
            this.connection = await library.connect({ servers: natsUrl });
            await take(library, this.connection, name, (message) => this.handle(message));
            await this.connection.flush();
          }

          async onModuleDestroy(): Promise<void> {
            await this.connection.drain();
          }

          private async handle(message: NatsMessage): Promise<void> {
            const piece = message.string();
            const fate = await work(piece).then(
              (): PieceFate => 'completed',
              (): PieceFate => 'failed',
            );
            this.connection.publish(`told.${name}`, JSON.stringify([piece, fate]));
          }
        }

        return {
          module: { providers: [Desk] },
          use() {
            const fates = new Fates();
            outside.subscribe(`told.${name}`, {
              callback: (_error, message) =>
                fates.set(...(JSON.parse(message.string()) as [string, PieceFate])),
            });
            return {
              async offer(piece) {
                outside.publish(name, piece);
                await outside.flush();
              },
              fateOf: fates.of,
            };
          },
        };
      });

      itKeepsTheContract(rig);
    });
  });
});
