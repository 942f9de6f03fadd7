import type { IntegrationHost, WorkSource } from '../../engine/integration.js';
import { HandlerCalls } from './handler-calls.js';
import { MessageCounter } from './message-counter.js';
import { isRpcServer } from './rpc-server.js';

/**
 * A transport that we don't know: how it would stop is its own affair, but what it has begun is waited for, whether it goes
 * by the methods of Nest's `Server` or takes its handlers and calls them.
 */
export function customSource(server: object, host: IntegrationHost): WorkSource {
  const messages = isRpcServer(server) ? new MessageCounter(server, host) : undefined;
  return new HandlerCalls(server, host).partOf({
    name: `microservice ${server.constructor?.name ?? ''}`.trim(),
    kind: 'message',
    stopTaking: () => undefined,
    inFlight: () => messages?.list() ?? [],
    begun: () => messages?.begun ?? 0,
    release: () => messages?.abandon(),
    finished: async (signal) => messages?.idle(signal),
  });
}
