import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { describeWithGolevelup, golevelup } from './golevelup-library.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { Work } from '../support/work.js';
import { rabbitmqOutside } from './microservices/rabbitmq-outside.js';
import { rabbitmqUrl } from './microservices/servers.js';
import { unique } from './servers.js';

/** What handlers write to, closed in the first of Nest's hooks. */
@Injectable()
class Store implements OnModuleDestroy {
  readonly rows: string[] = [];
  private open = true;

  save(...names: string[]): void {
    if (!this.open) throw new Error('the store is closed');
    this.rows.push(...names);
  }

  onModuleDestroy(): void {
    this.open = false;
  }
}

interface Rig {
  readonly app: HttpApp;
  readonly store: Store;
  readonly queue: string;
}

describeWithGolevelup(() => {
  const outside = rabbitmqOutside();

  function newQueue(): string {
    const queue = `${unique('golevelup')}_${outside.queues.length}`;
    outside.queues.push(queue);
    return queue;
  }

  /** An application with a handler for events, one for questions, and one for batches, each with a queue of its own. */
  async function start(
    options: {} | null,
    queue = newQueue(),
    queueOptions: {} = {},
  ): Promise<Rig> {
    const { RabbitMQModule, RabbitSubscribe, RabbitRPC } = golevelup;
    const { queues } = outside;
    if (queues.at(-1) === queue) queues.push(`${queue}.questions`, `${queue}.batches`);

    @Injectable()
    class Desk {
      constructor(
        private readonly work: Work,
        private readonly store: Store,
      ) {}

      @RabbitSubscribe({ queue, queueOptions })
      async take(name: string): Promise<void> {
        await this.work.run(name);
        this.store.save(name);
      }

      @RabbitRPC({ queue: `${queue}.questions`, routingKey: `${queue}.questions` })
      async answer(name: string): Promise<string> {
        await this.work.run(name);
        this.store.save(name);
        return `did ${name}`;
      }

      @RabbitSubscribe({ queue: `${queue}.batches`, batchOptions: { size: 2, timeout: 60_000 } })
      async takeAll(names: string[]): Promise<void> {
        await this.work.run(names.join('+'));
        this.store.save(...names);
      }
    }

    const connection = RabbitMQModule.forRoot({
      uri: rabbitmqUrl,
      prefetchCount: 2,
      connectionManagerOptions: { reconnectTimeInSeconds: 0.02 },
    });
    const app = await HttpApp.start({
      platform: 'Express',
      options,
      module: { imports: [connection], providers: [Desk, Store] },
    });
    return { app, queue, store: app.app.get(Store) };
  }

  async function publish(queue: string, ...names: string[]): Promise<void> {
    for (const name of names) outside.channel.sendToQueue(queue, Buffer.from(JSON.stringify(name)));
    await outside.channel.waitForConfirms();
  }

  /** A question, and what was answered so far. */
  async function ask({ queue }: Rig, name: string): Promise<string[]> {
    const answers: string[] = [];
    const asking = await outside.connection.createConfirmChannel();
    const replyTo = 'amq.rabbitmq.reply-to';
    const onAnswer = (message: { content: Buffer } | null) =>
      answers.push(JSON.parse(String(message?.content)) as string);
    await asking.consume(replyTo, onAnswer, { noAck: true });
    asking.sendToQueue(`${queue}.questions`, Buffer.from(JSON.stringify(name)), {
      replyTo,
      correlationId: name,
    });
    return answers;
  }

  /** How many messages nobody has taken, or nobody has acknowledged: to be asked when the application is gone. */
  const left = async (queue: string) => (await outside.channel.checkQueue(queue)).messageCount;

  /** Two events, a question and a batch run, two more events wait, and a request holds up the shutdown. */
  async function closeAmidWork(options: {} | null) {
    const rig = await start(options);
    const { app, queue } = rig;
    const client = await app.connect();
    client.get('/work/request');
    const answers = await ask(rig, 'question');
    await publish(queue, 'one', 'two', 'three', 'four');
    await publish(`${queue}.batches`, 'b1', 'b2');
    const begun = ['request', 'question', 'one', 'two', 'b1+b2'];
    await Promise.all(begun.map((name) => app.work.begun(name)));
    void app.close();
    return { ...rig, answers };
  }

  it('finishes what it has, acknowledges and answers it, and takes nothing more', async () => {
    const { app, queue, store, answers } = await closeAmidWork({});
    await app.phase('drain');
    app.work.finish('request');
    await eventually('the request to end', () => app.work.finished.includes('request'));
    await manyTurns();
    expect(app.work.inFlightAtDestroy).toBeUndefined();
    app.work.finish('one', 'two', 'three', 'four', 'question', 'b1+b2');
    await app.close();
    await eventually('the answer', () => answers.length > 0);

    expect(answers).toEqual(['did question']);
    expect(store.rows.toSorted()).toEqual(['b1', 'b2', 'one', 'question', 'two']);
    expect(app.work.started).toHaveLength(5);
    expect(await left(queue)).toBe(2);
    expect(await left(`${queue}.questions`)).toBe(0);
    expect(await left(`${queue}.batches`)).toBe(0);
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('the control: on plain Nest it fails and is taken again, over and over, and no answer comes', async () => {
    const { app, store, answers } = await closeAmidWork(null);
    await eventually('the store to close', () => app.work.inFlightAtDestroy !== undefined);
    app.work.finish('one', 'two', 'three', 'four', 'question', 'b1+b2');
    const times = (name: string) => app.work.started.filter((one) => one === name).length;
    await eventually('more of the same', () => times('one') > 3 && times('question') > 3);

    expect(store.rows).toEqual([]);
    expect(answers).toEqual([]);
    app.work.finish('request');
    await app.destroy(); // its client, too, for plain Nest waits for it
    await app.close();
  });

  it('what has not finished at the deadline goes back, and holds nothing up', async () => {
    const { app, queue } = await start({ gracePeriodMs: 4_000, drainTimeoutMs: 50 });
    await publish(queue, 'slow');
    await app.work.begun('slow');
    await app.close();

    expect(app.report.unfinished).toEqual([
      expect.objectContaining({ kind: 'message', name: `message ${queue}`, fate: 'abandoned' }),
    ]);
    expect(app.report.phases.find(({ name }) => name === 'close')?.outcome).toBe('done');
    expect(await left(queue)).toBe(1);
    app.work.finish('slow'); // it can't be acknowledged any more, which is nobody's error
  });

  it('out of rotation nothing is taken, and back in it is', async () => {
    const { app, queue } = await start({});
    expect(await app.graceful.drain()).toBe(true);
    await publish(queue, 'one');
    expect((await outside.channel.checkQueue(queue)).consumerCount).toBe(0);
    expect(app.work.started).toEqual([]);

    app.graceful.resume();
    await app.work.begun('one');
    app.work.finish('one');
    await app.close();
    expect(await left(queue)).toBe(0);
  });

  it('a queue that would be gone without its consumer keeps it while out of rotation', async () => {
    const { app, queue } = await start({}, newQueue(), { autoDelete: true });
    await app.graceful.drain();
    expect((await outside.channel.checkQueue(queue)).consumerCount).toBe(1);
    await publish(queue, 'one');
    await app.work.begun('one');
    app.work.finish('one');
    await app.close();
  });

  /** The broker is gone for a moment; resolves when the application has its channels again. */
  async function reconnected({ app }: Rig): Promise<void> {
    const again = app.log.lines.length;
    const connection = app.app.get(golevelup.AmqpConnection, { strict: false });
    connection.managedConnection.connection.connection.stream.destroy(new Error('lost'));
    await eventually('a new channel', () =>
      app.log.lines.slice(again).some((line) => line.includes('connected a RabbitMQ channel')),
    );
  }

  it('a connection that is lost while it drains does not take again', async () => {
    const rig = await start({});
    const { app, queue } = rig;
    await publish(queue, 'one');
    await app.work.begun('one');
    const closing = app.close();
    await app.phase('drain');
    await reconnected(rig);
    await publish(queue, 'late');
    app.work.finish('one', 'late');
    await closing;

    expect(app.work.started).toEqual(['one']);
    expect(await left(queue)).toBe(2); // `one` was taken back when the connection was lost
  });

  it('a connection that is lost while out of rotation takes again when it is back in', async () => {
    const rig = await start({});
    const { app, queue } = rig;
    await app.graceful.drain();
    await reconnected(rig);
    await publish(queue, 'one');
    expect((await outside.channel.checkQueue(queue)).consumerCount).toBe(0);
    app.graceful.resume();
    await app.work.begun('one');
    app.work.finish('one');
    await app.close();

    expect(app.work.started).toEqual(['one']);
    expect(await left(queue)).toBe(0);
  });

  it.each([1, 2, 3])('stopped at a random moment, no message is lost (seed %i)', async (seed) => {
    const random = generator(seed);
    const names = Array.from({ length: 12 }, (_, index) => `${seed}-${index}`);
    const hung = new Set(names.filter(() => random() < 0.15));
    const stopAt = 1 + Math.floor(random() * names.length);

    const first = await start({ gracePeriodMs: 300, shortGracePeriodForTests: true });
    const { queue } = first;
    const { work } = first.app;
    work.finish(...names.filter((name) => !hung.has(name)));
    await publish(queue, ...names);
    const isStuck = () => work.started.filter((name) => hung.has(name)).length === 2;
    await eventually('the moment', () => work.started.length >= stopAt || isStuck());
    await first.app.close();
    const cut = work.started.filter((name) => !work.finished.includes(name));
    expect(cut.every((name) => hung.has(name))).toBe(true);
    expect(await left(queue)).toBe(names.length - work.finished.length);

    const second = await start({}, queue);
    second.app.work.finish(...names);
    const all = () => [...first.store.rows, ...second.store.rows];
    await eventually('the rest', () => all().length === names.length);
    await second.app.close();
    expect(all().toSorted()).toEqual(names.toSorted());
    expect(await left(queue)).toBe(0);
  });
});

/** Random numbers that are the same in each run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
