import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, type ServerKafka } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
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

/** Microservices 11 leaves the failure of a reply to nobody, which would end a process. */
function keepFailuresToOneself(server: ServerKafka): void {
  const send = server.sendMessage.bind(server);
  server.sendMessage = (...args) => send(...args).catch(() => []);
}
