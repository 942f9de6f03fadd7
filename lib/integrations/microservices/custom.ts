import type { IntegrationHost, WorkSource } from '../integration.js';
import { MessageCounter } from './message-counter.js';
import type { RpcServer } from './rpc-server.js';

/** A transport that we don't know: how it would stop is its own affair, but what it has begun is waited for. */
export function customSource(server: RpcServer, host: IntegrationHost): WorkSource {
  const messages = new MessageCounter(server, host);
  return {
    name: `microservice ${server.constructor.name}`,
    kind: 'message',
    stopTaking: () => undefined,
    inFlight: () => messages.list(),
    release: () => messages.abandon(),
    finished: (signal) => messages.idle(signal),
  };
}
