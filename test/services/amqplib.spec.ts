import {
  Controller,
  Get,
  Injectable,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { expect, it } from '@jest/globals';
import { connect, type Channel, type Connection, type ConsumeMessage } from 'amqplib';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { rabbitmqOutside } from './microservices/rabbitmq-outside.js';
import { rabbitmq, rabbitmqUrl } from './microservices/servers.js';
import { unique } from './servers.js';

/** A consumer as a team writes it: made in an init hook, closed in the first hook of the end, no word of its channel. */
@Injectable()
class Desk implements OnModuleInit, OnModuleDestroy {
  static queue: string;
  static options: { readonly exclusive?: boolean; readonly autoDelete?: boolean } = {};
  readonly rows: string[] = [];
  connection!: Connection;
  channel!: Channel;
  consumerTag!: string;

  constructor(private readonly work: Work) {}

  async onModuleInit(): Promise<void> {
    const { queue, options } = Desk;
    this.connection = await connect(rabbitmqUrl);
    this.connection.on('error', () => undefined);
    const channel = await this.connection.createChannel();
    this.channel = channel;
    await channel.assertQueue(queue, options);
    await channel.prefetch(2);
    const onMessage = (message: ConsumeMessage | null) => this.take(channel, message);
    ({ consumerTag: this.consumerTag } = await channel.consume(queue, onMessage));
  }

  async take(channel: Channel, message: ConsumeMessage | null): Promise<void> {
    const name = String(message?.content);
    await this.work.run(name);
    this.rows.push(name);
    channel.ack(message);
  }

  async onModuleDestroy(): Promise<void> {
    await this.connection.close();
  }
}

/** Asks over RabbitMQ, and is answered in a queue of its own. */
@Injectable()
class Asking implements OnModuleInit {
  connection!: Connection;
  channel!: Channel;
  private replies = '';
  private answered = new Map<string, (answer: string) => void>();

  async onModuleInit(): Promise<void> {
    this.connection = await connect(rabbitmqUrl);
    this.channel = await this.connection.createChannel();
    ({ queue: this.replies } = await this.channel.assertQueue('', { exclusive: true }));
    await this.channel.consume(
      this.replies,
      (message) => this.answered.get(String(message?.properties.correlationId))?.('answered'),
      { noAck: true },
    );
  }

  ask(queue: string, correlationId: string): Promise<string> {
    const options = { correlationId, replyTo: this.replies };
    this.channel.sendToQueue(queue, Buffer.from(correlationId), options);
    return new Promise((resolve) => this.answered.set(correlationId, resolve));
  }
}

@Controller()
class Questions {
  constructor(private readonly asking: Asking) {}

  @Get('ask')
  ask(): Promise<string> {
    return this.asking.ask(`${Desk.queue}.questions`, 'question');
  }
}

describeWith(rabbitmq, () => {
  const outside = rabbitmqOutside();

  function newQueue(): string {
    const queue = `${unique('desk')}_${outside.queues.length}`;
    outside.queues.push(queue);
    return queue;
  }

  async function start(options: {} | null, queue = newQueue(), queueOptions = {}) {
    Desk.queue = queue;
    Desk.options = queueOptions;
    const module = { providers: [Desk] };
    const app = await HttpApp.start({ platform: 'Express', options, module });
    return { app, queue, desk: app.app.get(Desk) };
  }

  async function publish(queue: string, ...names: string[]): Promise<void> {
    for (const name of names) outside.channel.sendToQueue(queue, Buffer.from(name));
    await outside.channel.waitForConfirms();
  }

  /** How many messages wait, or are not acknowledged: to be asked when the application is gone. */
  const left = async (queue: string) => (await outside.channel.checkQueue(queue)).messageCount;
  const consumers = async (queue: string) =>
    (await outside.channel.checkQueue(queue)).consumerCount;

  it('finishes what it has, takes nothing more, and its acknowledgements arrive', async () => {
    const { app, queue, desk } = await start({});
    await publish(queue, 'one', 'two', 'three');
    await app.work.begun('one');
    await app.work.begun('two');
    const closing = app.close();
    await app.phase('drain');
    await manyTurns();
    expect(await consumers(queue)).toBe(0);
    app.work.finish('one', 'two', 'three');
    await closing;

    expect(desk.rows.toSorted()).toEqual(['one', 'two']);
    expect(await left(queue)).toBe(1);
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    expect(app.report.sources).toContainEqual(
      expect.objectContaining({ kind: 'message', before: 2, after: 0, finished: 2, cut: 0 }),
    );
  });

  it('the control: on plain Nest all of it is delivered again', async () => {
    const { app, queue } = await start(null);
    await publish(queue, 'one', 'two', 'three');
    await app.work.begun('one');
    await app.work.begun('two');
    const closing = app.close();
    await eventually('the teardown', () => app.work.inFlightAtDestroy !== undefined);
    await closing;
    expect(await left(queue)).toBe(3);
    app.work.finish('one', 'two', 'three');
  });

  it('names what could not finish, and it goes back', async () => {
    const { app, queue } = await start({ gracePeriodMs: 4_000, drainTimeoutMs: 50 });
    await publish(queue, 'slow');
    await app.work.begun('slow');
    await app.close();
    expect(app.report.unfinished).toEqual([
      expect.objectContaining({ kind: 'message', name: `message ${queue}`, fate: 'abandoned' }),
    ]);
    expect(await left(queue)).toBe(1);
    app.work.finish('slow');
  });

  it('out of rotation nothing is taken, and back in it is', async () => {
    const { app, queue } = await start({});
    expect(await app.graceful.drain()).toBe(true);
    await publish(queue, 'one');
    expect(await consumers(queue)).toBe(0);
    expect(app.work.started).toEqual([]);
    app.graceful.resume();
    await app.work.begun('one');
    app.work.finish('one');
    await app.close();
    expect(await left(queue)).toBe(0);
  });

  it('what the application has cancelled itself does not begin again', async () => {
    const { app, queue, desk } = await start({});
    await desk.channel.cancel(desk.consumerTag);
    await app.graceful.drain();
    app.graceful.resume();
    await publish(queue, 'one');
    await manyTurns();
    expect(await consumers(queue)).toBe(0);
    await app.close();
    expect(await left(queue)).toBe(1);
  });

  it('a queue that would be gone without its consumer keeps it while out of rotation', async () => {
    const { app, queue } = await start({}, newQueue(), { autoDelete: true });
    await app.graceful.drain();
    expect(await consumers(queue)).toBe(1);
    await app.close();
  });

  it('what connects again while it drains does not take again', async () => {
    const { app, queue, desk } = await start({});
    const { connection } = desk;
    await publish(queue, 'one');
    await app.work.begun('one');
    const closing = app.close();
    await app.phase('drain');
    await desk.onModuleInit(); // as its own reconnect would
    await publish(queue, 'late');
    await manyTurns();
    expect(await consumers(queue)).toBe(0);
    app.work.finish('one', 'late');
    await closing;
    expect(app.work.started).toEqual(['one']);
    await connection.close();
  });

  it('a question that is asked in the drain is answered', async () => {
    const queue = newQueue();
    outside.queues.push(`${queue}.questions`);
    Desk.queue = queue;
    await outside.channel.assertQueue(`${queue}.questions`);
    const answer = (question: ConsumeMessage | null) => {
      const { replyTo, correlationId } = question?.properties ?? {};
      outside.channel.sendToQueue(String(replyTo), Buffer.from(''), { correlationId });
    };
    const module = { providers: [Asking], controllers: [Questions] };
    const app = await HttpApp.start({ platform: 'Express', options: {}, module });
    const client = await app.connect();
    const asked = client.get('/ask');
    while ((await left(`${queue}.questions`)) === 0) await manyTurns();
    const closing = app.close();
    await app.phase('drain');
    await outside.channel.consume(`${queue}.questions`, answer, { noAck: true });
    expect((await asked.response()).body).toContain('answered');
    await closing;
    await app.app.get(Asking).connection.close();
  });

  it.each([1, 2, 3])('stopped at a random moment, no message is lost (seed %i)', async (seed) => {
    const names = Array.from({ length: 12 }, (_, index) => `${seed}-${index}`);
    const first = await start({});
    const { queue } = first;
    first.app.work.finish(...names);
    await publish(queue, ...names);
    await eventually('the moment', () => first.app.work.started.length >= seed * 3);
    await first.app.close();
    const done = first.desk.rows;
    expect(await left(queue)).toBe(names.length - done.length);

    const second = await start({}, queue);
    second.app.work.finish(...names);
    const all = () => [...done, ...second.desk.rows];
    await eventually('the rest', () => all().length === names.length);
    await second.app.close();
    expect(all().toSorted()).toEqual(names.toSorted());
    expect(await left(queue)).toBe(0);
  });
});
