import type { Adapter } from './http-adapter.js';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteMatch, RouteQuestion } from './route-match.js';
import { expressMatches, type NestHandlers } from './express-routes.js';
import { FastifyRoutes } from './fastify-routes.js';

/** Answers a request that the application had no answer for. */
export type Fallback = (response: ServerResponse) => void;

type NotFound = (request: object, response: object, next?: unknown) => unknown;
type Registrar = (path: string, callback: object) => unknown;

/** What of Nest's adapters is used: same names in platform-express and platform-fastify 11 and 12. */
interface Registering {
  setNotFoundHandler?: (handler: NotFound, ...rest: unknown[]) => unknown;
  createMiddlewareFactory: (method: unknown) => Registrar | Promise<Registrar>;
}

/**
 * Knows what the application answers itself, and gets the requests for which it says 404. To be made as soon as there is
 * an adapter, before Nest or the application registers anything.
 */
export class ApplicationRoutes {
  private readonly unanswered = new WeakMap<object, Fallback>();
  private readonly nest: NestHandlers = { middleware: new WeakSet(), notFound: new WeakSet() };
  private readonly fastify?: FastifyRoutes;

  constructor(private readonly adapter: Adapter) {
    const type = adapter.getType();
    if (type === 'fastify') this.fastify = new FastifyRoutes(adapter.getInstance<object>());
    if (type === 'fastify' || type === 'express') this.catchNotFound();
    if (type === 'express') this.markMiddleware();
  }

  /** What may answer a request; most often nothing. Complete once Nest has registered its routes. */
  matching(question: RouteQuestion): RouteMatch[] {
    if (this.fastify) return this.fastify.matches(question);
    if (this.adapter.getType() !== 'express') return [];
    return expressMatches(this.adapter.getInstance<object>(), question, this.nest);
  }

  /** Lets the application answer first; `fallback` is called when it has nothing for the request. */
  offer(request: IncomingMessage, fallback: Fallback): void {
    this.unanswered.set(request, fallback);
  }

  /** To be called when Nest has registered everything: behind a global prefix, its 404 is not the last. */
  complete(): void {
    if (this.adapter.getType() !== 'express') return;
    const { use } = this.adapter.getInstance<{ use: (handler: object) => void }>();
    const last = (request: object, response: object, next: () => void) => {
      if (!this.takeOver(request, response as ServerResponse)) next();
    };
    use.call(this.adapter.getInstance(), last);
  }

  private takeOver(request: object, response: ServerResponse): boolean {
    const fallback = this.unanswered.get(request);
    if (!fallback || response.headersSent) return false;
    this.unanswered.delete(request);
    fallback(response);
    return true;
  }

  private catchNotFound(): void {
    const target = this.adapter as unknown as Registering;
    const set = target.setNotFoundHandler;
    if (typeof set !== 'function') return;
    target.setNotFoundHandler = (handler, ...rest) => {
      const caught = this.fastify ? this.caughtByFastify(handler) : this.caughtByExpress(handler);
      this.nest.notFound.add(caught);
      return set.call(this.adapter, caught, ...rest);
    };
  }

  private caughtByExpress(handler: NotFound): NotFound {
    return (request, response, next) =>
      this.takeOver(request, response as ServerResponse)
        ? undefined
        : handler(request, response, next);
  }

  private caughtByFastify(handler: NotFound): NotFound {
    return (request, reply) => {
      const { raw } = request as { raw: object };
      if (!this.unanswered.has(raw)) return handler(request, reply);
      const { raw: response } = reply as { raw: ServerResponse };
      (reply as { hijack: () => void }).hijack();
      this.takeOver(raw, response);
      return undefined;
    };
  }

  /** With a method, Express takes middleware of `configure(consumer)` for a route. */
  private markMiddleware(): void {
    const target = this.adapter as unknown as Registering;
    const create = target.createMiddlewareFactory;
    if (typeof create !== 'function') return;
    target.createMiddlewareFactory = (method) => {
      const register = create.call(this.adapter, method) as Registrar;
      return (path, callback) => {
        this.nest.middleware.add(callback);
        return register(path, callback);
      };
    };
  }
}
