import { ServerKafka, type KafkaOptions } from '@nestjs/microservices';

interface Delivery {
  readonly topic: string;
  readonly partition: number;
  readonly message: object;
}

interface Reply {
  readonly value: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What kafkajs promises, without a broker: `stop()` waits for `eachMessage`, `disconnect()` does it as well, and ends. */
export class FakeKafka {
  readonly calls: string[] = [];
  readonly replies: Reply[] = [];
  /** Until it resolves a reply is on its way. */
  sending = Promise.resolve();
  private readonly running = new Set<Promise<void>>();
  /** Until it resolves a fetch is out, for which `stop()` waits. */
  fetching = Promise.resolve();
  private connected = true;
  private eachMessage?: (delivery: Delivery) => Promise<void>;

  /** Returns what lets replies arrive. */
  holdReplies(): () => void {
    let letGo!: () => void;
    this.sending = new Promise((resolve) => (letGo = resolve));
    return letGo;
  }

  /** Says whether anybody consumes. The value is the correlation id of the reply, too. */
  deliver(topic: string, value: string): boolean {
    const headers = { kafka_correlationId: value, kafka_replyTopic: 'replies' };
    const message = { key: null, value, headers };
    const running = this.eachMessage?.({ topic, partition: 0, message });
    if (!running) return false;
    const over = running.catch(() => undefined).then(() => void this.running.delete(over));
    this.running.add(over);
    return true;
  }

  consumer(): object {
    return {
      events: {},
      on: () => undefined,
      connect: async () => undefined,
      subscribe: async () => undefined,
      run: async ({ eachMessage }: { eachMessage: (delivery: Delivery) => Promise<void> }) => {
        this.eachMessage = eachMessage;
      },
      pause: (topics: ReadonlyArray<{ topic: string }>) =>
        void this.calls.push(`pause ${topics.map(({ topic }) => topic).join()}`),
      stop: () => this.stop('stop'),
      disconnect: () => this.stop('disconnect'),
    };
  }

  producer(): object {
    return {
      events: {},
      on: () => undefined,
      connect: async () => undefined,
      disconnect: async () => {
        this.calls.push('producer disconnect');
        this.connected = false;
      },
      send: async ({ messages }: { messages: readonly Reply[] }) => {
        await this.sending;
        if (!this.connected) throw new Error('The producer is disconnected');
        this.replies.push(...messages);
      },
    };
  }

  private async stop(call: string): Promise<void> {
    this.calls.push(call);
    this.eachMessage = undefined;
    await Promise.all(this.running);
    await this.fetching;
  }
}

/** Nest's own server, with that in the place of kafkajs. */
export function kafkaServer(kafka: FakeKafka, options: KafkaOptions['options'] = {}): ServerKafka {
  class Server extends ServerKafka {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what Nest 11 and 12 declare differs
    override createClient(): any {
      return kafka;
    }
  }
  return new Server(options);
}
