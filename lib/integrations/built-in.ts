import { amqplib } from './amqplib/amqplib.integration.js';
import { noticeConnectionsOf } from './amqplib/connection-watch.js';
import { beeQueue } from './bee-queue.js';
import { bull, noteJobsOf } from './bull.js';
import { bullmq } from './bullmq/bullmq.integration.js';
import { noticeWorkersOf } from './bullmq/workers.js';
import { cqrs } from './cqrs.js';
import { croner } from './croner.js';
import { eventEmitter } from './event-emitter.js';
import { golevelupRabbitmq } from './golevelup-rabbitmq.js';
import { graphileWorker } from './graphile-worker/graphile-worker.integration.js';
import { graphql } from './graphql/graphql.integration.js';
import type { Integration } from '../engine/integration.js';
import { kafkajs } from './kafkajs.js';
import { loadedModules } from './kit/loaded-modules.js';
import { nats } from './nats/nats.integration.js';
import { pgBoss } from './pg-boss/pg-boss.integration.js';
import { microservices } from './microservices/microservices.integration.js';
import { nodeCron } from './node-cron.js';
import { pQueue } from './p-queue.js';
import { rabbitmqClient } from './rabbitmq-client.js';
import { schedule } from './schedule.js';
import { sqsConsumer } from './sqs-consumer.js';
import { grammy, telegraf } from './telegram-bots.js';
import { toadScheduler } from './toad-scheduler.js';
import { piscina, workerpool } from './worker-pools.js';
import { websockets } from './websockets/websockets.integration.js';

/** Every library that is supported without a word. Each is inert when its library is not there. */
export const BUILT_IN_INTEGRATIONS: readonly Integration[] = [
  amqplib,
  beeQueue,
  bull,
  bullmq,
  cqrs,
  croner,
  eventEmitter,
  golevelupRabbitmq,
  graphileWorker,
  grammy,
  graphql,
  kafkajs,
  microservices,
  pgBoss,
  nodeCron,
  pQueue,
  piscina,
  nats,
  rabbitmqClient,
  schedule,
  sqsConsumer,
  telegraf,
  toadScheduler,
  websockets,
  workerpool,
];

const WORKER_FILE = /[\\/]bullmq(-pro)?[\\/]dist[\\/]cjs[\\/](.*[\\/])?worker(-pro)?\.js$/;
const CONNECTION_FILE = /[\\/]amqplib[\\/]lib[\\/]connection\.js$/;
const QUEUE_FILE = /[\\/]bull[\\/]lib[\\/]queue\.js$/;

/**
 * For what works as soon as it is made, and that nothing leads to later: to be called when the application's files are
 * loaded, and once more when its modules are known.
 */
export function noticeEarlyWork(modules: Iterable<object> = []): void {
  for (const loaded of loadedModules(WORKER_FILE)) {
    const { Worker, WorkerPro } = (loaded ?? {}) as Record<string, unknown>;
    [Worker, WorkerPro].forEach(noticeWorkersOf);
  }
  loadedModules(QUEUE_FILE).forEach(noteJobsOf);
  for (const loaded of loadedModules(CONNECTION_FILE)) {
    noticeConnectionsOf((loaded as { Connection?: unknown } | undefined)?.Connection);
  }
  // `BullModule.workerClass` of @nestjs/bullmq; its class is in a bundle, too, where no file has a name.
  for (const module of modules) noticeWorkersOf(Reflect.get(module, '_workerClass'));
}
