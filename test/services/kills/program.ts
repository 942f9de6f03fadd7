// An application with every source that delivers at least once, as a process: each piece of work is a row in the store,
// acknowledged when that is written. Beside each there is a careless one, which acknowledges first and works after. What
// becomes of a piece is told to the parent; it is run by app-process.ts, beside the compiled sources.
import 'reflect-metadata';
import {
  BullModule as Bull,
  OnQueueCompleted,
  Process,
  Processor as BullProcessor,
} from '@nestjs/bull';
import { BullModule as BullMQ, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Inject, Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Ctx,
  EventPattern,
  Payload,
  Transport,
  type MicroserviceOptions,
  type RmqContext,
} from '@nestjs/microservices';
import type { Channel } from 'amqplib';
import { subscribe } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PhaseMessage } from '../../../lib/lifecycle/state-events.js';

/** A piece of work. */
export interface Piece {
  readonly name: string;
  readonly ms: number;
  /** The process in which it never ends. */
  readonly hangsIn?: number;
}

/** What the parent is told. `acknowledged`: the broker has confirmed that it knows. */
export interface Told {
  readonly what: 'ready' | 'begun' | 'stored' | 'acknowledged' | 'step';
  readonly name: string;
}

/** What it is started with. */
export interface Settings {
  /** Of its queues, its topic and its MQTT session. */
  readonly prefix: string;
  readonly store: string;
  readonly concurrency: number;
  /** Whether `@golevelup/nestjs-rabbitmq` is there. */
  readonly golevelup: boolean;
  readonly redisUrl: string;
  readonly rabbitmqUrl: string;
  readonly mqttUrl: string;
}

type Job = { readonly data: Piece };

const settings = JSON.parse(String(process.env['SETTINGS'])) as Settings;
const { prefix, concurrency, redisUrl, rabbitmqUrl } = settings;
// A job that was cut is found soon. Its lock is long enough for a busy machine.
const stalled = { lockDuration: 2_000, stalledInterval: 100, maxStalledCount: 9 };
const sources: string = './lib/index.js'; // compiled, beside this
const { GracefulModule } = (await import(sources)) as typeof import('../../../lib/index.js');

function tell(what: Told['what'], name: string): void {
  process.send?.({ what, name } satisfies Told);
}

async function work({ name, ms, hangsIn }: Piece): Promise<void> {
  tell('begun', name);
  if (hangsIn === process.pid) await new Promise(() => undefined);
  await sleep(ms);
  appendFileSync(settings.store, `${name}\n`);
  tell('stored', name);
}

/** The broker answers on a channel in order: what was acknowledged before is known to it. */
function confirm(channel: Channel, queue: string, { name }: Piece): void {
  channel.checkQueue(queue).then(
    () => tell('acknowledged', name),
    () => undefined, // the channel has closed
  );
}

@Processor(`${prefix}BullMQ`, { concurrency, ...stalled })
class BullMQJobs extends WorkerHost {
  process({ data }: Job): Promise<void> {
    return work(data);
  }

  @OnWorkerEvent('completed')
  completed({ data }: Job): void {
    tell('acknowledged', data.name);
  }
}

@Processor(`${prefix}careless BullMQ`, { concurrency, ...stalled })
class CarelessBullMQJobs extends BullMQJobs {
  override async process({ data }: Job): Promise<void> {
    void work(data);
  }
}

@BullProcessor(`${prefix}Bull`)
class BullJobs {
  @Process({ name: 'piece', concurrency })
  process({ data }: Job): Promise<void> {
    return work(data);
  }

  @OnQueueCompleted()
  completed({ data }: Job): void {
    tell('acknowledged', data.name);
  }
}

@BullProcessor(`${prefix}careless Bull`)
class CarelessBullJobs extends BullJobs {
  @Process({ name: 'piece', concurrency })
  override async process({ data }: Job): Promise<void> {
    void work(data);
  }
}

@Controller()
class Messages {
  @EventPattern<unknown>('careful', Transport.RMQ)
  async careful(@Payload() piece: Piece, @Ctx() context: RmqContext): Promise<void> {
    const channel = context.getChannelRef() as Channel;
    await work(piece);
    channel.ack(context.getMessage());
    confirm(channel, `${prefix}RabbitMQ`, piece);
  }

  /** From the queue with the default `noAck: true`: the broker knows nothing of it any more. */
  @EventPattern<unknown>('careless', Transport.RMQ)
  careless(@Payload() piece: Piece): Promise<void> {
    tell('acknowledged', piece.name);
    return work(piece);
  }

  @EventPattern<unknown>(`${prefix}MQTT`, Transport.MQTT)
  mqtt(@Payload() piece: Piece): Promise<void> {
    return work(piece);
  }
}

const servers: MicroserviceOptions[] = [
  ...[false, true].map((noAck) => ({
    transport: Transport.RMQ as const,
    options: {
      urls: [rabbitmqUrl],
      queue: `${prefix}${noAck ? 'careless ' : ''}RabbitMQ`,
      noAck,
      prefetchCount: concurrency,
    },
  })),
  {
    transport: Transport.MQTT,
    options: {
      url: settings.mqttUrl,
      clientId: `${prefix}MQTT`,
      clean: false,
      subscribeOptions: { qos: 1 },
    },
  },
];

async function golevelup(): Promise<Pick<ModuleMetadata, 'imports' | 'providers'>> {
  const { AmqpConnection, RabbitMQModule, RabbitSubscribe } =
    await import('@golevelup/nestjs-rabbitmq');
  const queue = `${prefix}golevelup`;

  /** What it has handled it acknowledges when the handler has returned. */
  @Injectable()
  class Listener {
    constructor(@Inject(AmqpConnection) private readonly amqp: { readonly channel: Channel }) {}

    @RabbitSubscribe({ queue })
    async take(piece: Piece): Promise<void> {
      await work(piece);
      setImmediate(() => confirm(this.amqp.channel, queue, piece));
    }

    @RabbitSubscribe({ queue: `${prefix}careless golevelup` })
    async takeCarelessly(piece: Piece): Promise<void> {
      void work(piece);
      setImmediate(() => confirm(this.amqp.channel, queue, piece));
    }
  }

  const connection = RabbitMQModule.forRoot({ uri: rabbitmqUrl, prefetchCount: concurrency });
  return { imports: [connection], providers: [Listener] };
}

const more = settings.golevelup ? await golevelup() : {};

@Module({
  imports: [
    BullMQ.forRoot({ connection: { url: redisUrl } }),
    BullMQ.registerQueue({ name: `${prefix}BullMQ` }, { name: `${prefix}careless BullMQ` }),
    Bull.forRoot({ url: redisUrl, settings: stalled }),
    Bull.registerQueue({ name: `${prefix}Bull` }, { name: `${prefix}careless Bull` }),
    ...(more.imports ?? []),
    // What hangs is at its deadline soon. Bull takes half a second of it, with nothing to do.
    GracefulModule.forRoot({ platform: 'none', gracePeriodMs: 4_000, drainTimeoutMs: 1_000 }),
  ],
  controllers: [Messages],
  providers: [
    ...[BullMQJobs, CarelessBullMQJobs, BullJobs, CarelessBullJobs],
    ...(more.providers ?? []),
  ],
})
class AppModule {
  onModuleDestroy(): void {
    tell('step', 'onModuleDestroy');
  }

  onApplicationShutdown(): void {
    tell('step', 'onApplicationShutdown');
  }
}

subscribe('nestjs-graceful:phase', (message) => {
  const { phase, report } = message as PhaseMessage;
  if (!report) tell('step', phase);
});
process.once('disconnect', () => process.exit()); // the parent is gone
const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
for (const server of servers) app.connectMicroservice(server);
app.enableShutdownHooks();
await app.startAllMicroservices();
await app.listen(0, '127.0.0.1');
tell('ready', '');
