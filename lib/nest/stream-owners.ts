import type { ModulesContainer } from '@nestjs/core';
import { objectsOf } from './provider-node.js';
import { shutdownHooksOf } from './shutdown-hooks.js';

/**
 * Whether the application ends its streams of events itself, with a last event of its own: a controller, or a provider that
 * it holds, has one of Nest's shutdown hooks and holds what streams are made of. That is what an application does on plain
 * Nest, which never closes while a stream is open:
 * `onModuleDestroy() { this.events.next({ data: 'bye' }); this.events.complete(); }`.
 */
export function endsStreamsItself(modules: ModulesContainer): boolean {
  for (const { controllers } of modules.values()) {
    for (const controller of [...controllers.values()].flatMap(objectsOf)) {
      if ([controller, ...valuesOf(controller)].some(endsStreams)) return true;
    }
  }
  return false;
}

function endsStreams(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || isEventBus(value)) return false;
  return shutdownHooksOf(value).length > 0 && holdsStreams(value);
}

/** The buses of @nestjs/cqrs are subjects inside, which their hook completes, and nobody streams from. */
function isEventBus(value: object): boolean {
  return 'subject$' in value;
}

/** Subjects that somebody observes, subscribers, and responses: as properties, or in collections of collections of them. */
function holdsStreams(object: object): boolean {
  return valuesOf(object).some(
    (value) =>
      isStream(value) ||
      itemsOf(value).some((item) => isStream(item) || itemsOf(item).some(isStream)),
  );
}

/** Without the getters of an application, which may do anything. */
function valuesOf(object: object): unknown[] {
  return Object.values(Object.getOwnPropertyDescriptors(object)).map(
    ({ value }) => value as unknown,
  );
}

function itemsOf(value: unknown): unknown[] {
  if (value instanceof Map) return [...value.values()];
  if (value instanceof Set || Array.isArray(value)) return [...value];
  return [];
}

function isStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { next, complete, observers, closed, writeHead, end } = value as Record<string, unknown>;
  if (typeof next === 'function' && typeof complete === 'function') {
    // A Subject that nobody observes, or a subscriber that has been unsubscribed, holds no stream.
    return Array.isArray(observers) ? observers.length > 0 : closed !== true;
  }
  return typeof writeHead === 'function' && typeof end === 'function';
}
