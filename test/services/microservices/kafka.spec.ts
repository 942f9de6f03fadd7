import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, type ServerKafka } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { Work } from '../../support/work.js';
import { manyTurns } from '../../support/many-turns.js';
import { FakeKafka, kafkaServer } from './fake-kafka.js';
import { KINDS, RpcApp, type Kind } from './rpc-app.js';

@Controller()
class Orders {
  constructor(private readonly work: Work) {}

  @MessagePattern('orders')
  async order(@Payload() name: string): Promise<string> {
    await this.work.run(name);
    return `did ${name}`;
  }

  @EventPattern<unknown>('shipped')
  async shipped(@Payload() name: string): Promise<void> {
    await this.work.run(name);
  }
}

async function start(options: {} | null, kind?: Kind) {
  const kafka = new FakeKafka();
  const sent = kafka.holdReplies();
  const server = kafkaServer(kafka);
  if (options === null) keepFailuresToOneself(server);
  const microservice = { strategy: server };
  const app = await RpcApp.start({ kind, options, microservice, controllers: [Orders] });
  const deliver = (topic: string, name: string) => expect(kafka.deliver(topic, name)).toBe(true);
  return { app, kafka, deliver, sent };
}

describe('Kafka, which disconnects its producer before the reply is sent', () => {
  it.each(KINDS)('%s: what runs is finished, and its reply sent', async (kind) => {
    const { app, kafka, deliver, sent } = await start({}, kind);
    deliver('orders', 'one');
    deliver('shipped', 'two');
    await app.work.begun('one');
    await app.work.begun('two');

    const closing = app.close();
    await app.draining();
    expect(kafka.calls).toEqual(['stop']);
    app.work.finish('one', 'two');
    await manyTurns();
    expect(kafka.calls).toEqual(['stop']);
    sent();
    await closing;

    expect(kafka.replies.map(({ value }) => String(value))).toEqual(['did one']);
    expect(kafka.calls).toEqual(['stop', 'disconnect', 'producer disconnect']);
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('the control: on plain Nest the producer is gone before the reply is', async () => {
    const { app, kafka, deliver } = await start(null);
    deliver('orders', 'one');
    await app.work.begun('one');

    const closing = app.close();
    app.work.finish('one');
    await closing;

    expect(kafka.calls).toEqual(['disconnect', 'producer disconnect']);
    expect(kafka.replies).toEqual([]);
  });
});

describe('Kafka with commits by hand, which do nothing once its consumer has been told to stop', () => {
  const byHand = { run: { autoCommit: false } };

  async function startByHand() {
    const kafka = new FakeKafka();
    const microservice = { strategy: kafkaServer(kafka, byHand) };
    const app = await RpcApp.start({ microservice, controllers: [Orders] });
    return { app, kafka };
  }

  it('its topics are paused at T0, and it stops when nothing is in hand', async () => {
    const { app, kafka } = await startByHand();
    kafka.deliver('shipped', 'one');
    await app.work.begun('one');
    const closing = app.close();
    await app.draining();
    await manyTurns();
    expect(kafka.calls).toEqual([expect.stringMatching(/^pause .*shipped/)]);

    app.work.finish('one');
    await closing;
    expect(kafka.calls.slice(1)).toEqual(['stop', 'disconnect', 'producer disconnect']);
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('what was fetched before is not begun', async () => {
    const { app, kafka } = await startByHand();
    kafka.deliver('shipped', 'one');
    await app.work.begun('one');
    const closing = app.close();
    await app.draining();
    kafka.deliver('shipped', 'two'); // of another partition: kafkajs looks for a pause only after a message
    await manyTurns();
    app.work.finish('one', 'two');
    await closing;

    expect(app.work.started).toEqual(['one']);
    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('without anything in hand it stops at once', async () => {
    const { app, kafka } = await startByHand();
    await app.close();
    expect(kafka.calls.slice(1)).toEqual(['stop', 'disconnect', 'producer disconnect']);
  });
});

describe('Kafka whose fetch is out for longer than there is time', () => {
  it.each([true, false])('is clean when it is idle (commits by itself: %s)', async (autoCommit) => {
    const kafka = new FakeKafka();
    let comeBack!: () => void;
    kafka.fetching = new Promise((resolve) => (comeBack = resolve));
    const microservice = { strategy: kafkaServer(kafka, { run: { autoCommit } }) };
    const options = { gracePeriodMs: 600, shortGracePeriodForTests: true };
    const app = await RpcApp.start({ microservice, options, controllers: [Orders] });
    await app.close();

    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    comeBack();
  });

  it('the control: one with a message in hand is not', async () => {
    const kafka = new FakeKafka();
    const microservice = { strategy: kafkaServer(kafka) };
    const options = { gracePeriodMs: 600, shortGracePeriodForTests: true };
    const app = await RpcApp.start({ microservice, options, controllers: [Orders] });
    kafka.deliver('shipped', 'one');
    await app.work.begun('one');
    const closing = app.close();
    await eventually('the end of the drain', () =>
      app.log.lines.some((line) => line.startsWith('close: ')),
    );
    app.work.finish('one');
    await closing;

    expect(app.graceful.report).toMatchObject({ outcome: 'forced' });
  });
});

/** Microservices 11 leaves the failure of a reply to nobody, which would end a process. */
function keepFailuresToOneself(server: ServerKafka): void {
  const send = server.sendMessage.bind(server);
  server.sendMessage = (...args) => send(...args).catch(() => []);
}
