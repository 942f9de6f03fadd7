import type { Adapter } from './http-adapter.js';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** `true` when it has answered. */
type Interceptor = (request: IncomingMessage, response: ServerResponse) => boolean;
type Handler = (this: unknown, request: never, response: never, ...rest: unknown[]) => unknown;

/** The one place that every request of a framework goes through, whoever has brought it there. */
const ENTRANCES: Readonly<Record<string, string>> = {
  express: 'handle', // express 5, lib/express.js: the application function calls `app.handle`
  fastify: 'routing', // fastify 5, docs/Reference/Server.md
};

/**
 * What an application's requests are handled by. People put servers of their own around an Express or Fastify instance
 * (Nest's recipe "Multiple simultaneous servers"), and Nest knows nothing of them.
 */
export class RequestHandlers {
  /** Functions that are the application to whoever calls them. */
  private readonly handlers: ReadonlySet<unknown>;

  /** To be made before anything is put in front of the listeners of the adapter's own server. */
  constructor(
    private readonly adapter: Adapter,
    server: Server | undefined,
  ) {
    const instance = adapter.getInstance<Record<string, unknown>>();
    this.handlers = new Set([
      instance,
      instance[this.entrance],
      ...(server?.listeners('request') ?? []),
    ]);
  }

  /** Whether a server hands its requests to the application itself, and not to a function that does. */
  isServedBy(server: Server): boolean {
    return server.listeners('request').some((listener) => this.handlers.has(listener));
  }

  /** Sees each request that comes to the application; false where that is not possible. */
  intercept(intercept: Interceptor): boolean {
    const instance = this.adapter.getInstance<Record<string, unknown>>();
    const original = instance[this.entrance];
    if (typeof original !== 'function' || this.hasFactory(instance)) return false;
    const handler: Handler = function (request, response, ...rest) {
      if (intercept(request, response)) return undefined;
      return (original as Handler).call(this, request, response, ...rest);
    };
    return Reflect.set(instance, this.entrance, handler);
  }

  private get entrance(): string {
    return ENTRANCES[this.adapter.getType()] ?? '';
  }

  /** `serverFactory` gets Fastify's handler itself, and may put it where it is not seen (fastify 5, `fastify.options`). */
  private hasFactory(instance: object): boolean {
    const symbol = Object.getOwnPropertySymbols(instance).find(
      ({ description }) => description === 'fastify.options',
    );
    const options = symbol && (instance as Record<symbol, { serverFactory?: unknown }>)[symbol];
    return options?.serverFactory !== undefined;
  }
}
