import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';

export const rabbitmqUrl = process.env.RABBITMQ_URL ?? 'amqp://127.0.0.1:5672';

export async function isRabbitmqThere(): Promise<boolean> {
  try {
    const connection = await connect(rabbitmqUrl);
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

/** The two queues of the app, as another service and the broker see them. */
export class Queues {
  private constructor(
    private readonly suffix: string,
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async open(suffix: string): Promise<Queues> {
    const connection = await connect(rabbitmqUrl);
    return new Queues(suffix, connection, await connection.createConfirmChannel());
  }

  /** A parcel and a mail, again and again until the end. Resolves with how many of each, when the broker has them. */
  async publish(everyMs: number, end: AbortSignal): Promise<number> {
    let count = 0;
    while (!end.aborted) {
      count++;
      this.send('parcels', 'parcel.pack', count);
      this.send('mails', 'mail.send', count);
      await sleep(everyMs);
    }
    await this.channel.waitForConfirms();
    return count;
  }

  /** Resolves when nothing waits in the queues, and everything in them has been given to one single app. */
  async empty(): Promise<void> {
    for (const queue of ['parcels', 'mails']) {
      for (;;) {
        const { messageCount, consumerCount } = await this.channel.checkQueue(queue + this.suffix);
        if (messageCount === 0 && consumerCount === 1) break;
        await sleep(20);
      }
    }
  }

  /** Leaves nothing behind. */
  async remove(): Promise<void> {
    for (const queue of ['parcels', 'mails']) {
      await this.channel.deleteQueue(queue + this.suffix);
    }
    await this.connection.close();
  }

  private send(queue: string, pattern: string, id: number): void {
    const content = Buffer.from(JSON.stringify({ pattern, data: { id } }));
    this.channel.sendToQueue(queue + this.suffix, content, { persistent: true });
  }
}
