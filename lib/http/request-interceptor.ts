import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { gated } from './request-gate.js';

/** Sees a request before the application does; `true` means it has answered, or dropped, the request itself. */
export type RequestInterceptor = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Puts an interceptor before the server's own request listeners. Below the framework on purpose: no prefix, guard,
 * filter, interceptor, middleware or throttler of the application can come between a probe and its answer.
 */
export function interceptRequests(server: Server, intercept: RequestInterceptor): void {
  const listeners = gated(server.listeners('request') as RequestListener[]);
  server.removeAllListeners('request');
  const only = listeners.length === 1 ? listeners[0] : undefined;
  const dispatch: RequestListener =
    only !== undefined
      ? function (this: Server, request, response) {
          if (!intercept(request, response)) only.call(this, request, response);
        }
      : function (this: Server, request, response) {
          if (intercept(request, response)) return;
          for (const listener of listeners) listener.call(this, request, response);
        };
  server.on('request', dispatch);
}
