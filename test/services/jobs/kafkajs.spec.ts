import { Injectable, type Type } from '@nestjs/common';
import { afterEach, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { MockKafka, mockKafka } from '../../support/kafka.js';
import { exampleOf } from '../../support/page-example.js';
import { describeWith } from '../../support/services.js';
import { Work } from '../../support/work.js';

interface Connected {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}

interface Message {
  readonly topic: string;
  readonly partition: number;
  readonly message: { readonly value: Buffer | null; readonly offset: string };
}

interface Consumer extends Connected {
  subscribe(options: { topic: string; fromBeginning: boolean }): Promise<void>;
  run(config: {
    autoCommit?: boolean;
    eachMessage: (message: Message) => Promise<void>;
  }): Promise<void>;
  commitOffsets(offsets: object[]): Promise<void>;
}

interface Producer extends Connected {
  send(batch: { topic: string; messages: object[] }): Promise<unknown>;
}

interface Admin extends Connected {
  fetchOffsets(of: {
    groupId: string;
    topics: string[];
  }): Promise<Array<{ partitions: Array<{ partition: number; offset: string }> }>>;
}

interface KafkaClient {
  consumer(options: object): Consumer;
  producer(): Producer;
  admin(): Admin;
}

const kafkajs: string = 'kafkajs';
const { Kafka } = (await import(kafkajs)) as { Kafka: new (options: object) => KafkaClient };

describeWith(mockKafka, () => {
  const brokers: MockKafka[] = [];

  afterEach(() => {
    for (const broker of brokers.splice(0)) broker.stop();
  });

  async function started(autoCommit: boolean, options?: null) {
    const [topic, groupId] = ['orders', 'billing'];
    const cluster = await MockKafka.start(topic);
    brokers.push(cluster);
    const kafka = new Kafka({ brokers: [cluster.broker], logLevel: 0 });
    const producer = kafka.producer();
    await producer.connect();
    const messages = ['one', 'two'].map((value) => ({ value, partition: 0 }));
    await producer.send({ topic, messages });
    await producer.disconnect();
    let work: Work | undefined;

    @Injectable()
    class Orders {
      readonly consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
      private started?: Promise<void>;

      async onModuleInit(): Promise<void> {
        await this.consumer.connect();
        await this.consumer.subscribe({ topic, fromBeginning: true });
      }

      /** When the test's side is there. */
      consume(): Promise<void> {
        this.started ??= this.consumer.run({
          autoCommit,
          eachMessage: async ({ partition, message }) => {
            await work?.run(String(message.value));
            const offset = String(Number(message.offset) + 1);
            if (!autoCommit) await this.consumer.commitOffsets([{ topic, partition, offset }]);
          },
        });
        return this.started;
      }

      async onApplicationShutdown(): Promise<void> {
        await this.consumer.disconnect();
      }
    }
    const http = await HttpApp.start({
      platform: 'Express',
      options,
      module: { providers: [Orders as Type] },
    });
    work = http.work;
    await http.app.get(Orders).consume();
    await http.work.begun('one');
    const committed = async () => {
      const admin = kafka.admin();
      await admin.connect();
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      await admin.disconnect();
      return offsets?.partitions.find(({ partition }) => partition === 0)?.offset;
    };
    return { http, work: http.work, committed };
  }

  it.each([true, false])(
    'finishes and commits what is in hand, and begins no other (autoCommit: %s)',
    async (autoCommit) => {
      const { http, work, committed } = await started(autoCommit);
      http.signal();
      await http.phase('drain');
      work.finish('one', 'two');
      expect(await http.exited()).toBe(0);
      expect(work.started).toEqual(['one']);
      expect(work.inFlightAtDestroy).toBe(0);
      expect(await committed()).toBe('1');
      expect(http.report.sources).toEqual([
        expect.objectContaining({ name: 'kafkajs of Orders', before: 1, after: 0, finished: 1 }),
      ]);
    },
  );

  it('the control: plain Nest destroys what the message uses', async () => {
    const { http, work } = await started(true, null);
    const closing = http.close();
    await eventually('the destroy', () => work.inFlightAtDestroy !== undefined);
    expect(work.inFlightAtDestroy).toBe(1);
    work.finish('one', 'two');
    await closing;
  });

  it('finds the consumer of docs/integrations/kafka.md', async () => {
    const cluster = await MockKafka.start('orders');
    brokers.push(cluster);

    @Injectable()
    class Orders {
      constructor(private readonly work: Work) {}

      place(order: string): Promise<void> {
        return this.work.run(order);
      }
    }
    process.env['KAFKA_BROKER'] = cluster.broker;
    const { OrderConsumer } = await exampleOf<{ OrderConsumer: Type }>(
      'docs/integrations/kafka.md',
      {
        './orders.js': { Orders },
        kafkajs: { Kafka },
      },
    );
    const providers = [Orders, OrderConsumer];
    const http = await HttpApp.start({ platform: 'Express', module: { providers } });
    const producer = new Kafka({ brokers: [cluster.broker], logLevel: 0 }).producer();
    await producer.connect();
    await producer.send({ topic: 'orders', messages: [{ value: 'seven', partition: 0 }] });
    await producer.disconnect();
    await http.work.begun('seven');
    http.signal();
    await http.phase('drain');
    http.work.finish('seven');
    expect(await http.exited()).toBe(0);
    expect(http.report.sources).toEqual([
      expect.objectContaining({ name: 'kafkajs of OrderConsumer', before: 1, finished: 1 }),
    ]);
  });
});
