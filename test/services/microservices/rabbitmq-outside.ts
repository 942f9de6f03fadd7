import { afterAll, beforeAll } from '@jest/globals';
import { connect, type Channel, type Connection } from 'amqplib';
import { rabbitmqUrl } from './servers.js';

/** A connection that has nothing to do with the application, and the queues that are deleted when all tests are over. */
export interface RabbitmqOutside {
  readonly connection: Connection;
  readonly channel: Channel;
  readonly queues: string[];
}

/** To be called in `describe`; what it returns is there when its tests begin. */
export function rabbitmqOutside(): RabbitmqOutside {
  const outside = { queues: [] as string[] } as {
    -readonly [key in keyof RabbitmqOutside]: RabbitmqOutside[key];
  };

  beforeAll(async () => {
    outside.connection = await connect(rabbitmqUrl);
    outside.channel = await outside.connection.createConfirmChannel();
  });

  afterAll(async () => {
    for (const queue of outside.queues) await outside.channel.deleteQueue(queue);
    await outside.connection.close();
  });

  return outside;
}
