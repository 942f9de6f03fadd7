// An application with sources that deliver at least once, as a process: each piece of work is a row in the store, and is
// acknowledged by its library when that is written. Beside them there is a careless one, which acknowledges first. It is run
// by kills.spec.ts, beside the compiled sources.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A piece of work. */
export interface Piece {
  readonly name: string;
  readonly ms: number;
  /** The process in which it never ends. */
  readonly hangsIn?: number;
}

export interface Told {
  readonly what: 'ready' | 'begun' | 'stored';
  readonly name: string;
}

export interface Settings {
  readonly store: string;
  /** test/.cache/jobs/load.mjs */
  readonly loader: string;
  readonly redisUrl: string;
  /** The address of each SQS queue, by source. */
  readonly queueUrls: Readonly<Record<'sqs-consumer' | 'careless', string>>;
  readonly sqs: object;
  readonly beeQueue: string;
}

interface Message {
  readonly Body: string;
}

interface Consumer {
  on(event: string, listener: () => void): void;
  start(): void;
  stop(): void;
}

interface BeeQueue {
  on(event: string, listener: () => void): void;
  process(concurrency: number, handler: (job: { readonly data: Piece }) => Promise<void>): void;
  checkStalledJobs(intervalMs: number): Promise<unknown>;
  close(ms: number): Promise<unknown>;
}

const settings = JSON.parse(String(process.env['SETTINGS'])) as Settings;
const { load } = (await import(settings.loader)) as { load: (name: string) => Promise<unknown> };
const { SQSClient } = (await load('@aws-sdk/client-sqs')) as {
  SQSClient: new (options: object) => object;
};
const { Consumer } = (await load('sqs-consumer-14')) as {
  Consumer: { create(options: object): Consumer };
};
const { default: Queue } = (await load('bee-queue')) as {
  default: new (name: string, options: object) => BeeQueue;
};
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

const options = (queue: keyof Settings['queueUrls']) => ({
  queueUrl: settings.queueUrls[queue],
  sqs: new SQSClient(settings.sqs),
  waitTimeSeconds: 1,
  visibilityTimeout: 2,
  batchSize: 3,
});

@Injectable()
class Jobs {
  private readonly careful = Consumer.create({
    ...options('sqs-consumer'),
    handleMessage: async (message: Message) => {
      await work(JSON.parse(message.Body) as Piece);
      return message;
    },
  });
  private readonly careless = Consumer.create({
    ...options('careless'),
    handleMessage: async (message: Message) => {
      void work(JSON.parse(message.Body) as Piece);
      return message;
    },
  });
  private readonly queue = new Queue(settings.beeQueue, {
    redis: { url: settings.redisUrl },
    stallInterval: 500,
  });

  onModuleInit(): void {
    for (const consumer of [this.careful, this.careless]) {
      for (const event of ['error', 'processing_error']) consumer.on(event, () => undefined);
      consumer.start();
    }
    this.queue.on('error', () => undefined);
    this.queue.process(3, ({ data }) => work(data));
    void this.queue.checkStalledJobs(250);
  }

  async onApplicationShutdown(): Promise<void> {
    this.careful.stop();
    this.careless.stop();
    await this.queue.close(200).catch(() => undefined);
  }
}

@Module({
  imports: [
    GracefulModule.forRoot({ platform: 'none', gracePeriodMs: 4_000, drainTimeoutMs: 1_000 }),
  ],
  providers: [Jobs],
})
class AppModule {}

process.once('disconnect', () => process.exit()); // the parent is gone
const app = await NestFactory.createApplicationContext(AppModule, {
  logger: false,
  abortOnError: false,
});
app.enableShutdownHooks();
tell('ready', '');
