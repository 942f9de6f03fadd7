import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { shared } from '../copies/shared.js';

/** Hands a request on to the application, now or later. */
export type RequestGate = (
  request: IncomingMessage,
  response: ServerResponse,
  handOn: () => void,
) => void;

/** By all copies of this package, as the ports are. */
const kit = shared('request-gate:1', () => new Map<'gate', RequestGate>());

/** The gate that a test kit has put between the count of requests and the application's own listeners. */
export function gated(listeners: RequestListener[]): RequestListener[] {
  const gate = kit.get('gate');
  if (!gate) return listeners;
  return listeners.map((listener): RequestListener => {
    return function (this: unknown, request, response) {
      gate(request, response, () => listener.call(this as never, request, response));
    };
  });
}

/** Holds for servers that are followed from now on; without a test kit there is no gate, and nothing to call. */
export function setRequestGate(gate: RequestGate): void {
  kit.set('gate', gate);
}
