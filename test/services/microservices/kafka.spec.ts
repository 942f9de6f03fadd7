import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload, ServerKafka } from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { Work } from '../../support/work.js';
import { manyTurns } from './in-flight.js';
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

interface Payloads {
  topic: string;
  partition: number;
  message: object;
}

/** What kafkajs promises, without a broker: `stop()` waits for `eachMessage`, `disconnect()` does it as well, and ends. */
class FakeKafka {
  readonly calls: string[] = [];
  readonly replies: string[] = [];
  private eachMessage?: (payload: Payloads) => Promise<void>;
  private readonly running = new Set<Promise<void>>();
  private releaseProducer!: () => void;
  /** Until the test says so a reply is on its way. */
  readonly sending = new Promise<void>((resolve) => (this.releaseProducer = resolve));
  private connected = true;

  sent(): void {
    this.releaseProducer();
  }

  deliver(topic: string, value: string): void {
    const headers = { kafka_correlationId: 'id', kafka_replyTopic: 'replies' };
    const message = { key: null, value, headers };
    const running = this.eachMessage?.({ topic, partition: 0, message });
    if (!running) throw new Error('nobody consumes');
    this.running.add(running);
  }

  consumer(): object {
    return {
      events: {},
      on: () => undefined,
      connect: async () => undefined,
      subscribe: async () => undefined,
      run: async ({ eachMessage }: { eachMessage: (payload: Payloads) => Promise<void> }) => {
        this.eachMessage = eachMessage;
      },
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
      send: async ({ messages: [{ value }] }: { messages: [{ value: unknown }] }) => {
        await this.sending;
        if (!this.connected) throw new Error('The producer is disconnected');
        this.replies.push(String(value));
      },
    };
  }

  private async stop(call: string): Promise<void> {
    this.calls.push(call);
    this.eachMessage = undefined;
    await Promise.all(this.running);
  }
}

async function start(options: {} | null, kind?: Kind) {
  const kafka = new FakeKafka();
  class Server extends ServerKafka {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what Nest 11 and 12 declare differs
    override createClient(): any {
      return kafka;
    }
  }
  const server = new Server({});
  if (options === null) keepFailuresToOneself(server);
  const microservice = { strategy: server };
  const app = await RpcApp.start({ kind, options, microservice, controllers: [Orders] });
  return { app, kafka };
}

describe('Kafka, which disconnects its producer before the reply is sent', () => {
  it.each(KINDS)('%s: what runs is finished, and its reply sent', async (kind) => {
    const { app, kafka } = await start({}, kind);
    kafka.deliver('orders', 'one');
    kafka.deliver('shipped', 'two');
    await app.work.begun('one');
    await app.work.begun('two');

    const closing = app.close();
    await app.draining();
    expect(kafka.calls).toEqual(['stop']);
    app.work.finish('one', 'two');
    await manyTurns();
    expect(kafka.calls).toEqual(['stop']);
    kafka.sent();
    await closing;

    expect(kafka.replies).toEqual(['did one']);
    expect(kafka.calls).toEqual(['stop', 'disconnect', 'producer disconnect']);
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('the control: on plain Nest the producer is gone before the reply is', async () => {
    const { app, kafka } = await start(null);
    kafka.deliver('orders', 'one');
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
