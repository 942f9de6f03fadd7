import { afterEach, expect, it } from '@jest/globals';
import { installed } from '../support/installed.js';
import { MockKafka, mockKafka } from '../support/kafka.js';
import { MAJORS, startArm, type Arm, type Cell } from '../support/pair.js';
import { describeWith } from '../support/services.js';
import { killStarted } from '../support/started-program.js';

/** As much of kafkajs as is used. */
interface Connected {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}
interface Producer extends Connected {
  send(batch: {
    topic: string;
    messages: { value: string; partition: number }[];
  }): Promise<unknown>;
}
interface Admin extends Connected {
  fetchOffsets(of: {
    groupId: string;
    topics: string[];
  }): Promise<{ partitions: { partition: number; offset: string }[] }[]>;
}
const { Kafka } = installed('kafkajs') as {
  Kafka: new (options: object) => { producer(): Producer; admin(): Admin };
};

describeWith(mockKafka, () => {
  const brokers: MockKafka[] = [];

  afterEach(async () => {
    await killStarted();
    for (const broker of brokers.splice(0)) broker.stop();
  });

  async function run(cell: Cell, arm: Arm) {
    const topic = 'orders';
    const cluster = await MockKafka.start(topic);
    brokers.push(cluster);
    const kafka = new Kafka({ brokers: [cluster.broker], logLevel: 0 });
    const producer = kafka.producer();
    await producer.connect();
    const messages = [1, 2].map((n) => ({ value: JSON.stringify({ n }), partition: 0 }));
    await producer.send({ topic, messages });
    await producer.disconnect();

    const settings = { broker: cluster.broker, topic };
    const program = startArm(cell, arm, 'services/committed-by-hand', settings);
    await program.event('begun');
    program.signal('SIGTERM');
    const { code, signal } = await program.end;
    const handled = program.events.filter(({ event }) => event === 'handled');

    const admin = kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: `${topic}-server`, topics: [topic] });
    await admin.disconnect();
    const committed = offsets?.partitions.find(({ partition }) => partition === 0)?.offset;
    return { handled: handled.map(({ pool }) => pool), committed, end: code ?? signal };
  }

  it.each(MAJORS)(
    'what a handler commits by hand while it drains is committed, on Nest $nestMajor',
    async (cell) => {
      const [module, plain] = await Promise.all([
        run(cell, 'with the module'),
        run(cell, 'plain Nest'),
      ]);

      expect(module).toEqual({ handled: ['open'], committed: '1', end: 0 });
      expect(plain).toMatchObject({ handled: ['closed'], committed: '-1' }); // the control
    },
  );
});
