import { bull } from './bull.js';
import { bullmq } from './bullmq.js';
import { noticeLoadedWorkers, noticeWorkersOf } from './bullmq-workers.js';
import { cqrs } from './cqrs.js';
import { eventEmitter } from './event-emitter.js';
import { golevelupRabbitmq } from './golevelup-rabbitmq.js';
import { graphql } from './graphql/graphql.integration.js';
import type { Integration } from './integration.js';
import { microservices } from './microservices/microservices.integration.js';
import { schedule } from './schedule.js';
import { websockets } from './websockets/websockets.integration.js';

/** Every library that is supported without a word. Each is inert when its library is not there. */
export const BUILT_IN_INTEGRATIONS: readonly Integration[] = [
  bull,
  bullmq,
  cqrs,
  eventEmitter,
  golevelupRabbitmq,
  graphql,
  microservices,
  schedule,
  websockets,
];

/**
 * For what works as soon as it is made, and that nothing leads to later: to be called when the application's files are
 * loaded, and once more when its modules are known.
 */
export function noticeEarlyWork(modules: Iterable<object> = []): void {
  noticeLoadedWorkers();
  // `BullModule.workerClass` of @nestjs/bullmq; its class is in a bundle, too, where no file has a name.
  for (const module of modules)
    noticeWorkersOf((module as { _workerClass?: unknown })._workerClass);
}
