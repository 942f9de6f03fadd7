import { counted } from './kit/counted.js';
import { hasMethods } from './kit/shape.js';
import type { Integration, IntegrationHost, WorkCounter } from '../engine/integration.js';

type Execute = (message: object, ...rest: unknown[]) => unknown;

/** `CommandBus` and `QueryBus` of @nestjs/cqrs 10 to 12; sagas send their commands through the former. */
interface Bus {
  execute: Execute;
}

interface Handler {
  handle(event: object): unknown;
}

/** What `EventBus` uses of Nest's `InstanceWrapper`. */
interface HandlerWrapper {
  readonly instance?: Handler;
  readonly metatype?: unknown;
  isDependencyTreeStatic(): boolean;
}

/** `EventBus`: `bind` subscribes a handler, at bootstrap and thus after us. */
interface EventBus {
  bind(handler: HandlerWrapper, id: string): unknown;
  /** Makes the handlers that are request-scoped. */
  moduleRef?: { resolve(...args: unknown[]): Promise<Handler> };
  /** Unsubscribes them all, and the sagas. */
  onModuleDestroy?(): unknown;
  onApplicationShutdown?(signal?: string): unknown;
}

/**
 * Handlers of commands, queries and events. `publish()` does not wait for those of events, and often nobody waits for
 * a command, so they would be cut. They come from other work, which stops by itself; there is nothing to stop here.
 */
export const cqrs: Integration = {
  name: '@nestjs/cqrs',
  attach(host: IntegrationHost): void {
    const objects = [...host.objects()].map(({ object }) => object);
    const [buses, eventBuses] = [objects.filter(isBus), objects.filter(isEventBus)];
    if (buses.length + eventBuses.length === 0) return;
    const handlers = host.counter();
    for (const bus of buses) countExecutions(bus, handlers);
    for (const bus of eventBuses) {
      countEventHandlers(bus, handlers);
      keepHandlers(bus);
    }
    host.add({
      name: 'cqrs',
      kind: 'work',
      stopTaking: () => undefined,
      takeAgain: () => undefined, // `drain()` waits only for sources that have it
      inFlight: () => handlers.list(),
      begun: () => handlers.begun,
      finished: (signal) => handlers.idle(signal),
    });
  },
};

function countExecutions(bus: Bus, handlers: WorkCounter): void {
  const execute = bus.execute.bind(bus);
  bus.execute = (message, ...rest) =>
    counted(handlers, message?.constructor?.name || 'handler', () => execute(message, ...rest));
}

function countEventHandlers(bus: EventBus, handlers: WorkCounter): void {
  const seen = new WeakSet<Handler>();
  const countHandler = (handler: Handler | undefined) => {
    if (!handler || seen.has(handler) || !hasMethods(handler, 'handle')) return;
    seen.add(handler);
    const handle = handler.handle.bind(handler);
    const { name } = handler.constructor;
    handler.handle = (event) => counted(handlers, name || 'handler', () => handle(event));
  };
  const bind = bus.bind.bind(bus);
  bus.bind = (handler, id) => {
    if (handler.isDependencyTreeStatic()) countHandler(handler.instance);
    return bind(handler, id);
  };
  const { moduleRef } = bus;
  if (!moduleRef) return;
  bus.moduleRef = Object.create(moduleRef, {
    resolve: {
      value: (...args: unknown[]) =>
        counted(handlers, 'event handler', async () => {
          const handler = await moduleRef.resolve(...args);
          countHandler(handler);
          return handler;
        }),
    },
  }) as EventBus['moduleRef'];
}

/**
 * Events are published in hooks of every stage, so the bus drops its handlers in its last. The hook of the first stays, and
 * does nothing: who publishes there is over before it, and what the handlers need ends behind it.
 */
function keepHandlers(bus: EventBus): void {
  if (!hasHookOfCqrs(bus)) return;
  const drop = bus.onModuleDestroy?.bind(bus);
  const then = bus.onApplicationShutdown?.bind(bus);
  bus.onModuleDestroy = () => undefined;
  bus.onApplicationShutdown = (signal) => {
    drop?.();
    return then?.(signal);
  };
}

/** Not one that a class of the user has put in its place: that may end anything. */
function hasHookOfCqrs(bus: EventBus): boolean {
  let owner: object | null = bus;
  while (owner && !Object.hasOwn(owner, 'onModuleDestroy')) owner = Object.getPrototypeOf(owner);
  return owner !== null && owner !== bus && Object.hasOwn(owner, 'registerSagas');
}

function isBus(object: object): object is Bus {
  return (
    hasMethods(object, 'execute', 'register', 'registerHandler') &&
    'subject$' in object &&
    Reflect.get(object, 'handlers') instanceof Map
  );
}

function isEventBus(object: object): object is EventBus {
  const names = ['publish', 'publishAll', 'bind', 'registerSagas', 'registerHandler'];
  return hasMethods(object, ...names) && 'subject$' in object;
}
