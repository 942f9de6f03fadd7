import type { Adapter } from './http-adapter.js';
import 'reflect-metadata';
import type { ServerResponse } from 'node:http';
import { types } from 'node:util';

type Handler = (this: unknown, ...args: unknown[]) => unknown;

/** Told of a handler as it begins: the response, what stands for it in the framework, and a promise of the handler's end. */
export type HandlerObserver = (
  response: ServerResponse,
  reply: object,
  running: Promise<unknown>,
) => void;

/** The methods by which Nest's router registers a route (core 11 and 12, router-method-factory.js); both majors' verbs. */
const VERBS = [
  'get',
  'post',
  'put',
  'delete',
  'patch',
  'all',
  'options',
  'head',
  'search',
  'propfind',
  'proppatch',
  'mkcol',
  'copy',
  'move',
  'lock',
  'unlock',
  'query',
] as const;

const observed = new WeakSet<object>();

/**
 * Observes every handler that is registered through the adapter from now on, as Nest's router does. What Nest registers is
 * asynchronous, and settles when guards, interceptors and the handler are done, and what they return has been sent.
 */
export function observeHandlers(adapter: Adapter, observer: HandlerObserver): void {
  if (observed.has(adapter)) return;
  observed.add(adapter);
  const target = adapter as unknown as Record<string, unknown>;
  for (const verb of VERBS) {
    const register = target[verb];
    if (typeof register !== 'function') continue;
    target[verb] = (...args: unknown[]): unknown => {
      const handler = args.at(-1);
      if (isRequestHandler(handler)) args[args.length - 1] = observedHandler(handler, observer);
      return Reflect.apply(register, adapter, args);
    };
  }
}

/** One with four parameters is a handler of errors to Express. */
function isRequestHandler(handler: unknown): handler is Handler {
  return typeof handler === 'function' && handler.length < 4;
}

function observedHandler(handler: Handler, observer: HandlerObserver): Handler {
  const replacement: Handler = function (...args) {
    const result = Reflect.apply(handler, this, args);
    const reply = args[1] as { raw?: ServerResponse } & object;
    if (types.isPromise(result)) observer(reply.raw ?? (reply as ServerResponse), reply, result);
    return result;
  };
  // Name and length, the version that Nest writes on it, and the metadata that the adapter for Fastify reads from it.
  for (const key of Reflect.ownKeys(handler)) {
    const property = Object.getOwnPropertyDescriptor(handler, key);
    if (property && key !== 'prototype') Object.defineProperty(replacement, key, property);
  }
  for (const key of Reflect.getOwnMetadataKeys(handler)) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, handler), replacement);
  }
  return replacement;
}
