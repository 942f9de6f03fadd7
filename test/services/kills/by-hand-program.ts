// An application whose providers take work by clients of their own: pg-boss, amqplib and JetStream. Each piece is a line in
// the store, and acknowledged when that is written; `careless` is a queue whose messages are gone when they are delivered.
import 'reflect-metadata';
import { Injectable, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect } from 'amqplib';
import { appendFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Boss, BossClass, Job } from '../boss-library.js';
import type { Nats, NatsConnection } from '../nats-library.js';

/** What it is started with. */
export interface ByHandSettings {
  /** Of its queues and its stream. */
  readonly prefix: string;
  readonly store: string;
  readonly postgresUrl: string;
  readonly rabbitmqUrl: string;
  readonly natsUrl: string;
  /** Of each piece, in milliseconds. */
  readonly ms: number;
}

const settings = JSON.parse(String(process.env['SETTINGS'])) as ByHandSettings;
const { prefix, store, postgresUrl, rabbitmqUrl, natsUrl, ms } = settings;

/** By a name that is not known to the compiler: the types are those of the specs. */
const load = async <T>(name: string): Promise<T> => (await import(name)) as T;

async function work(name: string): Promise<void> {
  process.send?.({ what: 'begun', name });
  await sleep(ms);
  appendFileSync(store, `${name}\n`);
  process.send?.({ what: 'stored', name });
}

@Injectable()
class WithBoss implements OnModuleInit, OnModuleDestroy {
  private boss!: Boss;

  async onModuleInit(): Promise<void> {
    const PgBoss = createRequire(import.meta.url)('pg-boss-10') as BossClass;
    this.boss = new PgBoss({
      connectionString: postgresUrl,
      schema: prefix,
      maintenanceIntervalSeconds: 1,
    });
    this.boss.on('error', () => undefined);
    await this.boss.start();
    const take = async ([{ data }]: readonly Job[]) => work(data.piece);
    await this.boss.work('work', { pollingIntervalSeconds: 0.5, batchSize: 1 }, take);
  }

  onModuleDestroy(): Promise<void> {
    return this.boss.stop();
  }
}

@Injectable()
class WithRabbitmq implements OnModuleInit, OnModuleDestroy {
  private connection!: Awaited<ReturnType<typeof connect>>;

  async onModuleInit(): Promise<void> {
    this.connection = await connect(rabbitmqUrl);
    const channel = await this.connection.createChannel();
    await channel.prefetch(3);
    await channel.consume(`${prefix}.work`, async (message) => {
      await work(String(message?.content));
      channel.ack(message);
    });
    const careless = (message: { content: Buffer } | null) => work(String(message?.content));
    await channel.consume(`${prefix}.careless`, careless, { noAck: true });
  }

  onModuleDestroy(): Promise<void> {
    return this.connection.close();
  }
}

@Injectable()
class WithJetStream implements OnModuleInit, OnModuleDestroy {
  private connection!: NatsConnection;

  async onModuleInit(): Promise<void> {
    const { connect: open } = await load<Pick<Nats, 'connect'>>('@nats-io/transport-node');
    const { jetstream } = await load<Pick<Nats, 'jetstream'>>('@nats-io/jetstream');
    this.connection = await open({ servers: natsUrl });
    const consumer = await jetstream(this.connection).consumers.get(prefix, 'work');
    const messages = await consumer.consume();
    void (async () => {
      for await (const message of messages) {
        await work(message.string());
        message.ack();
      }
    })();
  }

  onModuleDestroy(): Promise<void> {
    return this.connection.drain();
  }
}

// The sources are compiled into the folder of this program.
const { GracefulModule } = await load<typeof import('../../../lib/index.js')>('./lib/index.js');

@Module({
  imports: [GracefulModule.forRoot({ platform: 'none', gracePeriodMs: 10_000 })],
  providers: [WithBoss, WithRabbitmq, WithJetStream],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
process.send?.({ what: 'ready', name: '' });
