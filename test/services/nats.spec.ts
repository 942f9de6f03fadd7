import {
  Controller,
  Get,
  Injectable,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { nats as server, natsUrl } from './microservices/servers.js';
import {
  NATS,
  type JetStreamManager,
  type JetStreamMessage,
  type Nats,
  type NatsConnection,
} from './nats-library.js';
import { unique } from './servers.js';

/** A consumer as a team writes it: made in an init hook, its connection drained in the first hook of the end. */
@Injectable()
class Desk implements OnModuleInit, OnModuleDestroy {
  static library: Nats;
  static stream: string;
  /** `undefined` is an ordered consumer, which acknowledges nothing. */
  static durable: string | undefined;
  static callback = false;
  readonly rows: string[] = [];
  private connection!: NatsConnection;

  constructor(private readonly work: Work) {}

  async onModuleInit(): Promise<void> {
    const { library, stream, durable, callback } = Desk;
    this.connection = await library.connect({ servers: natsUrl });
    const consumer = await library.jetstream(this.connection).consumers.get(stream, durable);
    if (callback) {
      await consumer.consume({ callback: (message) => void this.take(message) });
      return;
    }
    const messages = await consumer.consume();
    void (async () => {
      for await (const message of messages) await this.take(message);
    })();
  }

  async onModuleDestroy(): Promise<void> {
    await this.connection.drain();
  }

  private async take(message: JetStreamMessage): Promise<void> {
    const name = message.string();
    await this.work.run(name);
    this.rows.push(name);
    if (Desk.durable) message.ack();
  }
}

@Injectable()
class Asking implements OnModuleInit {
  connection!: NatsConnection;

  async onModuleInit(): Promise<void> {
    this.connection = await Desk.library.connect({ servers: natsUrl });
  }
}

@Controller()
class Questions {
  constructor(private readonly asking: Asking) {}

  @Get('ask')
  async ask(): Promise<string> {
    const { connection } = this.asking;
    return (await connection.request(`${Desk.stream}.question`, '', { timeout: 5_000 })).string();
  }
}

describeWith(server, () => {
  describe.each(NATS)('$name', (library) => {
    let outside: NatsConnection;
    let manager: JetStreamManager;
    const streams: string[] = [];

    beforeAll(async () => {
      outside = await library.connect({ servers: natsUrl });
      manager = await library.manager(outside);
    });

    afterAll(async () => {
      for (const stream of streams) await manager.streams.delete(stream);
      await outside.close();
    });

    async function start(options: {} | null, { durable = 'desk', callback = false } = {}) {
      const stream = unique(`desk_${streams.length}`);
      streams.push(stream);
      await manager.streams.add({ name: stream, subjects: [stream] });
      if (durable) {
        await manager.consumers.add(stream, { durable_name: durable, ack_policy: 'explicit' });
      }
      const rig = await startAgain(stream, options, durable, callback);
      return { ...rig, stream };
    }

    async function startAgain(
      stream: string,
      options: {} | null,
      durable = 'desk',
      callback = false,
    ) {
      Object.assign(Desk, { library, stream, durable: durable || undefined, callback });
      const module = { providers: [Desk] };
      const app = await HttpApp.start({ platform: 'Express', options, module });
      return { app, desk: app.app.get(Desk) };
    }

    async function publish(stream: string, ...names: string[]): Promise<void> {
      for (const name of names) await library.jetstream(outside).publish(stream, name);
    }

    async function info(stream: string) {
      const consumer = await library.jetstream(outside).consumers.get(stream, 'desk');
      return consumer.info();
    }

    /** The server works off what it has read. */
    async function acknowledged(stream: string): Promise<void> {
      while ((await info(stream)).num_ack_pending > 0) await manyTurns();
    }

    const names = ['one', 'two', 'three', 'four', 'five', 'six'];

    it('finishes the one it has, begins none that it has buffered, and its acknowledgement arrives', async () => {
      const { app, desk, stream } = await start({});
      await publish(stream, ...names);
      await app.work.begun('one');
      while ((await info(stream)).num_pending > 0) await manyTurns(); // all of them are buffered
      const closing = app.close();
      await app.phase('drain');
      await manyTurns();
      app.work.finish(...names);
      await closing;

      expect(desk.rows).toEqual(['one']);
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
      expect(app.report.sources).toContainEqual(
        expect.objectContaining({ kind: 'message', before: 1, after: 0, finished: 1, cut: 0 }),
      );
      const second = await startAgain(stream, {});
      second.app.work.finish(...names);
      // At once, not after `ack_wait`; server 2.9 has given some of what came back twice.
      await eventually('the others', () => new Set(second.desk.rows).size === 5);
      await second.app.close();
      expect(new Set(second.desk.rows)).toEqual(new Set(names.slice(1)));
    });

    it('the control: on plain Nest the acknowledgement is lost', async () => {
      const { app, stream } = await start(null);
      await publish(stream, 'one');
      await app.work.begun('one');
      await app.close();
      app.work.finish('one');
      await manyTurns();
      expect(await info(stream)).toMatchObject({ num_ack_pending: 1 });
    });

    it('waits for all that callbacks have', async () => {
      const { app, desk, stream } = await start({}, { callback: true });
      await publish(stream, 'one', 'two');
      await app.work.begun('two');
      const closing = app.close();
      await app.phase('drain');
      await publish(stream, 'late');
      app.work.finish('one', 'two', 'late');
      await closing;
      expect(desk.rows.toSorted()).toEqual(['one', 'two']);
      await acknowledged(stream);
      expect(await info(stream)).toMatchObject({ num_pending: 1 });
    });

    it('a loop over an ordered consumer is waited for', async () => {
      const { app, desk, stream } = await start({}, { durable: '' });
      await publish(stream, 'one');
      await app.work.begun('one');
      const closing = app.close();
      await app.phase('drain');
      app.work.finish('one');
      await closing;
      expect(desk.rows).toEqual(['one']);
      expect(app.report).toMatchObject({ outcome: 'clean' });
    });

    it('a callback that acknowledges nothing holds up no shutdown, for nobody can tell when it is over', async () => {
      const { app, stream } = await start({}, { durable: '', callback: true });
      await publish(stream, 'one');
      await app.work.begun('one');
      await app.close();
      app.work.finish('one');
      expect(app.report).toMatchObject({ outcome: 'clean' });
    });

    it('out of rotation nothing is taken, and back in it is', async () => {
      const { app, desk, stream } = await start({});
      expect(await app.graceful.drain()).toBe(true);
      await publish(stream, 'one');
      await manyTurns();
      expect(app.work.started).toEqual([]);
      app.graceful.resume();
      app.work.finish('one');
      await eventually('the message', () => desk.rows.length === 1);
      await app.close();
      await acknowledged(stream);
      expect(await info(stream)).toMatchObject({ num_pending: 0 });
    });

    it('a question that is asked in the drain is answered', async () => {
      Object.assign(Desk, { library, stream: unique('asking') });
      const module = { providers: [Asking], controllers: [Questions] };
      const app = await HttpApp.start({ platform: 'Express', options: {}, module });
      const question = outside.subscribe(`${Desk.stream}.question`);
      await outside.flush();
      const client = await app.connect();
      const asked = client.get('/ask');
      const [{ reply = '' }] = await firstOf(question);
      const closing = app.close();
      await app.phase('drain');
      outside.publish(reply, 'answered');
      expect((await asked.response()).body).toContain('answered');
      await closing;
      await app.app.get(Asking).connection.close();
    });
  });
});

async function firstOf<T>(items: AsyncIterable<T>): Promise<[T]> {
  for await (const item of items) return [item];
  throw new Error('it has ended');
}
